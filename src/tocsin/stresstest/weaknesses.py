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

import msgspec

from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import Agreement
from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.model.vocabulary import Marking
from tocsin.stresstest.alias import aliased, aliases_of
from tocsin.stresstest.claims import Claim, Played, played
from tocsin.stresstest.compiling import Guarantee, guarantees_of
from tocsin.stresstest.flaws import Flaw
from tocsin.stresstest.happenings import breaches
from tocsin.stresstest.histories import (
    History,
    activated,
    activation,
    start_of_history,
    table,
)
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.repairs import (
    Repair,
    repair,
    repair_of_slices,
    repair_of_structure,
)
from tocsin.stresstest.shown import Case, show
from tocsin.stresstest.slices import Slice
from tocsin.stresstest.structure import Structure
from tocsin.stresstest.tree import actors, smallest_blocking

__all__ = ["Found", "Weakness", "weaknesses_of"]


class Weakness(Record, frozen=True, kw_only=True):
    """One way in which the text fails.

    Attributes:
        id: unique in a stress test.
        kind: a check, or blocked, idle, slices.
        claims: what the replay shows; () where there is no history.
        confirmed: the monitor's replay shows every claim.
        history: folder of the history beside ``stress.json``, or "".
        without_history: why none can be evaluated, or "".
        command: what confirms it, beside ``stress.json``, or "".
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
    command: str = ""
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
        *_of_slices(agreement, text, hidden, slices, inputs),
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
    if one.played is None:
        return one
    folder = f"histories/{one.weakness.id}"
    weakness = msgspec.structs.replace(
        one.weakness, history=folder, command=command_of(folder, one.played.history)
    )
    return Found(weakness=weakness, played=one.played)


def command_of(folder: str, history: History) -> str:
    """The command by which anybody replays a history and reads its verdicts."""
    coverage = f" --coverage {folder}/coverage.parquet" if history.coverage else ""
    start, until = (f"{t:%Y-%m-%dT%H:%M:%SZ}" for t in (history.start, history.until))
    return (
        f"tocsin evaluate {folder} --facts {folder}/facts.parquet{coverage}"
        f" --from {start} --until {until}"
        f" --out {folder}/verdicts.parquet"
    )


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
    """About a guarantee that does not act: filled in by what the replay shows."""
    clause = one.clause
    stands = Claim(of="guarantee", clause=clause, name="", state="")
    match one.kind:
        case "measure":
            return (Claim(of="effect", clause=clause, name=one.name, state=""), stands)
        case "decision":
            return (Claim(of="decision", clause=clause, name=one.name, state=""),)
        case "power":
            return (stands,)
    return (Claim(of="duty", clause=clause, name=one.act, state=""),)


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
    acts = weakness.kind == "acts_by_itself"
    try:
        history = activation(hidden, one, refuse=refuse, how=how)
    except WrongUse as error:
        return _told(weakness, str(error))
    made = played(hidden, history, claims, lambda found: activated(found, one) == acts)
    left_out = made.left_out(one.clause)
    if left_out:
        return _told(weakness, left_out)
    return _with(weakness, made)


def _with(weakness: Weakness, made: Played) -> Found:
    weakness = msgspec.structs.replace(
        weakness, claims=made.claims, confirmed=made.confirmed
    )
    return Found(weakness=weakness, played=made)


def _told(weakness: Weakness, why: str) -> Found:
    why = f"no history can be evaluated: {why}"
    told = msgspec.structs.replace(weakness, without_history=why)
    return Found(weakness=told, played=None)


# --- slices --------------------------------------------------------------------------


def _of_slices(
    agreement: Agreement,
    text: str,
    hidden: Agreement,
    slices: tuple[Slice, ...],
    inputs: Inputs,
) -> Iterator[Found]:
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
            repair=repair_of_slices(agreement, text, cut, inputs),
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
    claims = (
        *(
            Claim(of="episode", clause="", name=name, state="none")
            for name in cut.finding.split(", ")
        ),
        Claim(of="verdict", clause=cut.clause, name="breached", state="seen"),
    )
    return _with(weakness, played(hidden, history, claims, lambda _: True))


# --- flaws ---------------------------------------------------------------------------


def _of_flaws(
    agreement: Agreement,
    text: str,
    hidden: Agreement,
    promised: dict[str, Guarantee],
    flaws: tuple[Flaw, ...],
    inputs: Inputs,
) -> Iterator[Found]:
    names = aliases_of(agreement)
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
        case = Case(
            agreement=hidden,
            flaw=flaw,
            clause=names.get(flaw.clause, flaw.clause),
            promised=tuple(g for g in promised.values() if g.clause == flaw.clause),
            inputs=inputs,
        )
        yield _shown(case, weakness)


def _shown(case: Case, weakness: Weakness) -> Found:
    """The flaw with its history, or with the reason why none can be evaluated."""
    try:
        return _with(weakness, show(case))
    except WrongUse as error:
        return _told(weakness, str(error))
