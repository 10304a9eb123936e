r"""Text that shows all that is in it: nothing acts on a terminal or turns a line.

Sources are not trusted. An escape sequence in a cell could recolour a terminal or
rewrite the lines above it, and a mark of direction could make a page read otherwise
than it was written. Both are shown by their code point; line breaks and tabs stay.

>>> visible("calm\x1b[2K all along\u202e")
'calm<U+001B>[2K all along<U+202E>'
>>> visible("3 impacts, Широкине\n")
'3 impacts, Широкине\n'
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["visible"]

ACTING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of direction
    "\u2028\u2029\ufeff\ufff9-\ufffb]"  # separators and anchors that no one sees
)


def visible(text: str) -> str:
    """The text with every character that acts instead of showing shown as its code."""
    return ACTING.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
