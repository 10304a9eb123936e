"""What a duty officer reads: why a promise stands where it stands, and the notices.

Every sentence carries its own conditions and its own instants, so that it stays true
when it is quoted alone. Where the text is silent, the sentence says that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from tocsin.guarantees.promises import ACCUSED, Occasion, Promise
from tocsin.model import GuaranteeState, Step, utc_text

__all__ = ["said_of", "why"]

S = GuaranteeState


def why(
    promise: Promise,
    about: Occasion,
    state: GuaranteeState,
    anchors: Mapping[str, datetime],
    steps: tuple[Step, ...],
) -> str:
    """The state in one or two sentences, with its conditions inside."""
    return " ".join(_why(promise, about, state, anchors, steps))


def _why(
    promise: Promise,
    about: Occasion,
    state: GuaranteeState,
    anchors: Mapping[str, datetime],
    steps: tuple[Step, ...],
) -> Iterator[str]:
    breach = _breach(about)
    match state:
        case S.DORMANT:
            yield _asleep(promise)
        case S.CONDITION_ALLEGED:
            yield f"{breach} is alleged since {_at(anchors, 'alleged')}, not found."
            yield "No clock of the guarantors runs before it is found."
        case S.CONDITION_FOUND:
            yield f"{breach} is found since {_at(anchors, 'found', 'woken')}."
            yield _next(steps)
        case S.CONSULTATION_CALLED:
            yield f"{breach} is found, and those who must consult have met."
            yield _after_consultation(promise, steps)
        case S.DECISION_PENDING:
            yield f"{breach} is found, and the decision is open."
            yield _next(steps)
        case S.ACTIVATED:
            yield _activated(promise, about, anchors)
        case S.SUSPENDED:
            yield _suspended(promise, anchors, steps)
        case S.DECLINED:
            yield _declined(breach, anchors)
        case S.LAPSED:
            yield _lapsed(breach, anchors, steps)
        case S.TERMINATED:
            yield f"The text no longer binds since {_at(anchors, 'ended')}."


def said_of(
    promise: Promise,
    about: Occasion,
    entered: GuaranteeState | None,
    steps: tuple[Step, ...],
    what: str,
    step: Step | None,
) -> tuple[str, tuple[str, ...]]:
    """The sentence of a notice and to whom it goes; ("", ()) where nobody need know."""
    if step is not None and step.missed and what != "done":
        return _missed(promise, about, entered, step), _first(step.owed_by, steps)
    if entered is not None:
        return _entered(promise, about, entered, steps), _concerned(about, steps)
    if step is not None and what == "done":
        late = ", too late" if step.missed else ""
        sentence = f"{promise.clause}: {_who(step)} did {step.what}{late}"
        return f"{sentence} ({_about(about)}).", step.owed_by
    return "", ()


# --- why -----------------------------------------------------------------------------


def _asleep(promise: Promise) -> str:
    if promise.findings:
        names = " or ".join(_plain(name) for name in promise.findings)
        return f"Nothing has woken it: no {names} is alleged or found."
    if promise.gates:
        return "Not open: not all that it needs is on record."
    if promise.woken_by:
        return f"Nothing has woken it: it follows {' or '.join(promise.woken_by)}."
    return "Nothing has woken it."


def _next(steps: tuple[Step, ...]) -> str:
    """The first step that is still owed, or the gates that are not open."""
    owed = [step for step in steps if step.owed_by and step.done_at is None]
    for step in owed:
        if step.due is not None and not step.missed:
            return f"Due: {step.what}, from {_who(step)}, by {utc_text(step.due)}."
    late = [step for step in owed if step.missed]
    if late:
        return f"Overdue: {late[0].what}, from {_who(late[0])}."
    shut = [s.what for s in steps if s.what.endswith((": unknown", ": closed"))]
    if shut:
        return f"Not open: {'; '.join(shut)}."
    return "The text sets no deadline for what comes next." if owed else ""


def _after_consultation(promise: Promise, steps: tuple[Step, ...]) -> str:
    if promise.consults_only:
        return "The text asks for no more than talking."
    return _next(steps)


def _activated(
    promise: Promise, about: Occasion, anchors: Mapping[str, datetime]
) -> str:
    if promise.steps_of("power"):
        words = promise.lapses_in_words
        until = f" It lapses {words}." if words else " The text sets no end to it."
        return f"All that it needs is on record: it may be used.{until}"
    if "adopted" in anchors:
        return f"Adopted at {_at(anchors, 'adopted')}: what was promised is owed."
    since = _at(anchors, "woken", "found")
    return f"{_breach(about)}: called for at {since}, without anybody's decision."


def _suspended(
    promise: Promise, anchors: Mapping[str, datetime], steps: tuple[Step, ...]
) -> str:
    if promise.steps_of("power"):
        return f"It was open and no longer is. {_next(steps)}"
    return f"Suspended at {_at(anchors, 'suspended')}, as the text allows."


def _declined(breach: str, anchors: Mapping[str, datetime]) -> str:
    if "found" not in anchors and "not_found" in anchors:
        when = _at(anchors, "not_found")
        return (
            f"{breach} was alleged, and at {when} it was decided that it is not found."
        )
    return f"The decision was against it at {_at(anchors, 'rejected')}."


def _lapsed(
    breach: str, anchors: Mapping[str, datetime], steps: tuple[Step, ...]
) -> str:
    if "found" not in anchors and "alleged" in anchors and "woken" not in anchors:
        return f"{breach} was alleged and not attributed in time. {_follows(steps)}"
    if any(step.missed for step in steps if step.what.startswith("adopt ")):
        return f"No decision was taken in time. {_follows(steps)}"
    return f"Its time ran out. {_follows(steps)}"


def _follows(steps: tuple[Step, ...]) -> str:
    missed = [step for step in steps if step.missed and step.otherwise]
    if missed:
        return f"The text says what follows: {missed[-1].otherwise}."
    return "The text says nothing of what follows."


# --- notices -------------------------------------------------------------------------

ENTERED: Final = {
    S.CONDITION_ALLEGED: "is alleged; it remains to be attributed",
    S.CONDITION_FOUND: "is found",
    S.CONSULTATION_CALLED: "is found, and the consultation has been held",
    S.DECISION_PENDING: "is found, and a decision is due",
    S.ACTIVATED: "is found, and the promise is activated",
    S.DECLINED: "was dealt with: the promise is declined",
    S.LAPSED: "was dealt with: the promise has lapsed",
    S.SUSPENDED: "is found; the promise is suspended",
    S.TERMINATED: "is left open: the text no longer binds",
}


def _entered(
    promise: Promise, about: Occasion, entered: GuaranteeState, steps: tuple[Step, ...]
) -> str:
    if about.party is None and about.finding is None:
        state = entered.value.replace("_", " ")
        return f"{promise.clause} ({promise.title}): {state}. {_next(steps)}".strip()
    sentence = f"{promise.clause}: {_breach(about)} {ENTERED[entered]}."
    if entered in {S.CONDITION_FOUND, S.CONSULTATION_CALLED, S.DECISION_PENDING}:
        sentence = f"{sentence} {_after_consultation(promise, steps)}"
    elif entered == S.LAPSED:
        sentence = f"{sentence} {_follows(steps)}"
    return sentence.strip()


def _missed(
    promise: Promise, about: Occasion, entered: GuaranteeState | None, step: Step
) -> str:
    assert step.due is not None
    sentence = (
        f"{promise.clause}: {_who(step)} did not {step.what} by"
        f" {utc_text(step.due)} ({_about(about)})."
    )
    if step.otherwise:
        return f"{sentence} What follows: {step.otherwise}."
    lapsed = " It has lapsed." if entered == S.LAPSED else ""
    return f"{sentence}{lapsed} The text says nothing of what follows."


def _first(names: tuple[str, ...], steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Those who missed it, then everybody else who owes something."""
    return tuple(dict.fromkeys((*names, *_owed(steps))))


def _owed(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for step in steps for name in step.owed_by))


def _concerned(about: Occasion, steps: tuple[Step, ...]) -> tuple[str, ...]:
    party = (about.party,) if about.party else ()
    return tuple(dict.fromkeys((*_owed(steps), *party)))


# --- words ---------------------------------------------------------------------------


def _breach(about: Occasion) -> str:
    what = _plain(about.finding) if about.finding else "what wakes it"
    return f"{what[0].upper()}{what[1:]} {_about(about)}".strip()


def _about(about: Occasion) -> str:
    by = f"by {about.party}" if about.party else "by an undetermined party"
    return f"{by} in {about.sector}" if about.sector else by


def _who(step: Step) -> str:
    names = [n for n in step.owed_by if n != ACCUSED]
    return " and ".join(names) or "nobody that the text names"


def _at(anchors: Mapping[str, datetime], *names: str) -> str:
    for name in names:
        if name in anchors:
            return utc_text(anchors[name])
    return "a time not on record"


def _plain(name: str) -> str:
    return name.replace("_", " ")
