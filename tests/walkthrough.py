"""A page of the docs followed as a reader would: copy, change, run, compare.

Blocks of a page in order: `sh` is run; a `code-block` with a caption is a file to save
(its path), lines to add (`at the end of PATH`), lines to change (`change in PATH`, a
diff), or what the reader sees after the command before it (`You see`; a line `...`
stands for any lines). A command whose shown output has an error in it may fail.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(
    r"(?ms)^(?P<fence>`{3,})(?:sh|\{code-block\} \w+\n:caption: (?P<caption>[^\n]*))\n"
    r"(?P<text>.*?)^(?P=fence)$"
)
SEEN = "You see"
FAILS = re.compile(r"(?m)^error\[|^1 cases?, [1-9]\d* differ$")


def blocks(page):
    """Caption (None: a command) and text of each block, in order."""
    text = page.read_text(encoding="utf-8")
    return [(found["caption"], found["text"]) for found in BLOCK.finditer(text)]


def follow(page, folder):
    """Does all that the page says, in a folder; fails where it is wrong."""
    steps = blocks(page)
    following = [*steps[1:], (None, "")]
    for (caption, text), (after, shown) in zip(steps, following, strict=True):
        if caption is None:
            expected = shown if after == SEEN else None
            run(text, folder, expected)
        elif caption.startswith("at the end of "):
            file = folder / caption.removeprefix("at the end of ")
            file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
        elif caption.startswith("change in "):
            change(folder / caption.removeprefix("change in "), text)
        elif caption != SEEN:
            (folder / caption).write_text(text, encoding="utf-8")


def change(file, diff):
    """Lines with `-` go, those with `+` come in their place."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if line.startswith("-"))
    new = "\n".join(line[1:] for line in lines if line.startswith("+"))
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def run(command, folder, expected=None):
    """Runs a command as the reader would; what it shows is as expected, if anything."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    fails = expected is not None and FAILS.search(expected) is not None
    assert done.returncode == int(fails), f"{command}\n{done.stdout}"
    if expected is not None:
        assert is_shown(expected, done.stdout), f"{command}\n{done.stdout}"


def is_shown(expected, said):
    """Whether the output is the one on the page; `...` stands for any lines."""
    pieces = re.split(r"(?m)^\.\.\.\n", expected)
    pattern = r"(?:.*\n)*?".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, plain(said)) is not None


def plain(text):
    """Output without spaces at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
