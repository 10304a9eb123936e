"""Each weakness with its clause, its history and its repair.

In: an agreement and its text. Out: one :class:`Weakness` per way in which it fails:
every flaw that the checks found, and for every guarantee who can stop it, what happens
if nobody acts, and what fits below its trigger. A weakness that can be played out comes
with a history under aliases, and the monitor's own replay confirms the claim
(:mod:`tocsin.stresstest.histories`); one that the engine cannot play says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import msgspec

from tocsin.agreement.evaluate import Evaluation
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import Agreement
from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.model.vocabulary import Marking
from tocsin.stresstest.alias import aliased, aliases_of
from tocsin.stresstest.compiling import Guarantee, guarantees_of
from tocsin.stresstest.flaws import Flaw, in_hours
from tocsin.stresstest.histories import (
    History,
    activated,
    activation,
    breaches,
    replay,
    start_of_history,
    table,
)
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.repairs import Repair, repair, repair_of_structure
from tocsin.stresstest.slices import Slice
from tocsin.stresstest.structure import Structure
from tocsin.stresstest.tree import actors, smallest_blocking

__all__ = ["Claim", "Played", "Weakness", "weaknesses_of"]


class Claim(Record, frozen=True, kw_only=True):
    """What the replay of a history must show.

    Attributes:
        of: which part of an evaluation: decision, effect, duty, episode or verdict.
        state: the state of every one of them; ``none``: there must be none.
    """

    of: Literal["decision", "effect", "duty", "episode", "verdict"]
    clause: str
    name: str
    state: str

    def holds(self, found: Evaluation) -> bool:
        """Whether an evaluation shows it."""
        states = _states(self, found)
        if self.state == "none":
            return not states
        return bool(states) and set(states) == {self.state}


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A history with the aliased agreement that it is replayed under."""

    history: History
    agreement: Agreement


