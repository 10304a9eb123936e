"""The documentation says what the program does, and its tutorial runs.

Each command, option, setting, issue code and keyword of the language must stand in
docs/reference. The tutorial is followed step by step (``walkthrough.py``), in a folder
that holds nothing but a copy of the agreements; what it shows is what a reader sees.
"""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest
import typer.main

from tocsin import settings
from tocsin.model import codes

TESTS = str(Path(__file__).parent)
if TESTS not in sys.path:
    sys.path.insert(0, TESTS)

from walkthrough import follow  # noqa: E402  # beside this file, which is no package

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
FOLLOWED = [
    page
    for folder, marks in (("tutorial", "```sh"), ("how-to", ":caption: You see"))
    for page in sorted(DOCS.glob(f"{folder}/*.md"))
    if marks in page.read_text(encoding="utf-8")
]


def reference() -> str:
    return "\n".join(
        page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md")
    )


def commands() -> dict[str, object]:
    from tocsin.cli import app

    found = {}

    def walk(name, command):
        found[name] = command
        for part, below in getattr(command, "commands", {}).items():
            walk(f"{name} {part}", below)

    walk("tocsin", typer.main.get_command(app))
    return found


def section(page: str, title: str) -> str:
    """The text under a heading of this page, up to the next of its level."""
    parts = re.split(r"(?m)^## ", (REFERENCE / page).read_text(encoding="utf-8"))
    return next((part for part in parts if part.startswith(f"{title}\n")), "")


def test_every_command_and_option_is_in_the_reference():
    missing = []
    for name, command in commands().items():
        text = section("commands.md", name)
        if not text:
            missing.append(f"## {name}")
        for parameter in command.params:
            for option in [*parameter.opts, *parameter.secondary_opts]:
                ours = option.startswith("--") and "completion" not in option
                if ours and not re.search(rf"{re.escape(option)}(?![\w-])", text):
                    missing.append(f"{name} {option}")
    assert not missing


def test_the_reference_names_no_command_that_is_not_there():
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^## (tocsin.*)$", text)) == set(commands())


def test_every_command_has_help():
    assert not [name for name, command in commands().items() if not command.help]


def test_every_setting_is_in_the_reference():
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    names = [
        settings.PREFIX + name.upper() for name in settings.Settings.__struct_fields__
    ]
    known = [*names, settings.FILE_VARIABLE, *settings.TEST_VARIABLES]
    assert not [name for name in known if f"`{name}" not in text]


def test_every_issue_code_is_in_the_reference():
    text = (REFERENCE / "issue-codes.md").read_text(encoding="utf-8")
    assert not [code for code in codes.CODES if f"`{code}`" not in text]


def test_every_issue_code_in_the_package_is_declared():
    """A code that is written as `Issue(code="...")` is one of CODES."""
    used = {
        code
        for path in (ROOT / "src").rglob("*.py")
        for code in re.findall(r'\bcode="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert used <= set(codes.CODES)


def test_every_keyword_of_the_language_is_in_the_reference():
    from tocsin.agreement import KEYWORDS

    text = reference()
    quoted = re.findall(r"`([^`\n]+)`", text)
    quoted += re.findall(r"(?ms)^```tocsin\n(.*?)^```", text)
    shown = " ".join(" ".join(quoted).split())
    absent = [
        keyword
        for keyword in KEYWORDS
        if not re.search(rf"(?<!\w){re.escape(keyword)}(?!\w)", shown)
    ]
    assert not absent


def test_tables_that_repeat_the_code_are_fresh():
    spec = importlib.util.spec_from_file_location("refresh", DOCS / "refresh.py")
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    stale = [
        page
        for (page, name), text in refresh.parts().items()
        if refresh.refreshed(page, name, text)
        != (REFERENCE / page).read_text(encoding="utf-8")
    ]
    assert not stale, "run `make reference`"


def test_every_decision_has_the_four_parts():
    parts = ["## Context", "## Options", "## Choice", "## Consequences"]
    for page in sorted(DOCS.glob("decisions/0*.md")):
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.name[:4]}: ", text), page.name
        assert [line for line in text.splitlines() if line in parts] == parts, page.name


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_page_can_be_followed_as_it_stands(page, tmp_path):
    shutil.copytree(ROOT / "agreements", tmp_path / "agreements")
    follow(page, tmp_path)
