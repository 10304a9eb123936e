"""Findings in plain sentences, each with its conditions inside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.model import Verdict

__all__ = ["sentence", "settles"]

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December",
)  # fmt: skip


def sentence(row: dict[str, Any], share: float | None, until: datetime) -> str:
    """The finding in words.

    Args:
        row: one row of the findings-to-be, with ``n`` and ``sources`` of its witness
            and, for met, ``open``: incidents of that time that stay undetermined.
        share: watched share of its sector over its time, or None: unknown.
        until: the end of the question.
    """
    row = row | {"party": _named(row["party"])}
    said = {
        Verdict.BREACHED: _breached,
        Verdict.EXCUSED: _excused,
        Verdict.PENDING: _pending,
        Verdict.MET: _met,
        Verdict.UNDETERMINED: _undetermined,
    }[Verdict(row["verdict"])]
    return f"{said(row, until)}; {_watched(row, share)}."


def _named(party: str | None) -> str | None:
    """A party as people say it; in the rules its name is one word."""
    return None if party is None else party.replace("_", " ")


def settles(row: dict[str, Any], until: datetime) -> str:
    """What would settle an undetermined finding; else nothing."""
    if row["verdict"] != Verdict.UNDETERMINED:
        return ""
    where = _in(row).strip() or "there"
    n = _incidents(row["n"])
    if row["party"] is None:
        return f"a control layer, bearings of fire or neutral witnesses for {n} {where}"
    logs = f"camera, patrol and flight logs of whoever watched {where}"
    logs = f"{logs} {_span(row, until)}"
    return f"{logs}, and who is behind {n}" if row["n"] else logs


def _breached(row: dict[str, Any], until: datetime) -> str:
    """A day's acts, or a lasting breach."""
    who = row["party"] or "somebody"
    head = f"{who} breached {row['clause']}{_in(row)} {_span(row, until)}"
    if not row["n"]:
        return f"{head}, by not doing what was due{_chance(row)}"
    return f"{head}: {_incidents(row['n'])}, {_sources(row)}{_chance(row)}"


def _excused(row: dict[str, Any], until: datetime) -> str:
    acts = _incidents(row["n"]) if row["n"] else "what was not done"
    return (
        f"{acts} of {row['party']} under {row['clause']}{_in(row)} {_span(row, until)}"
        " stand excused by the text"
    )


def _pending(row: dict[str, Any], _until: datetime) -> str:
    times = f" {len(row['row']):,} times, the first" if len(row["row"]) > 1 else ","
    due = f"{times} due {_stamp(row['due'])} UTC" if row["due"] else ""
    who = row["party"] or "somebody"
    return f"what {row['clause']} asks of {who}{_in(row)} is pending{due}"


def _met(row: dict[str, Any], until: datetime) -> str:
    """Kept over watched time; what may have been a breach in it is said at once."""
    held = timedelta(seconds=row["held_s"])
    n = row["open"]
    stays = "stays" if n == 1 else "stay"
    apart = f", apart from {_incidents(n)} that {stays} undetermined" if n else ""
    return (
        f"{row['party'] or 'everybody'} kept {row['clause']}{_in(row)} over"
        f" {_length(held)} of watched time {_span(row, until)}{apart}"
    )


def _undetermined(row: dict[str, Any], until: datetime) -> str:
    if row["party"] is None:
        return (
            f"{_incidents(row['n'])}{_in(row)} {_span(row, until)} would touch"
            f" {row['clause']}, {_sources(row)}, and nobody can be named for them"
        )
    held = timedelta(seconds=row["held_s"])
    over = f" over {_length(held)}" if held >= timedelta(minutes=1) else ""
    head = (
        f"it cannot be said whether {row['party']} kept {row['clause']}{_in(row)}"
        f"{over} {_span(row, until)}"
    )
    if not row["n"]:
        return head
    may_be = f"{_incidents(row['n'])} may be its own"
    return f"{head}: {may_be}, each with probability at most {row['p_most']:.2f}"


def _incidents(n: int) -> str:
    return "1 incident" if n == 1 else f"{n:,} incidents"


def _sources(row: dict[str, Any]) -> str:
    k = row["sources"]
    if k == 1:
        return "from 1 independent source"
    if row["n"] == 1:
        return f"from {k} independent sources"
    return f"with up to {k} independent sources each"


def _chance(row: dict[str, Any]) -> str:
    p = row["p_breached"]
    return "" if p is None else f", probability {p:.2f}"


def _watched(row: dict[str, Any], share: float | None) -> str:
    where = row["sector"] or "the area"
    if share is None:
        return f"how much of {where} was watched is not known"
    return f"{_percent(share)} of {where} was watched in the mean over that time"


def _percent(share: float) -> str:
    """Only the whole is 100 %, only nothing is 0 %; the figure keeps its sign by it."""
    whole = min(max(round(100 * share), 1), 99) if 0 < share < 1 else round(100 * share)
    return f"{whole}\u00a0%"


def _in(row: dict[str, Any]) -> str:
    place = f" in {row['sector']}" if row["sector"] else ""
    return f"{place} ({row['subject']})" if row["subject"] else place


def _span(row: dict[str, Any], until: datetime) -> str:
    start, end = row["start"], row["end"]
    if row.get("earliest") is not None and end is not None:
        first, last = min(start, row["earliest"]), max(end, row["latest"])
        return f"at some time from {_stamp(first)} to {_stamp(last)} UTC"
    if end is None:
        return f"from {_stamp(start)} to {_stamp(until)} UTC, when the question ends"
    if end - start <= timedelta(seconds=1):
        return f"at {_stamp(start)} UTC"
    return f"from {_stamp(start)} to {_stamp(end)} UTC"


def _stamp(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M}"


def _length(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:,.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
