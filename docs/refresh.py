"""Write the parts of the reference that repeat the code: `make reference`.

A page keeps its prose. What stands between the two marks of a part is replaced.
"""

import sys
from pathlib import Path

from tocsin.agreement.keywords import ENGLISH
from tocsin.connectors import describe_all
from tocsin.connectors.describe import sources_page
from tocsin.model.codes import CODES

REFERENCE = Path(__file__).resolve().parent / "reference"


def parts() -> dict[tuple[str, str], str]:
    """The text of each part, by page and name of the part."""
    return {
        ("issue-codes.md", "codes"): _codes(),
        ("keywords.md", "keywords"): _keywords(),
        ("sources.md", "sources"): sources_page(describe_all()),
    }


def refreshed(page: str, name: str, text: str) -> str:
    """The page with this part brought up to date."""
    start, end = f"<!-- {name}: from the code -->\n", f"<!-- end of {name} -->\n"
    whole = (REFERENCE / page).read_text(encoding="utf-8")
    before, _, rest = whole.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page} lacks the marks {start!r} and {end!r}")
    return f"{before}{start}{text}{end}{after}"


def _codes() -> str:
    rows = [f"| `{code}` | {meaning} |\n" for code, meaning in CODES.items()]
    return "".join(["| code | meaning |\n", "| --- | --- |\n", *rows])


def _keywords() -> str:
    heads = {"line": "Where a line begins", "inner": "Within a line"}
    return "\n".join(f"## {head}\n\n{_rows(place)}" for place, head in heads.items())


def _rows(place: str) -> str:
    rows = [
        f"| `{word.phrase}` | {word.meaning} | `{word.example}` |\n"
        for word in ENGLISH
        if word.place == place
    ]
    return "".join(
        ["| keyword | meaning | example |\n", "| --- | --- | --- |\n", *rows]
    )


def main() -> None:
    """Bring all pages up to date."""
    for (page, name), text in parts().items():
        (REFERENCE / page).write_text(refreshed(page, name, text), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{page}: {name}\n")


if __name__ == "__main__":
    main()
