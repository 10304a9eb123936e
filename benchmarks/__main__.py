"""Run one benchmark or all: ``python -m benchmarks [NAME ...] [--quick] [--write]``.

A benchmark is a module of this package with ``run(quick: bool) -> Page``. ``--write``
puts the page into ``docs/reference/benchmarks/``.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
from pathlib import Path

import benchmarks
from benchmarks.measure import machine

PAGES = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks"
TOOLS = {
    "__main__",
    "alone",
    "ceasefire",
    "evaluate_peers",
    "fuse_peers",
    "measure",
    "second",
}


def main() -> None:
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__)]
    names = sorted(set(names) - TOOLS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="small sizes, 1 run")
    parser.add_argument("--full", action="store_true", help="the largest sizes, too")
    parser.add_argument("--write", action="store_true", help="update the docs")
    asked = parser.parse_args()
    for name in asked.names or names:
        run = importlib.import_module(f"benchmarks.{name}").run
        knows = inspect.signature(run).parameters
        more = {"full": True} if asked.full and "full" in knows else {}
        page = run(quick=asked.quick, **more)
        text = page.text(command=f"make bench BENCH={name}", machine=machine())
        print(text)
        if asked.write:
            PAGES.mkdir(parents=True, exist_ok=True)
            (PAGES / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
