"""Histories that show a weakness: facts in time, which the monitor itself replays.

In: an agreement (aliased, :mod:`tocsin.stresstest.alias`), a guarantee and who refuses.
Out: a FACTS table of origin ``imagined`` and, replayed by
:func:`tocsin.agreement.evaluate.evaluate_fully`, what the monitor says of it. An answer
of the analyser that the replay does not confirm is not shown.

A history is as plain as can be: the breaches that open the finding, one second apart;
then the ballots and acts on record. It names no place finer than a sector.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa

from tocsin.agreement.evaluate import Evaluation, evaluate_fully
from tocsin.agreement.evaluate.clocks import fixed
from tocsin.agreement.evaluate.plan import (
    Finding,
    Pattern,
    Plan,
    Prohibition,
    plan,
)
from tocsin.agreement.terms import (
    Agreement,
    EventTime,
    FilterIn,
    FixedTime,
    TimePoint,
)
from tocsin.agreement.walk import find
from tocsin.errors import WrongUse
from tocsin.model.tables import FACTS, conform
from tocsin.model.times import from_seconds, instant
from tocsin.stresstest.compiling import Guarantee
from tocsin.stresstest.tree import Leaf, leaves, ways

__all__ = [
    "History",
    "activated",
    "activation",
    "breaches",
    "replay",
    "start_of_history",
]

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
EARLIEST: Final = instant("2025-01-01T00:00:00Z")


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Facts, and over which time the monitor is asked about them."""

    facts: pa.Table
    start: datetime
    until: datetime


def replay(agreement: Agreement, history: History) -> Evaluation:
    """What the monitor says of a history under an agreement."""
    return evaluate_fully(
        agreement, history.facts, start=history.start, until=history.until
    )


def activated(found: Evaluation, promised: Guarantee) -> bool:
    """Whether the monitor saw the guarantee act."""
    if promised.kind == "measure":
        return any(
            effect.effect == promised.name and effect.state in ("in_effect", "pending")
            for effect in found.effects
        )
    if promised.kind == "decision":
        return any(
            decision.name == promised.name and decision.outcome == "adopted"
            for decision in found.decisions
        )
    return any(
        duty.clause == promised.clause and duty.state == "met" for duty in found.duties
    )


# --- facts ---------------------------------------------------------------------------


