"""How Sphinx builds these pages: `make docs`."""

from typing import ClassVar

from pygments import token
from pygments.lexer import RegexLexer
from sphinx.application import Sphinx

import tocsin

project = "Tocsin"
author = "The Tocsin maintainers"
copyright = "2026, The Tocsin maintainers"
release = tocsin.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"Tocsin {release}"
html_show_sourcelink = False


class AgreementLexer(RegexLexer):
    """Colours a ```tocsin block: first word, texts, numbers."""

    name = "Tocsin"
    aliases: ClassVar = ["tocsin"]
    tokens: ClassVar = {
        "root": [
            (r"^Article \S+", token.Name.Class),
            (r"^\s*[a-z]+\b", token.Keyword),
            (r'"[^"\n]*"', token.String),
            (r"\b\d+(\.\d+)?\b", token.Number),
            (r"\s+|\w+|.", token.Text),
        ]
    }


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.add_lexer("tocsin", AgreementLexer)
