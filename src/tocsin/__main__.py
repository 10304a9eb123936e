"""Start of the command ``tocsin``, also as ``python -m tocsin``.

The version is answered here, before any library is loaded.
"""

from __future__ import annotations

import sys

from tocsin import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        print(f"tocsin {__version__}")
        return
    from tocsin.cli import app

    app(prog_name="tocsin")


if __name__ == "__main__":
    main()