def start_of_history(agreement: Agreement) -> datetime:
    """A day after the last article with a fixed start begins to bind."""
    dates = [
        from_seconds(fixed(point.base, agreement.calendar))
        for article in agreement.articles
        if article.in_force is not None
        for point in article.in_force.start
        if isinstance(point.base, FixedTime)
    ]
    return max(dates, default=EARLIEST) + DAY


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as FACTS of origin imagined, in time order, with ids of their own."""
    ordered = sorted(rows, key=lambda row: row["t"])
    for number, row in enumerate(ordered, start=1):
        row.setdefault("fact_id", f"f{number:05d}")
        row.setdefault("p", 1.0)
        row["origin"] = "imagined"
    columns = {name: [row.get(name) for row in ordered] for name in FACTS.names}
    arrays = [pa.array(columns[field.name], type=field.type) for field in FACTS]
    return conform(pa.Table.from_arrays(arrays, names=FACTS.names), FACTS, what="facts")


def background(agreement: Agreement, at: datetime) -> list[dict[str, Any]]:
    """The events from which articles run (a ceasefire, a signature)."""
    rows: list[dict[str, Any]] = []
    for article in agreement.articles:
        for point in find(article, TimePoint) if article.in_force else ():
            if isinstance(point.base, EventTime):
                who = point.base.of.names if point.base.of else (None,)
                everybody = agreement.party_names if who == ("party",) else who
                rows += [
                    {"kind": point.base.event, "party": name, "t": at - DAY}
                    for name in everybody
                ]
    unique = {(row["kind"], row["party"]): row for row in rows}
    return list(unique.values())


def breaches(
    made: Plan,
    number: str,
    *,
    times: Sequence[datetime],
    sources: int = 1,
    party: str | None = None,
    sector: str | None = None,
) -> list[dict[str, Any]]:
    """Breaches of an article, one at each time, by one party in one sector.

    Raises:
        WrongUse: no prohibition of the article can be broken without a map.
    """
    prohibition, pattern = _breakable(made, number)
    who = party or prohibition.parties[0]
    where = sector or _sector_of(made, pattern)
    return [
        {
            "kind": pattern.act,
            "party": who,
            "sector": where,
            "weapon": _weapon_of(pattern),
            "subject": pattern.subject,
            "t": t,
            "n_independent": sources,
        }
        for t in times
    ]


def _breakable(made: Plan, number: str) -> tuple[Prohibition, Pattern]:
    if not made.prohibition(number):
        raise WrongUse(f"Article {number} forbids nothing: it is broken by an omission")
    for prohibition in made.prohibition(number):
        for rule in prohibition.rules:
            if rule.pattern.zone is None and rule.after is None:
                return prohibition, rule.pattern
    raise WrongUse(f"Article {number}: only a map can tell whether it is broken")


def _sector_of(made: Plan, pattern: Pattern) -> str:
    if pattern.sectors:
        return pattern.sectors[0]
    named = made.agreement.sectors
    return named[0].name if named else "Sector_1"


def _weapon_of(pattern: Pattern) -> str | None:
    for tests in pattern.filter.any_of:
        for test in tests:
            if isinstance(test, FilterIn) and test.attribute == "weapon":
                return None if test.negated else test.values[0]
    return None


# --- a history of one guarantee ------------------------------------------------------


def activation(
    agreement: Agreement,
    promised: Guarantee,
    *,
    way: Collection[str] | None = None,
    refuse: Collection[str] = (),
    how: str = "no",
    late: bool = False,
    days: int = 60,
) -> History:
    """The breach, and everybody who does their part for a guarantee but those named.

    Args:
        agreement: the agreement, aliased where the history is to be written.
        promised: the guarantee.
        way: keys of the leaves that the willing go for; None: the first way.
        refuse: who does not do its part.
        how: what they cast: ``no``, ``yes``, or ``silent``.
        late: ballots are cast in the last second that the text allows.
        days: how long the monitor looks on.

    Raises:
        WrongUse: the breach that wakes it cannot be written without a map.
    """
    begin = start_of_history(agreement)
    walked = set(way) if way is not None else set(next(iter(ways(promised.tree)), ()))
    rows = background(agreement, begin)
    rows += _wake(agreement, promised, begin)
    at = begin + timedelta(seconds=600)
    for leaf in _votes(promised):
        last = timedelta(seconds=leaf.promised_s or 0)
        rows += _ballots(leaf, walked, refuse, how, begin + last if late else at, rows)
    rows += _acts(promised, walked, refuse, at)
    return History(facts=table(rows), start=begin - DAY, until=begin + days * DAY)


def _wake(
    agreement: Agreement, promised: Guarantee, begin: datetime
) -> list[dict[str, Any]]:
    """The facts that open every finding of the tree."""
    made = plan(agreement)
    wanted = {
        leaf.key.removesuffix(":seen")
        for leaf in leaves(promised.tree)
        if leaf.kind == "detect"
    }
    rows: list[dict[str, Any]] = []
    for finding in made.findings:
        if finding.rule.name in wanted:
            rows += _opening(made, finding, begin)
    for name in sorted(wanted):
        if name.startswith(("breach:Article ", "count:Article ")):
            number = name.split("Article ", maxsplit=1)[1]
            rows += breaches(made, number, times=[begin])
        elif name.startswith("event:"):
            rows.append({"kind": name.split(":")[1], "party": None, "t": begin})
    if not rows:
        raise WrongUse(f"{promised.key}: nothing that can be written wakes it")
    return _deduplicated(rows)


def _opening(made: Plan, finding: Finding, begin: datetime) -> list[dict[str, Any]]:
    if finding.count is None:
        raise WrongUse(f"{finding.rule.name}: its condition is not a plain count")
    times = [begin + at * SECOND for at in range(finding.count.at_least)]
    return breaches(made, finding.count.article, times=times, sources=finding.sources)


def _deduplicated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({str(sorted(row.items(), key=str)): row for row in rows}.values())


def _votes(promised: Guarantee) -> list[Leaf]:
    """One leaf for each vote of the tree."""
    held: dict[str, Leaf] = {}
    for leaf in leaves(promised.tree):
        if leaf.is_vote and leaf.kind != "not_suspended":
            held.setdefault(leaf.choice, leaf)
    return list(held.values())


def _ballots(
    leaf: Leaf,
    walked: Collection[str],
    refuse: Collection[str],
    how: str,
    at: datetime,
    rows: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """The ballots of one vote; none where the willing let it lapse."""
    outcome = _wanted(leaf.choice, walked)
    name, what = leaf.choice.split(":", maxsplit=1)
    subject = leaf.clause if what == "attribution" else name
    accused = next((row["party"] for row in rows if row.get("sector")), None)
    base = {"kind": "ballot", "subject": subject, "target_party": accused, "t": at}
    willing = {"adopted": "yes", "rejected": "no"}.get(outcome)
    refused = None if how == "silent" else how
    votes = {actor: refused if actor in refuse else willing for actor in leaf.actors}
    return [
        {**base, "party": actor, "vote": vote} for actor, vote in votes.items() if vote
    ]


def _wanted(choice: str, walked: Collection[str]) -> str:
    for key in walked:
        if key.startswith(f"{choice}:"):
            return key.removeprefix(f"{choice}:")
    return "adopted"


def _acts(
    promised: Guarantee, walked: Collection[str], refuse: Collection[str], at: datetime
) -> list[dict[str, Any]]:
    """Acts of the willing: consents, mandates, duties."""
    return [
        {
            "kind": leaf.words.split(": ", maxsplit=1)[-1].replace(" ", "_"),
            "party": leaf.actors[0],
            "t": at + HOUR,
        }
        for leaf in leaves(promised.tree)
        if leaf.kind == "act" and leaf.key in walked
        if leaf.actors and leaf.actors[0] not in refuse
    ]
