"""What a duty officer reads: why a promise stands where it stands, and the notices.

Every sentence carries its own conditions and its own instants, so that it stays true
when it is quoted alone. Where the text is silent, the sentence says that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from tocsin.guarantees.promises import Occasion, Promise
from tocsin.model import GuaranteeState, Record, Step, utc_text

__all__ = ["Telling", "said_of", "why"]

S = GuaranteeState


class Telling(Record, frozen=True, kw_only=True):
    """All that a sentence about a promise can draw on.

    Attributes:
        at: first instant of each kind of event.
        steps: as they stand now.
    """

    promise: Promise
    about: Occasion
    state: GuaranteeState
    at: Mapping[str, datetime]
    steps: tuple[Step, ...]

    def when(self, *kinds: str) -> str:
        """The instant of the first of these kinds that happened, in words."""
        known = [self.at[kind] for kind in kinds if kind in self.at]
        return utc_text(known[0]) if known else "a time not on record"


def why(told: Telling) -> str:
    """The state in one or a few sentences, with its conditions inside."""
    return " ".join(sentence for sentence in _why(told) if sentence)


def said_of(
    told: Telling, *, entered: bool, what: str, step: Step | None
) -> tuple[str, tuple[str, ...]]:
    """The sentence of a notice and to whom it goes; ("", ()) where nobody need know.

    Args:
        told: how the promise stands now.
        entered: True where it entered this state just now.
        what: the event, or "" where a clock ran out.
        step: the step that it concerns, or None.
    """
    head = f"{told.promise.clause} ({told.promise.title})"
    if step is not None and step.missed and what != "done":
        to = (*step.owed_by, *_owed(told.steps))
        return f"{head}: {_missed(told, step)}", tuple(dict.fromkeys(to))
    if entered:
        return f"{head}: {_entered(told)}", _concerned(told)
    if step is not None and what == "done":
        late = ", too late" if step.missed else ""
        done = utc_text(step.done_at) if step.done_at else ""
        sentence = f"{_who(step)} took the step `{step.what}` at {done}{late}"
        return f"{head}: {sentence} ({_matter(told.about)}).", step.owed_by
    return "", ()


# --- why -----------------------------------------------------------------------------


def _why(told: Telling) -> Iterator[str]:
    matter = _capital(_matter(told.about))
    match told.state:
        case S.DORMANT:
            yield _asleep(told.promise)
        case S.CONDITION_ALLEGED:
            yield f"{matter} is alleged since {told.when('alleged')}, not found."
            yield _next(told.steps)
            yield "No clock of the guarantors runs before it is found."
        case S.CONDITION_FOUND:
            yield f"{matter} is found since {told.when('found', 'woken')}."
            yield _next(told.steps)
        case S.CONSULTATION_CALLED:
            late = ", too late" if _talked_late(told) else ""
            yield f"{matter} is found, and those who must consult have met{late}."
            yield _after_consultation(told)
        case S.DECISION_PENDING:
            yield f"{matter} is found, and the decision is open."
            yield _next(told.steps)
        case S.ACTIVATED:
            yield from _activated(told)
        case S.SUSPENDED:
            yield _suspended(told)
        case S.DECLINED:
            yield _declined(told)
        case S.LAPSED:
            yield _lapsed(told)
        case S.TERMINATED:
            yield f"The text no longer binds since {told.when('ended')}."


def _asleep(promise: Promise) -> str:
    would = [
        f"{asked.what}, {asked.in_words or 'without a deadline in the text'}"
        for asked in promise.steps_of("consult", "act", "decide", "effect")
    ]
    then = f" Would then be due: {'; '.join(would)}." if would else ""
    if promise.findings:
        names = " or ".join(_plain(name) for name in promise.findings)
        return f"Nothing has woken it: no {names} is alleged or found.{then}"
    if promise.gates:
        return "Not open: not all that it needs is on record."
    causes = f": it follows {' or '.join(promise.woken_by)}" if promise.woken_by else ""
    return f"Nothing has woken it{causes}.{then}"


def _next(steps: tuple[Step, ...]) -> str:
    """What is still owed with a clock, what is overdue, which gates are not open."""
    owed = [s for s in steps if s.owed_by and s.done_at is None]
    due = [
        f"{s.what}, from {_who(s)}, by {utc_text(s.due)}"
        for s in owed
        if s.due is not None and not s.missed
    ]
    late = [f"{s.what}, from {_who(s)}" for s in owed if s.missed]
    shut = [s.what for s in steps if s.what.endswith((": unknown", ": closed"))]
    parts = [
        f"{head}: {'; '.join(names)}."
        for head, names in (("Due", due), ("Overdue", late), ("Not open", shut))
        if names
    ]
    if not parts and owed:
        return "The text sets no deadline for what comes next."
    return " ".join(parts)


def _talked_late(told: Telling) -> bool:
    talks = {asked.what for asked in told.promise.steps_of("consult")}
    return any(s.missed and s.done_at for s in told.steps if s.what in talks)


def _after_consultation(told: Telling) -> str:
    if told.promise.consults_only:
        return "The text asks for no more than talking."
    return _next(told.steps)


def _activated(told: Telling) -> Iterator[str]:
    if told.promise.steps_of("power"):
        words = told.promise.lapses_in_words
        yield "All that it needs is on record: it may be used."
        yield f"It lapses {words}." if words else "The text sets no end to it."
    elif "adopted" in told.at:
        yield f"Adopted at {told.when('adopted')}: what was promised is owed."
    else:
        since, matter = told.when("woken", "found"), _matter(told.about)
        yield f"Called for at {since} without anybody's decision, after {matter}."
        yield _taking_effect(told)
        yield _next(told.steps)


def _taking_effect(told: Telling) -> str:
    names = {asked.what for asked in told.promise.steps_of("effect")}
    for step in told.steps:
        if step.what in names and step.done_at is not None:
            return f"In effect since {utc_text(step.done_at)}: {step.what}."
        if step.what in names and step.due is not None:
            stop = " and ".join(step.blockers)
            until = f"; until then {stop} can suspend it" if stop else ""
            return f"To take effect by {utc_text(step.due)}: {step.what}{until}."
    return ""


def _suspended(told: Telling) -> str:
    if told.promise.steps_of("power"):
        return f"It was open and no longer is. {_next(told.steps)}"
    return f"Suspended at {told.when('suspended')}, as the text allows."


def _declined(told: Telling) -> str:
    if "not_found" in told.at:
        matter = _capital(_matter(told.about))
        decided = told.when("not_found")
        return (
            f"{matter} was alleged; at {decided} it was decided that it is not found."
        )
    return f"The decision was against it at {told.when('rejected')}."


def _lapsed(told: Telling) -> str:
    matter = _capital(_matter(told.about))
    if "alleged" in told.at and not {"found", "woken"} & set(told.at):
        return f"{matter} was alleged and not attributed in time. {_follows(told)}"
    if told.promise.steps_of("power"):
        if "lapsed" in told.at:
            return f"The decision that it needs lapsed at {told.when('lapsed')}."
        return f"It lapsed {told.promise.lapses_in_words}."
    return f"No decision was taken in time on {_matter(told.about)}. {_follows(told)}"


def _follows(told: Telling) -> str:
    missed = [step for step in told.steps if step.missed and step.otherwise]
    if missed:
        return f"The text says what follows: {missed[-1].otherwise}."
    return "The text says nothing of what follows."


# --- notices -------------------------------------------------------------------------


def _entered(told: Telling) -> str:
    matter = _matter(told.about)
    match told.state:
        case S.CONDITION_ALLEGED:
            return f"{matter} is alleged. {_next(told.steps)}".strip()
        case S.CONDITION_FOUND:
            return f"{matter} is found. {_next(told.steps)}".strip()
        case S.CONSULTATION_CALLED:
            late = ", too late" if _talked_late(told) else ""
            held = f"the consultation on {matter} has been held{late}."
            return f"{held} {_after_consultation(told)}".strip()
        case S.DECISION_PENDING:
            return f"a decision on {matter} is open. {_next(told.steps)}".strip()
    return f"{told.state.value}, on {matter}. {why(told)}"


def _missed(told: Telling, step: Step) -> str:
    by = f"by {utc_text(step.due)}" if step.due else "in time (no instant on record)"
    sentence = f"{_who(step)} did not {step.what} {by} ({_matter(told.about)})."
    if step.otherwise:
        return f"{sentence} The text says what follows: {step.otherwise}."
    return f"{sentence} The text says nothing of what follows."


def _owed(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for step in steps for name in step.owed_by))


def _concerned(told: Telling) -> tuple[str, ...]:
    party = (told.about.party,) if told.about.party else ()
    return tuple(dict.fromkeys((*_owed(told.steps), *party)))


# --- words ---------------------------------------------------------------------------


def _matter(about: Occasion) -> str:
    """What it is about: "serious violation by Northland in Alvenor"."""
    in_ = f" in {about.sector}" if about.sector else ""
    by = f"by {about.party}" if about.party else "by an undetermined party"
    if about.finding and about.episode is None and len(about.because) > 1:
        return f"{len(about.because)} times {_plain(about.finding)} {by}{in_}"
    if about.finding:
        return f"{_plain(about.finding)} {by}{in_}"
    causes = " and ".join(about.because) or "a cause that is not on record"
    return f"{causes}, concerning {about.party or 'nobody in particular'}{in_}"


def _who(step: Step) -> str:
    return " and ".join(step.owed_by) or "nobody that the text names"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"
