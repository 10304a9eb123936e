"""Published tables of aid and needs: RDNA, ONE, Kiel, Donor Tracker.

Each reader takes one file as its publisher's collection has it and gives funds or needs
with amounts as written and their source. Nothing is converted and nothing is added up.
What a table does not say (a day, a sector, a stage) stays unknown.

The Donor Tracker's updates are articles: amounts are found in their text and kept as
mentions, one by one; an article may say the same money twice, so they are never summed.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from tocsin.errors import SourceUnusable
from tocsin.model import Issue, Origin, Where
from tocsin.model.contributions import (
    Certainty,
    Fund,
    FundStage,
    Money,
    MoneyNeed,
    Source,
)
from tocsin.model.records import Outcome, Record

__all__ = ["AID_TABLES", "Announcement", "mentions", "read_aid"]


class Announcement(Record, frozen=True, kw_only=True):
    """An article of the Donor Tracker and the amounts that its text mentions."""

    slug: str
    published: date | None
    title: str
    donors: tuple[str, ...]
    mentions: tuple[Money, ...]
    links: tuple[str, ...]


def read_aid(table: str, file: Path) -> Outcome[tuple[Record, ...]]:
    """The entries of one published table.

    Args:
        table: one of :data:`AID_TABLES`.
        file: CSV or TSV, possibly packed with gzip.

    Raises:
        SourceUnusable: no such table, or the file lacks its columns.
    """
    if table not in AID_TABLES:
        message = f"no table of aid is called `{table}`"
        raise _unusable(file, message, f"one of {', '.join(AID_TABLES)}")
    columns, reader = AID_TABLES[table]
    rows = _rows(file)
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise _unusable(file, f"it has no column `{missing[0]}`", "give the whole file")
    records: list[Record] = []
    issues: list[Issue] = []
    for line, row in enumerate(rows, start=2):
        for made in reader(row, Where(file=str(file), line=line)):
            (issues if isinstance(made, Issue) else records).append(made)  # type: ignore[arg-type]
    return Outcome(records=tuple(records), issues=tuple(issues))


Row = dict[str, str]
Made = Iterator[Record]


def _rdna(row: Row, where: Where) -> Made:
    """Rapid Damage and Needs Assessment: needs of all sectors, in USD billion."""
    source = Source(
        title=f"{row['assessment']}, press text",
        url=row["url"],
        certainty=Certainty.REPORTED,
        note=row["note"],
    )
    end = _day(row["period_end"])
    for column, sector, period in (
        ("ten_year_needs_usd_bn", "all sectors", "ten years"),
        ("next_year_priority_needs_usd_bn", "all sectors", "next year, priority"),
    ):
        if not row[column]:
            continue
        amount = _number(row[column], where, column)
        if isinstance(amount, Issue):
            yield amount
            continue
        yield MoneyNeed(
            need_id=f"{row['assessment']}-{column}",
            origin=Origin.OBSERVED,
            sector=sector,
            money=Money(amount=amount * 10**9, currency="USD"),
            period=period,
            on=end,
            source=source,
        )


def _one(row: Row, where: Where) -> Made:
    """ONE: pledged aid of each donor, in USD million; the cell holds its story, too."""
    column = "Estimated ODA pledged to Ukraine (USD millions)"
    figure = row[column].split(">>")[0].replace(",", "").strip()
    if not figure or not any(c.isdigit() for c in figure):
        return
    amount = _number(figure, where, column)
    if isinstance(amount, Issue):
        yield amount
        return
    yield Fund(
        fund_id=f"one-{row['Donor'].casefold().replace(' ', '-')}",
        origin=Origin.OBSERVED,
        donor=row["Donor"],
        stage=FundStage.PLEDGED,
        money=Money(amount=amount * 10**6, currency="USD"),
        source=Source(
            title="ONE Campaign, Ukraine ODA tracker, pledges",
            url="https://data.one.org",
            certainty=Certainty.REPORTED,
            note="an estimate of the ONE Campaign; no day is given",
        ),
    )


def _kiel(row: Row, where: Where) -> Made:
    """Kiel, release 21: totals by donor, in EUR billion."""
    for kind in ("Financial", "Humanitarian", "Military"):
        amount = _number(row[kind], where, kind)
        if isinstance(amount, Issue):
            yield amount
        elif amount:
            yield Fund(
                fund_id=f"kiel-{row['Country']}-{kind}".casefold(),
                origin=Origin.OBSERVED,
                donor=row["Country"],
                stage=FundStage.ALLOCATED,
                money=Money(amount=amount * 10**9, currency="EUR"),
                sector=kind.casefold(),
                on=date(2024, 12, 31),
                source=Source(
                    title="Kiel Institute, Ukraine Support Tracker, release 21",
                    url="https://www.ifw-kiel.de",
                    certainty=Certainty.UNCERTAIN,
                    note="totals of a derived table; it names no stage. Read as"
                    " allocations, the tracker's main measure at that release",
                ),
            )


def _donor_tracker(row: Row, _where: Where) -> Made:
    yield Announcement(
        slug=row["slug"],
        published=_day(row["publish_date"]),
        title=row["title"],
        donors=_list(row["funders"]),
        mentions=mentions(row["content"]),
        links=_list(row["source_links"]),
    )


AID_TABLES: Final[dict[str, tuple[tuple[str, ...], Callable[[Row, Where], Made]]]] = {
    "rdna": (("assessment", "ten_year_needs_usd_bn", "url"), _rdna),
    "one": (("Donor", "Estimated ODA pledged to Ukraine (USD millions)"), _one),
    "kiel": (("Country", "Financial", "Humanitarian", "Military"), _kiel),
    "donor-tracker": (("slug", "publish_date", "content", "funders"), _donor_tracker),
}
"""Name of the table -> the columns by which it is known, and its reader."""


# --- amounts in a text

SIGNS: Final = {
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "AU$": "AUD",
    "A$": "AUD",
    "NZ$": "NZD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₩": "KRW",
}
CODES: Final = (
    "USD EUR GBP CAD AUD NZD CHF JPY KRW SEK NOK DKK PLN CZK ISK UAH HUF RON BGN TRY"
)
SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_SIGN = "|".join(re.escape(sign) for sign in SIGNS)
_CODE = "|".join(CODES.split())
AMOUNT: Final = re.compile(
    rf"(?P<unit>{_SIGN}|\b(?:{_CODE}))\s?(?P<figure>\d[\d,]*(?:\.\d+)?)"
    r"(?:[\s-]?(?P<scale>thousand|million|billion)\b)?",
    re.IGNORECASE,
)


def mentions(text: str) -> tuple[Money, ...]:
    """Every amount with its currency, in the order of the text.

    A bare ``$`` names no currency and is left out.

    >>> mentions("£1 billion (US$1.3 billion), SEK 1,500 million, $5 million")[::2]
    (Money(amount=Decimal('1000000000'), currency='GBP'),
     Money(amount=Decimal('1500000000'), currency='SEK'))
    """
    found = []
    for match in AMOUNT.finditer(text):
        unit = match["unit"].upper()
        figure = Decimal(match["figure"].replace(",", ""))
        scale = SCALES[match["scale"].casefold()] if match["scale"] else 1
        found.append(Money(amount=figure * scale, currency=SIGNS.get(unit, unit)))
    return tuple(found)


# --- rows


def _rows(file: Path) -> list[Row]:
    try:
        data = file.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise _unusable(file, f"cannot be read: {error}", "") from error
    head = text.split("\n", 1)[0]
    between = "\t" if head.count("\t") > head.count(",") else ","
    csv.field_size_limit(2**24)
    rows = csv.DictReader(io.StringIO(text), delimiter=between)
    return [{k: (v or "").strip() for k, v in row.items() if k} for row in rows]


def _number(text: str, where: Where, column: str) -> Decimal | Issue:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and number >= 0:
        return number
    placed = Where(file=where.file, line=where.line, field=column)
    message = f"`{text}` is no amount"
    return Issue(code="value_invalid", where=placed, message=message, refuses_row=True)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[;|]", text) if part.strip())


def _unusable(file: Path, message: str, repair: str) -> SourceUnusable:
    where = Where(file=str(file))
    return SourceUnusable(
        Issue(code="column_missing", where=where, message=message, repair=repair)
    )
