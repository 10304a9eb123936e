"""Section 10: what the parties said and were asked, and the acts on record of the day.

The same rules hold for every party. Silence never raises confidence.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import polars as pl

from tocsin.report.cite import ANNEX, some
from tocsin.report.day import Day
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Link,
    Row,
    Section,
    Sentence,
    Table,
)
from tocsin.report.release import EMBARGO
from tocsin.report.sections.phrases import named
from tocsin.report.wording import clock, counted, listed, number, spoken, stamp

__all__ = ["parties"]

ASKS: Final = ("ask", "request", "request_comment", "notify", "notification")
REPLIES: Final = (
    "reply",
    "acknowledge",
    "accept",
    "contest",
    "refuse",
    "acknowledged",
    "accepted",
    "contested",
    "refused",
)
ROWS_SHOWN: Final = 60
LONGEST_WORDS: Final = 1500
_FIRST: Final = {"outcome": 0, "proposal": 1, "statements": 2}


def parties(day: Day) -> Section:
    """Asked and replied per party, claims with whose they are, acts and notices."""
    blocks: list[Block] = [_asked(day, party) for party in day.parties]
    blocks += _claims(day)
    blocks += _acts(day)
    blocks += _notices(day)
    return Section(
        number="10",
        anchor="parties",
        title="Parties asked and replied, acts on record",
        about="A party's silence is no admission and raises no probability. A claim is"
        " shown as the claim of whoever makes it.",
        blocks=tuple(blocks),
    )


def _asked(day: Day, party: str) -> Sentence:
    asked = day.register.filter(
        pl.col("act").is_in(ASKS) & (pl.col("target_party") == party)
    )
    said = day.register.filter(
        pl.col("act").is_in(REPLIES) & (pl.col("party") == party)
    )
    if asked.is_empty() and said.is_empty():
        text = f"{named(party)}: no question and no reply is on record for this day."
        return Sentence(text=text, tone="unknown")
    question = (
        f"asked {counted(asked.height, 'time')} ({_times(asked)})"
        if asked.height
        else "no question is on record for this day"
    )
    answer = (
        f"replied {counted(said.height, 'time')} ({_times(said)})"
        if said.height
        else "no reply is on record"
    )
    return Sentence(
        text=f"{named(party)}: {question}; {answer}.", evidence=(_REGISTER,)
    )


_REGISTER: Final = Link(to="table-acts", label="acts on record")


def _times(acts: pl.DataFrame) -> str:
    rows = acts.select("act", "t").iter_rows()
    return listed([f"{spoken(act)} {clock(t)}" for act, t in rows])


def _claims(day: Day) -> list[Block]:
    """What parties and others claim, counted by whose claim it is; never added up."""
    middle = pl.col("t_start") + (pl.col("t_end") - pl.col("t_start")) / 2
    claims = day.said.filter(
        (pl.col("nature") == "claim")
        & middle.is_between(day.start, day.end, closed="left")
    )
    if claims.is_empty():
        return []
    grouped = (
        claims.with_columns(pl.coalesce("claimed_by", "source_id").alias("by"))
        .group_by("by", "claimed_party", "kind")
        .agg(pl.len(), pl.col("observation_id"))
        .sort("by", "claimed_party", "kind", nulls_last=True)
    )
    return [
        Table(
            anchor="table-claims",
            caption="Claims about this day, by whose claim it is",
            columns=(
                Column(title="Who claims"),
                Column(title="Of whom"),
                Column(title="What"),
                Column(title="Claims", numeric=True),
            ),
            rows=tuple(_claim(day, row) for row in grouped.to_dicts()),
            note="A claim is kept as a claim: it opens no incident and is part of no"
            " number above.",
        ),
        _statements(day, claims),
    ]


def _statements(day: Day, claims: pl.DataFrame) -> Table:
    """Each claim by itself, those about one thing and place beside each other."""
    ordered = claims.sort(
        "kind", "place_name", "t_start", "claimed_by", "observation_id", nulls_last=True
    )
    return Table(
        anchor="table-statements",
        caption="What is claimed, one by one; each figure is its claimant's own",
        columns=(
            Column(title="Who claims"),
            Column(title="Of whom"),
            Column(title="What"),
            Column(title="Figure", numeric=True),
            Column(title="Place"),
            Column(title="In other words"),
            Column(title="Source and row"),
        ),
        rows=tuple(_statement(day, row) for row in ordered.to_dicts()),
        shown=ROWS_SHOWN,
        wide=True,
        note="Figures of several claimants stand beside each other and are never made"
        " one. What is younger than 24 hours at release has neither place nor words.",
    )


def _statement(day: Day, row: dict[str, Any]) -> Row:
    young = row["t_end"] + EMBARGO > (day.released_at or day.end)
    what = [spoken(row[name]) for name in ("kind", "weapon") if row[name]]
    meant = row["count_qualifier"]
    figure = "not stated" if row["count"] is None else number(row["count"])
    if row["count"] is not None and meant not in {None, "exact"}:
        figure = f"{spoken(meant)} {figure}"
    return Row(
        cells=(
            Cell(text=row["claimed_by"] or f"nobody alone, says {row['source_id']}"),
            Cell(text=row["claimed_party"] or "nobody named"),
            Cell(text=", ".join(what) or "not stated"),
            Cell(text=figure, value=row["count"]),
            Cell(text="withheld" if young else row["place_name"] or "no place"),
            Cell(text="withheld" if young else _other_words(row["detail"])),
            Cell(text=row["raw_ref"]),
        )
    )


def _other_words(detail: str | None) -> str:
    """What else the source says of the claim, name by name; unknown stays unknown."""
    said = msgspec.json.decode(detail or "{}", type=dict[str, Any])
    parts = [
        f"{spoken(name)}: {_short(value)}"
        for name, value in sorted(said.items(), key=lambda one: _FIRST.get(one[0], 9))
        if not isinstance(value, dict | list)
    ]
    return "; ".join(parts) or "nothing else"


def _short(value: Any) -> str:
    if value is None:
        return "unknown"
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"


def _claim(day: Day, row: dict[str, Any]) -> Row:
    links = [day.link[each] for each in row["observation_id"] if each in day.link]
    return Row(
        cells=(
            Cell(text=row["by"], links=some(links, rest=ANNEX["D"])[:1]),
            Cell(text=row["claimed_party"] or "nobody named"),
            Cell(text=spoken(row["kind"]) if row["kind"] else "not stated"),
            Cell(text=str(row["len"]), value=row["len"]),
        )
    )


def _acts(day: Day) -> list[Block]:
    if day.register.is_empty():
        text = "No act of a party or a body is on record for this day."
        return [Sentence(text=text, tone="unknown")]
    return [
        Table(
            anchor="table-acts",
            caption="Acts on record of this day",
            columns=(
                Column(title="At (UTC)"),
                Column(title="Who"),
                Column(title="Act"),
                Column(title="About"),
                Column(title="Source and row"),
            ),
            rows=tuple(_act(row) for row in day.register.to_dicts()),
            shown=ROWS_SHOWN,
        )
    ]


def _act(row: dict[str, Any]) -> Row:
    vote = f": {row['vote']}" if row["vote"] else ""
    about = [row["subject"], row["target_party"], row["sector"]]
    return Row(
        cells=(
            Cell(text=clock(row["t"])),
            Cell(text=row["party"]),
            Cell(text=f"{spoken(row['act'])}{vote}"),
            Cell(text=", ".join(word for word in about if word) or "not stated"),
            Cell(text=f"{row['source_id']}, {row['raw_ref']}"),
        )
    )


def _notices(day: Day) -> list[Block]:
    """Who was to be told what on this day."""
    if not day.notices:
        return []
    return [
        Table(
            anchor="table-notices",
            caption="Notices of this day",
            columns=(
                Column(title="At (UTC)"),
                Column(title="To"),
                Column(title="Clause"),
                Column(title="Notice"),
            ),
            rows=tuple(
                Row(
                    cells=(
                        Cell(text=stamp(notice.at)),
                        Cell(text=listed(notice.to)),
                        Cell(text=notice.clause),
                        Cell(text=notice.sentence),
                    )
                )
                for notice in day.notices
            ),
            shown=ROWS_SHOWN,
        )
    ]
