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
    try:
        from tocsin import cli

        cli.main()
    except KeyboardInterrupt:  # while the libraries load; later the commands say more
        sys.exit(130)


if __name__ == "__main__":
    main()
