"""The nouns of Tocsin, in the order in which the work happens. Read this first.

All records are frozen and keyword-only. ``None`` means *unknown*, never zero and
never "no". A change is a new version; nothing is updated in place. Records enter
through :func:`tocsin.model.identity.decode` (which validates) and get their content
id from canonical bytes, never from a hand-built object.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from tocsin.model.vocabulary import (
    GuaranteeState,
    Marking,
    Origin,
    TriggerMode,
    Verdict,
)

__all__ = [
    "Finding",
    "Guarantee",
    "Instant",
    "Issue",
    "Notice",
    "Outcome",
    "Probability",
    "Record",
    "Share",
    "Step",
    "Where",
    "Witness",
]

Instant = Annotated[
    datetime,
    Meta(tz=True, description="an instant, UTC, RFC 3339"),
]
Probability = Annotated[float, Meta(ge=0.0, le=1.0, description="probability, 0 to 1")]
Share = Annotated[float, Meta(ge=0.0, le=1.0, description="share of a whole, 0 to 1")]
Records = TypeVar("Records")


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every record: frozen, keyword-only, unknown fields refused."""


class Where(Record, frozen=True, kw_only=True):
    """A place in an input that a person can open.

    Attributes:
        file: the file as the user named it.
        line: line in a text, or row of a table, counted from 1; None for the whole.
        column: column in a text counted from 1, or None.
        field: name of a table's column, or None.
    """

    file: str
    line: int | None = None
    column: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
        if self.column is not None:
            parts.append(str(self.column))
        place = ":".join(parts)
        return f"{place} ({self.field})" if self.field else place


class Issue(Record, frozen=True, kw_only=True):
    """A fault of the world: what is wrong, where, and how to repair it.

    Attributes:
        code: a key of :data:`tocsin.model.codes.CODES`.
        where: the place that a person opens to see it.
        message: one sentence that shows the offending words or value.
        repair: what would mend it, or "" where nobody can.
        also: further places that belong to the same fault (the other of two
            contradicting clauses or rows).
        evidence: ids of the observations or facts concerned.
        refuses_row: True where this issue stands in place of an input row, so that
            rows read = observations + issues that refuse a row.
        warning: True where the input is still usable.
    """

    code: str
    where: Where
    message: str
    repair: str = ""
    also: tuple[Where, ...] = ()
    evidence: tuple[str, ...] = ()
    refuses_row: bool = False
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning" if self.warning else "error"
        lines = [f"{self.where}: {kind} [{self.code}] {self.message}"]
        lines += [f"    see also {place}" for place in self.also]
        if self.repair:
            lines.append(f"    repair: {self.repair}")
        return "\n".join(lines)


class Outcome(msgspec.Struct, Generic[Records], frozen=True, kw_only=True):
    """What every stage returns: the records it made and the issues it met."""

    records: Records
    issues: tuple[Issue, ...] = ()


class Witness(Record, frozen=True, kw_only=True):
    """What a verdict rests on, small enough to check by hand.

    Attributes:
        facts: ids of the facts, the earliest of each independent root first.
        window_start: start of the window looked at, or None for a single instant.
        window_end: end of that window (closed at both ends).
        number: the number that was compared (a count, a share), or None.
        missing: the act that is missing, in words, or "".
        coverage_share: share of the window that somebody watched, or None: unknown.
    """

    facts: tuple[str, ...] = ()
    window_start: Instant | None = None
    window_end: Instant | None = None
    number: float | None = None
    missing: str = ""
    coverage_share: Share | None = None


class Finding(Record, frozen=True, kw_only=True):
    """What one clause says of one party in one sector over a time.

    Attributes:
        finding_id: content id.
        clause: as the agreement numbers it, e.g. ``Article 1(1)``.
        party: the party named, or None: undetermined.
        sector: None where the clause does not distinguish sectors.
        verdict: met, breached, pending, excused or undetermined.
        t_start: when this verdict begins to hold.
        t_end: when it ceases to, or None: it still holds at the end of the question.
        due: for pending, the instant at which it falls due.
        p_breached: probability of breach at ``t_start``.
        sentence: the finding in plain language, with its conditions inside.
        settles: for undetermined, what would settle it; else "".
        witness: what it rests on.
        control: publisher of the control layer it rests on, or None for none.
        without_control: verdict without that layer, or None where none was used.
    """

    finding_id: str
    origin: Origin
    clause: str
    party: str | None
    sector: str | None
    subject: str | None = None
    verdict: Verdict
    t_start: Instant
    t_end: Instant | None
    due: Instant | None = None
    p_breached: Probability | None
    probability_ever: Probability | None = None
    sentence: str
    settles: str = ""
    witness: Witness
    control: str | None = None
    without_control: Verdict | None = None
    known_at: Instant | None = None
    revision: Annotated[int, Meta(ge=1)] = 1
    supersedes: str | None = None


class Step(Record, frozen=True, kw_only=True):
    """One step that a guarantee waits for: what, from whom, by when, who can block.

    Attributes:
        what: the act that is due, in words ("meet", "adopt Response").
        clause: the clause that asks for it.
        owed_by: body or state from which it is due.
        due: instant by which it is due, or None: the text sets no deadline.
        blockers: who alone can stop it; empty where nobody can.
        otherwise: what happens if nobody acts, in words; "" where the text is silent.
        done_at: when it was done, or None: not done, or not known.
        missed: True where ``due`` has passed without the act.
    """

    what: str
    clause: str
    owed_by: tuple[str, ...]
    due: Instant | None
    blockers: tuple[str, ...] = ()
    otherwise: str = ""
    done_at: Instant | None = None
    missed: bool = False


class Guarantee(Record, frozen=True, kw_only=True):
    """A promise and how far it has come.

    Attributes:
        guarantee_id: content id of this version.
        clause: the clause that holds the promise.
        title: as the agreement names it.
        party: the party whose breach woke it, or None where it sleeps.
        mode: automatic, by_decision, by_consensus or by_request.
        state: one of the ten states of a guarantee.
        since: when it entered this state.
        episode: content id of the found episode that woke it, or None.
        steps: what is due next, in order.
        why: the state in one sentence, with its conditions inside.
    """

    guarantee_id: str
    origin: Origin
    clause: str
    title: str
    party: str | None
    sector: str | None = None
    mode: TriggerMode
    state: GuaranteeState
    since: Instant | None
    episode: str | None = None
    steps: tuple[Step, ...] = ()
    why: str
    version: Annotated[int, Meta(ge=1)] = 1
    supersedes: str | None = None


class Notice(Record, frozen=True, kw_only=True):
    """Something somebody must be told: a step fell due, was missed, or was done."""

    notice_id: str
    origin: Origin
    at: Instant
    clause: str
    to: tuple[str, ...]
    sentence: str
    marking: Marking = Marking.AMBER
