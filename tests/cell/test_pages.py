"""The how-to pages of the cell: every command of theirs is run, its words compared."""

import re
import shlex

import pytest
from tests.conftest import ROOT
from typer.testing import CliRunner

from tocsin.cli import app

PAGES = (
    "check-promised-hours.md",
    "find-an-open-way.md",
    "run-a-coordination-cell.md",
)
FENCE = re.compile(r"^( *)```console\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
CUT = "..."
"""Stands in a page for lines that it leaves out."""


def blocks():
    for page in PAGES:
        text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
        for number, (indent, block) in enumerate(FENCE.findall(text), start=1):
            lines = [line.removeprefix(indent) for line in block.splitlines()]
            yield pytest.param(lines, id=f"{page}-{number}")


@pytest.mark.parametrize("lines", list(blocks()))
def test_the_page_shows_what_the_command_says(lines, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agreements").symlink_to(ROOT / "agreements")
    for command, shown in commands(lines):
        done = CliRunner().invoke(app, shlex.split(command)[1:])
        said = [line.rstrip() for line in done.output.splitlines()]
        if not shown:
            assert done.exit_code == 0, done.output
        elif CUT in shown:
            at = shown.index(CUT)
            tail = shown[at + 1 :]
            assert said[:at] == shown[:at]
            assert said[len(said) - len(tail) :] == tail
        else:
            assert said == shown


def commands(lines):
    """(command, what the page shows of its words) for each line with a prompt."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line.rstrip())
    return found
