"""Histories that show a weakness: facts in time, which the monitor itself replays.

In: an agreement (aliased, :mod:`tocsin.stresstest.alias`), a guarantee and who refuses.
Out: a FACTS table of origin ``imagined`` and, replayed by the engine of the language
and the watch over guarantees, what the monitor says. An answer of the analyser that
the replay does not confirm is not shown as confirmed.

A history is as plain as can be: what wakes the guarantee, one second apart; then the
ballots and acts on record. It names no place finer than a sector.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import pyarrow as pa

from tocsin import guarantees
from tocsin.agreement.evaluate import Evaluation, evaluate_fully
from tocsin.agreement.evaluate.clocks import fixed
from tocsin.agreement.terms import Agreement, Deed, EventTime, FixedTime, TimePoint
from tocsin.agreement.walk import find
from tocsin.model.records import Guarantee as Standing
from tocsin.model.records import Issue
from tocsin.model.tables import COVERAGE, FACTS, conform
from tocsin.model.times import from_seconds
from tocsin.model.vocabulary import GuaranteeState, Origin
from tocsin.stresstest.compiling import ACCUSED, OPPONENT, Guarantee, binding
from tocsin.stresstest.happenings import EARLIEST, Happenings, Row
from tocsin.stresstest.tree import Leaf, leaves, ways

__all__ = [
    "History",
    "Replayed",
    "activated",
    "activation",
    "background",
    "replay",
    "start_of_history",
    "table",
    "watched",
]

DAY: Final = timedelta(days=1)
MANY_EPISODES: Final = 3
MINUTE: Final = timedelta(minutes=1)
DELIBERATE: Final = timedelta(seconds=600)


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Facts, who watched, and over which time the monitor is asked about them."""

    facts: pa.Table
    start: datetime
    until: datetime
    coverage: pa.Table | None = None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What the monitor says of a history: the evaluation, and how promises stand.

    Attributes:
        unsettled: what the watch over promises reads and does not settle.
    """

    evaluation: Evaluation
    guarantees: tuple[Standing, ...]
    unsettled: tuple[Issue, ...] = ()


def replay(agreement: Agreement, history: History) -> Replayed:
    """What the monitor says of a history under an agreement."""
    found = evaluate_fully(
        agreement,
        history.facts,
        coverage=history.coverage,
        start=history.start,
        until=history.until,
    )
    stands = guarantees.watch(
        agreement, found, history.facts, at=history.until, origin=Origin.IMAGINED
    )
    return Replayed(
        evaluation=found,
        guarantees=stands.records.guarantees,
        unsettled=tuple(i for i in stands.issues if i.code == "not_evaluated"),
    )


def activated(replayed: Replayed, promised: Guarantee) -> bool:
    """Whether the monitor saw the guarantee act."""
    found = replayed.evaluation
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
    if promised.kind == "power":
        return any(
            one.clause == promised.clause and one.state == GuaranteeState.ACTIVATED
            for one in replayed.guarantees
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


def table(rows: Iterable[Row]) -> pa.Table:
    """Rows as FACTS of origin imagined, in time order, with ids of their own."""
    ordered = sorted(rows, key=lambda row: row["t"])
    for number, row in enumerate(ordered, start=1):
        row.setdefault("fact_id", f"f{number:05d}")
        row.setdefault("p", 1.0)
        row["origin"] = "imagined"
    return _as_table(ordered, FACTS)


def watched(history: History, share: float = 1.0) -> pa.Table:
    """COVERAGE: everything was watched all the time, to this share."""
    row = {
        "t_start": history.start,
        "t_end": history.until,
        "share": share,
        "known_at": history.start,
        "source_id": "imagined",
        "origin": "imagined",
    }
    return _as_table([row], COVERAGE)


def _as_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    columns = {name: [row.get(name) for row in rows] for name in schema.names}
    arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
    return conform(
        pa.Table.from_arrays(arrays, names=schema.names), schema, what="history"
    )


def background(agreement: Agreement, at: datetime) -> list[Row]:
    """The events from which articles run (a ceasefire, a signature)."""
    rows: list[Row] = []
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


# --- a history of one guarantee ------------------------------------------------------


def activation(
    agreement: Agreement,
    promised: Guarantee,
    *,
    way: Collection[str] | None = None,
    refuse: Collection[str] = (),
    how: str = "no",
    late: bool = False,
    deliberate: timedelta = DELIBERATE,
    days: int = 60,
) -> History:
    """The breach, and everybody who does their part for a guarantee but those named.

    Args:
        agreement: the agreement, aliased where the history is to be written.
        promised: the guarantee.
        way: keys of the leaves that the willing go for; None: the first way.
        refuse: who does not do its part.
        how: what they cast: ``no``, ``yes``, or ``silent``.
        late: ballots and acts come in the last second that the text allows.
        deliberate: how long after the breach they come otherwise.
        days: how long the monitor looks on.

    Raises:
        WrongUse: the breach that wakes it cannot be written without a map.
    """
    begin = start_of_history(agreement)
    walked = set(way) if way is not None else set(next(iter(ways(promised.tree)), ()))
    rows = background(agreement, begin)
    woken = _wake(agreement, promised, begin, walked)
    rows += woken
    accused = next(
        (row["party"] for row in woken if row.get("party") in agreement.party_names),
        None,
    )
    for leaf in _votes(promised):
        at = begin + (_last(leaf, deliberate) if late else deliberate)
        rows += _ballots(leaf, walked, refuse, how, at, accused)
    rows += _suspensions(promised, refuse, begin + (DELIBERATE if late else deliberate))
    for leaf in leaves(promised.tree):
        if leaf.act and leaf.key in walked:
            at = begin + (_last(leaf, deliberate) if late else deliberate)
            rows += _done(agreement, leaf, refuse, at)
    return History(facts=table(rows), start=begin - DAY, until=begin + days * DAY)


def _last(leaf: Leaf, otherwise: timedelta) -> timedelta:
    return timedelta(seconds=leaf.promised_s or 0) or otherwise


def _wake(
    agreement: Agreement,
    promised: Guarantee,
    begin: datetime,
    walked: Collection[str],
) -> list[Row]:
    """The facts that open every finding of the tree."""
    happen = Happenings(agreement, begin)
    wanted = [leaf.key for leaf in leaves(promised.tree) if leaf.kind == "detect"]
    rows: list[Row] = []
    for key in dict.fromkeys(wanted):
        what, _, rest = key.partition(":")
        if rest == "seen":
            rows += happen.finding(what, found=False)
        elif what in {"breach", "count"}:
            rows += happen.broken(rest.removeprefix("Article "))
        elif what == "event":
            rows += happen.deed(_deed(agreement, rest.split(":")[0]))
        elif key in walked:
            rows += happen.again(what, MANY_EPISODES)
    return list({str(sorted(row.items(), key=str)): row for row in rows}.values())


def _deed(agreement: Agreement, act: str) -> Deed:
    """The act as a condition of the text speaks of it."""
    for article in binding(agreement):
        for deed in find(article, Deed):
            if deed.act == act and deed.by is not None:
                return deed
    return Deed(act=act)


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
    accused: str | None,
) -> list[Row]:
    """The ballots of one vote; none where the willing let it lapse."""
    outcome = _wanted(leaf.choice, walked)
    name, what = leaf.choice.split(":", maxsplit=1)
    subject = leaf.clause if what == "attribution" else name
    base = {"kind": "ballot", "subject": subject, "target_party": accused, "t": at}
    willing = {"adopted": "yes", "rejected": "no"}.get(outcome)
    refused = None if how == "silent" else how
    votes = {actor: refused if actor in refuse else willing for actor in leaf.actors}
    return [
        {**base, "party": actor, "vote": vote} for actor, vote in votes.items() if vote
    ]


def _suspensions(
    promised: Guarantee, refuse: Collection[str], at: datetime
) -> list[Row]:
    """Who refuses suspends the measure as well: at once, and after each lapse."""
    lapses = {
        leaf.earliest_s for leaf in leaves(promised.tree) if leaf.kind == "lapsed"
    }
    instants = [at + MINUTE, *(at + MINUTE + timedelta(seconds=s) for s in lapses)]
    return [
        {
            "kind": "ballot",
            "party": who,
            "vote": "yes",
            "subject": promised.name,
            "t": t,
        }
        for leaf in leaves(promised.tree)
        if leaf.kind == "not_suspended"
        for who in leaf.actors
        if who in refuse
        for t in instants
    ]


def _wanted(choice: str, walked: Collection[str]) -> str:
    for key in walked:
        if key.startswith(f"{choice}:"):
            return key.removeprefix(f"{choice}:")
    return "adopted"


def _done(
    agreement: Agreement, leaf: Leaf, refuse: Collection[str], at: datetime
) -> list[Row]:
    """An act of the willing: a consent, a mandate, a duty."""
    parties = agreement.party_names or ("",)
    bound = {ACCUSED: parties[0], OPPONENT: parties[-1]}
    who = bound.get(leaf.actors[0], leaf.actors[0])
    if {who, leaf.actors[0]} & set(refuse):
        return []
    named = leaf.thing if leaf.thing not in {let.name for let in agreement.lets} else ""
    return [{"kind": leaf.act, "party": who, "subject": named or None, "t": at}]
