"""``python -m tocsin.exercise FILE``: write the areas of the exercise's agreement."""

from __future__ import annotations

import sys
from pathlib import Path

from tocsin.exercise.areas import areas_bytes


def main(arguments: list[str]) -> int:
    """Write ``areas.geojson`` to the one file named; 2 if none or several are."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tocsin.exercise AREAS.geojson\n")
        return 2
    Path(arguments[0]).write_bytes(areas_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
