"""Write the parts of the reference that repeat the code: `make reference`.

A page keeps its prose. What stands between the two marks of a part is replaced.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tocsin.agreement.keywords import ENGLISH, UNITS
from tocsin.agreement.languages import LANGUAGES, table_of
from tocsin.connectors import describe_all
from tocsin.connectors.describe import sources_page
from tocsin.model.codes import CODES
from tocsin.stresstest.library import library

sys.path.insert(0, str(Path(__file__).resolve().parent))
import slips  # beside this file, which is no package

REFERENCE = Path(__file__).resolve().parent / "reference"


def parts() -> dict[tuple[str, str], str]:
    """The text of each part, by page and name of the part."""
    return {
        ("issue-codes.md", "codes"): _codes(),
        ("errors.md", "errors"): slips.table(),
        ("keywords.md", "keywords"): _keywords(),
        ("sources.md", "sources"): sources_page(describe_all()),
        ("library.md", "ranks"): _ranks(),
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


def _ranks() -> str:
    """The texts of the library by strength, beside what came of them."""
    held = library(Path(__file__).resolve().parents[1] / "agreements")
    strengths = [row.strength for row in held.rows]
    rows = [
        f"| {strengths.index(row.strength) + 1} | `{row.folder}` | {row.strength:.2f}"
        f" | {row.best.replace(chr(95), chr(32))}"
        f" | {row.grave_flaws} | {row.outcome.label} | {row.outcome.rank} |\n"
        for row in held.rows
    ]
    head = "| rank | text | strength | its strongest promise | grave flaws | what came"
    head += " of it | 3 held to 0 failed |\n"
    line = "| --- | --- | --- | --- | --- | --- | --- |\n"
    return "".join([head, line, *rows, f"\n{held.sentence}\n"])


def _keywords() -> str:
    heads = {"line": "Where a line begins", "inner": "Within a line"}
    tables = [f"## {head}\n\n{_rows(place)}" for place, head in heads.items()]
    return "\n".join([*tables, f"## Units\n\n{_units()}", f"## Names\n\n{_names()}"])


def _rows(place: str) -> str:
    others = [table_of(code)[place] for code in LANGUAGES if code != "en"]
    rows = [
        f"| `{word.phrase}` | {' | '.join(_forms(one[word.phrase]) for one in others)}"
        f" | {word.meaning} | `{word.example}` |\n"
        for word in ENGLISH
        if word.place == place
    ]
    head = "| English | French | Ukrainian | meaning | example |\n"
    return "".join([head, "| --- | --- | --- | --- | --- |\n", *rows])


def _units() -> str:
    """Each unit in the forms that each language reads."""
    others = [table_of(code)["units"] for code in LANGUAGES if code != "en"]
    english = LANGUAGES["en"].forms
    rows = [
        f"| {_forms(english[unit])} | {' | '.join(_forms(o[unit]) for o in others)} |\n"
        for unit in UNITS
    ]
    return "".join(
        ["| English | French | Ukrainian |\n", "| --- | --- | --- |\n", *rows]
    )


def _names() -> str:
    """The names that the language itself knows; an act as a thing, then as a verb."""
    others = [table_of(code) for code in LANGUAGES if code != "en"]
    names = dict.fromkeys(
        name for part in ("names", "nouns", "verbs") for name in others[0][part]
    )
    rows = [
        f"| `{name}` | {' | '.join(_called(name, one) for one in others)} |\n"
        for name in names
    ]
    return "".join(
        ["| English | French | Ukrainian |\n", "| --- | --- | --- |\n", *rows]
    )


def _called(name: str, table: dict[str, Any]) -> str:
    held = [
        table[part][name] for part in ("names", "nouns", "verbs") if name in table[part]
    ]
    flat = [form for one in held for form in ([one] if isinstance(one, str) else one)]
    return _forms(flat)


def _forms(forms: str | Iterable[str]) -> str:
    """What is written first, and what else is read."""
    listed = [forms] if isinstance(forms, str) else list(forms)
    return ", ".join(f"`{form}`" for form in dict.fromkeys(listed))


def main() -> None:
    """Bring all pages up to date."""
    for (page, name), text in parts().items():
        (REFERENCE / page).write_text(refreshed(page, name, text), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{page}: {name}\n")


if __name__ == "__main__":
    main()