class Weakness(Record, frozen=True, kw_only=True):
    """One way in which the text fails.

    Attributes:
        id: unique in a stress test.
        kind: a check, or blocked, idle, slices.
        claims: what the replay shows; () where there is no history.
        confirmed: the monitor's replay shows every claim.
        history: folder of the history beside ``stress.json``, or "".
        without_history: why there is none, or "".
        repair: the smallest change found, or None.
    """

    id: str
    kind: str
    severity: str
    clause: str
    line: int | None
    sentence: str
    consequence: str
    claims: tuple[Claim, ...] = ()
    confirmed: bool = False
    history: str = ""
    without_history: str = ""
    repair: Repair | None = None
    marking: Marking = Marking.AMBER


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A weakness with what has to be written beside it."""

    weakness: Weakness
    played: Played | None


def weaknesses_of(
    agreement: Agreement,
    text: str,
    *,
    flaws: tuple[Flaw, ...],
    structures: tuple[Structure, ...],
    slices: tuple[Slice, ...],
    inputs: Inputs,
) -> tuple[Found, ...]:
    """Every weakness, the gravest first."""
    hidden = aliased(agreement)
    theirs = {g.key: g for g in guarantees_of(agreement)}
    promised = dict(zip(theirs, guarantees_of(hidden), strict=True))
    found = [
        *_structural(agreement, text, hidden, promised, structures, inputs),
        *_of_slices(hidden, slices),
        *_of_flaws(agreement, text, hidden, promised, flaws, inputs),
    ]
    numbered = [
        Found(
            weakness=msgspec.structs.replace(
                one.weakness, id=f"w{at:02d}-{one.weakness.kind}"
            ),
            played=one.played,
        )
        for at, one in enumerate(found, start=1)
    ]
    return tuple(_with_folder(one) for one in numbered)


def _with_folder(one: Found) -> Found:
    folder = f"histories/{one.weakness.id}" if one.played else ""
    weakness = msgspec.structs.replace(one.weakness, history=folder)
    return Found(weakness=weakness, played=one.played)


def _states(claim: Claim, found: Evaluation) -> list[str]:
    match claim.of:
        case "decision":
            return [d.outcome for d in found.decisions if d.name == claim.name]
        case "effect":
            return [e.state for e in found.effects if e.effect == claim.name]
        case "duty":
            held = [d for d in found.duties if d.clause == claim.clause]
            return [d.state for d in held if claim.name in ("", d.act)]
        case "episode":
            return [e.attribution for e in found.episodes if e.name == claim.name]
    table_ = found.verdicts
    rows = zip(table_["clause"].to_pylist(), table_["verdict"].to_pylist(), strict=True)
    return sorted({v for c, v in rows if c == claim.clause and v == claim.state})


# --- structural ----------------------------------------------------------------------


def _structural(
    agreement: Agreement,
    text: str,
    hidden: Agreement,
    promised: dict[str, Guarantee],
    structures: tuple[Structure, ...],
    inputs: Inputs,
) -> Iterator[Found]:
    for found in structures:
        one = promised[found.key]
        mended = acting = None
        if found.can_activate and found.kind != "consultation":
            mended = repair_of_structure(agreement, text, found.key, inputs)
            acting = repair_of_structure(agreement, text, found.key, inputs, idle=True)
        if not found.can_activate:
            yield _never(hidden, one, found)
        elif found.smallest_blocking:
            yield _blocked(hidden, one, found, mended)
        if found.can_activate and found.kind in {"decision", "power"}:
            yield _idle(hidden, one, found, acting)


def _made(found: Structure, kind: str, sentence: str, why: str) -> Weakness:
    grave = kind in {"never", "blocked"}
    return Weakness(
        id="",
        kind=kind,
        severity="grave" if grave else "serious",
        clause=found.clause,
        line=None,
        sentence=sentence,
        consequence=why,
    )


def _never(hidden: Agreement, one: Guarantee, found: Structure) -> Found:
    weakness = _made(
        found,
        "never",
        f"{found.key} can never activate: {'; '.join(found.impossible)}",
        "whatever happens, nothing follows from it",
    )
    return _confirmed(hidden, one, weakness, _claims_not(one), refuse=(), how="no")


def _blocked(
    hidden: Agreement, one: Guarantee, found: Structure, mended: Repair | None
) -> Found:
    group = ", ".join(found.smallest_blocking)
    size = len(found.smallest_blocking)
    who = f"{group} alone" if size == 1 else f"{size} together ({group})"
    weakness = msgspec.structs.replace(
        _made(
            found,
            "blocked",
            f"{found.key}: {who} can stop it",
            "whoever wants to prevent the response has to persuade, or frighten, only"
            " these",
        ),
        repair=mended,
    )
    refuse = smallest_blocking(one.tree)
    for how in ("no", "silent", "yes"):
        held = _confirmed(
            hidden, one, weakness, _claims_not(one), refuse=refuse, how=how
        )
        if held.weakness.confirmed or held.played is None:
            return held
    return held


def _idle(
    hidden: Agreement, one: Guarantee, found: Structure, mended: Repair | None
) -> Found:
    if found.automaticity.without_anybody:
        return _confirmed(
            hidden,
            one,
            _made(
                found,
                "acts_by_itself",
                f"{found.key}: it comes if nobody acts at all",
                "no decision stands between a finding and the response, a false one"
                " included",
            ),
            (),
            refuse=actors(one.tree),
            how="silent",
        )
    weakness = msgspec.structs.replace(
        _made(
            found,
            "idle",
            f"{found.key}: nothing comes of it if nobody acts",
            "silence is enough to refuse, and nobody has to own it",
        ),
        repair=mended,
    )
    return _confirmed(
        hidden, one, weakness, _claims_not(one), refuse=actors(one.tree), how="silent"
    )


def _claims_not(one: Guarantee) -> tuple[Claim, ...]:
    """That a guarantee did not act: filled in by what the replay shows instead."""
    of: Literal["decision", "effect", "duty"] = "duty"
    if one.kind == "measure":
        of = "effect"
    elif one.kind in {"decision", "consultation"} and one.name in _decisions(one):
        of = "decision"
    return (Claim(of=of, clause=one.clause, name=_act(one, of), state=""),)


def _decisions(one: Guarantee) -> set[str]:
    return {one.name} if ":" not in one.name and one.kind == "decision" else set()


def _act(one: Guarantee, of: str) -> str:
    return one.name.replace(" ", "_") if of == "duty" else one.name


def _confirmed(
    hidden: Agreement,
    one: Guarantee,
    weakness: Weakness,
    claims: tuple[Claim, ...],
    *,
    refuse: tuple[str, ...],
    how: str,
) -> Found:
    """Play it, let the monitor say what it sees, and keep that as the claim."""
    if one.kind == "power":
        why = "this version's engine does not evaluate powers; read the tree"
        return _told(weakness, why)
    try:
        history = activation(hidden, one, refuse=refuse, how=how)
    except WrongUse as error:
        return _told(weakness, str(error))
    found = replay(hidden, history)
    said = tuple(_as_seen(claim, found) for claim in claims)
    right = activated(found, one) == (weakness.kind == "acts_by_itself")
    confirmed = right and all(claim.holds(found) for claim in said)
    weakness = msgspec.structs.replace(weakness, claims=said, confirmed=confirmed)
    played = Played(history=history, agreement=hidden)
    return Found(weakness=weakness, played=played)


def _as_seen(claim: Claim, found: Evaluation) -> Claim:
    states = sorted(set(_states(claim, found)))
    return msgspec.structs.replace(claim, state=states[0] if states else "none")


def _told(weakness: Weakness, why: str) -> Found:
    told = msgspec.structs.replace(weakness, without_history=why)
    return Found(weakness=told, played=None)


# --- slices --------------------------------------------------------------------------


def _of_slices(hidden: Agreement, slices: tuple[Slice, ...]) -> Iterator[Found]:
    for cut in slices:
        if cut.unlimited or cut.in_one_window is None or cut.in_one_window < 1:
            continue
        number = cut.clause.removeprefix("Article ")
        weakness = Weakness(
            id="",
            kind="slices",
            severity="serious",
            clause=cut.clause,
            line=None,
            sentence=f"{cut.in_one_window} breaches of {cut.clause} fit into each"
            f" window of {cut.finding} and never make it; {cut.over_horizon} over"
            f" {cut.horizon_s // 86_400} days in one sector",
            consequence="a side that keeps below the count is never found in breach;"
            " what it takes adds up",
            marking=Marking.AMBER_STRICT,
        )
        yield _sliced(hidden, weakness, cut, number)


def _sliced(hidden: Agreement, weakness: Weakness, cut: Slice, number: str) -> Found:
    begin = start_of_history(hidden)
    times = [begin + timedelta(seconds=at) for at in range(cut.in_one_window or 0)]
    try:
        rows = breaches(plan(hidden), number, times=times)
    except WrongUse as error:
        return _told(weakness, str(error))
    day = timedelta(days=1)
    history = History(facts=table(rows), start=begin - day, until=begin + 7 * day)
    found = replay(hidden, history)
    names = cut.finding.split(", ")
    claims = (
        *(Claim(of="episode", clause="", name=n, state="none") for n in names),
        Claim(of="verdict", clause=cut.clause, name="", state="breached"),
    )
    confirmed = all(claim.holds(found) for claim in claims)
    weakness = msgspec.structs.replace(weakness, claims=claims, confirmed=confirmed)
    return Found(weakness=weakness, played=Played(history=history, agreement=hidden))


# --- flaws ---------------------------------------------------------------------------


def _of_flaws(
    agreement: Agreement,
    text: str,
    hidden: Agreement,
    promised: dict[str, Guarantee],
    flaws: tuple[Flaw, ...],
    inputs: Inputs,
) -> Iterator[Found]:
    for flaw in flaws:
        weakness = Weakness(
            id="",
            kind=flaw.check,
            severity=flaw.severity,
            clause=flaw.clause,
            line=flaw.where.line,
            sentence=flaw.message,
            consequence=flaw.consequence,
            repair=repair(agreement, text, flaw, inputs),
        )
        yield _shown(hidden, promised, flaw, weakness, inputs)


def _shown(
    hidden: Agreement,
    promised: dict[str, Guarantee],
    flaw: Flaw,
    weakness: Weakness,
    inputs: Inputs,
) -> Found:
    """The history of a flaw, where the engine can play it."""
    of_clause = [g for key, g in promised.items() if g.clause == flaw.clause]
    match flaw.check:
        case "no_consequence":
            return _without_consequence(hidden, flaw, weakness)
        case "no_deadline" | "consult_only" if of_clause:
            return _waiting(hidden, of_clause[0], flaw, weakness)
        case "deadline_too_long" if of_clause:
            return _late(hidden, of_clause, flaw, weakness, inputs)
    return _told(weakness, "a reading of the text, not an event: judge it by its words")


def _without_consequence(hidden: Agreement, flaw: Flaw, weakness: Weakness) -> Found:
    number = flaw.clause.removeprefix("Article ")
    begin = start_of_history(hidden)
    times = [begin + timedelta(hours=at) for at in range(100)]
    try:
        rows = breaches(plan(hidden), number, times=times)
    except WrongUse as error:
        return _told(weakness, str(error))
    day = timedelta(days=1)
    history = History(facts=table(rows), start=begin - day, until=begin + 30 * day)
    found = replay(hidden, history)
    claim = Claim(of="verdict", clause=flaw.clause, name="", state="breached")
    quiet = not (found.episodes or found.decisions or found.effects)
    weakness = msgspec.structs.replace(
        weakness, claims=(claim,), confirmed=claim.holds(found) and quiet
    )
    return Found(weakness=weakness, played=Played(history=history, agreement=hidden))


def _waiting(
    hidden: Agreement, one: Guarantee, flaw: Flaw, weakness: Weakness
) -> Found:
    """Nobody does anything, for sixty days: is anybody late?"""
    refuse = actors(one.tree) if flaw.check == "no_deadline" else ()
    own = {name for name in refuse if not _attributes(one, name)}
    try:
        history = activation(hidden, one, refuse=tuple(own), how="silent")
    except WrongUse as error:
        return _told(weakness, str(error))
    found = replay(hidden, history)
    claims = tuple(_as_seen(claim, found) for claim in _claims_not(one))
    after = [e for e in found.effects if e.state == "in_effect"]
    late = [d for d in found.duties if d.clause == one.clause and d.state == "breached"]
    confirmed = not late and not after and all(c.state != "none" for c in claims)
    weakness = msgspec.structs.replace(weakness, claims=claims, confirmed=confirmed)
    return Found(weakness=weakness, played=Played(history=history, agreement=hidden))


def _attributes(one: Guarantee, name: str) -> bool:
    """Whether somebody is needed for the finding itself."""
    from tocsin.stresstest.tree import leaves

    return any(
        "attribution" in leaf.key and name in leaf.actors for leaf in leaves(one.tree)
    )


def _late(
    hidden: Agreement,
    of_clause: list[Guarantee],
    flaw: Flaw,
    weakness: Weakness,
    inputs: Inputs,
) -> Found:
    """Everybody keeps every deadline, at the last second."""
    one = next((g for g in of_clause if g.key in _real(hidden, flaw)), of_clause[0])
    if one.kind not in {"decision", "measure"}:
        return _told(weakness, "what is promised is no decision and no measure")
    try:
        history = activation(hidden, one, late=True)
    except WrongUse as error:
        return _told(weakness, str(error))
    found = replay(hidden, history)
    alleged = min((e.alleged_at for e in found.episodes), default=None)
    done = [d.decided_at for d in found.decisions if d.name == one.name]
    done += [e.due or e.arose_at for e in found.effects if e.effect == one.name]
    known = [t for t in done if t is not None]
    claims = tuple(_as_seen(claim, found) for claim in _claims_not(one))
    slow = bool(known and alleged) and (
        (min(known) - alleged).total_seconds() > inputs.fait_accompli_s  # type: ignore[operator]
    )
    said = (
        f"{weakness.sentence} (facts may be made in {in_hours(inputs.fait_accompli_s)})"
    )
    weakness = msgspec.structs.replace(
        weakness, claims=claims, confirmed=slow, sentence=said
    )
    return Found(weakness=weakness, played=Played(history=history, agreement=hidden))


def _real(hidden: Agreement, flaw: Flaw) -> set[str]:
    """Keys that a flaw's message names, under their aliases."""
    names = aliases_of(hidden)
    return {flaw.message.split(":", maxsplit=1)[0], *names}
