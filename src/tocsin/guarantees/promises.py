"""What a promise is: its steps, clocks, gates, and what it is about this time.

Values only. :mod:`tocsin.guarantees.reader` reads them off the text of an agreement,
:mod:`tocsin.guarantees.engine` runs them.
"""

from __future__ import annotations

from typing import Final, Literal

from tocsin.model import Record, TriggerMode

__all__ = ["ACCUSED", "Asked", "Gate", "Kind", "Occasion", "Promise"]

ACCUSED: Final = "party"
"""The variable that stands for whoever the finding names."""

Kind = Literal["attribute", "consult", "act", "decide", "effect", "gate", "power"]


class Asked(Record, frozen=True, kw_only=True):
    """One step that the text asks for, before anything has happened.

    Attributes:
        kind: attribute (a finding), consult, act, decide, effect, gate, or power.
        what: in words ("meet", "adopt Response").
        name: the act, decision, effect or finding by its name in the rules; a duty of
            each has the bearer's name behind it.
        act: the act of a duty or power as the agreement declares it, or "".
        thing: object of the act, or "".
        clause: the clause that asks for it.
        owed_by: from whom; ``party`` stands for whoever the finding names.
        after_s: seconds in which it is due, or None: no deadline, or one that only
            the evaluation can count (calendar months, an instant).
        runs_from: what starts its clock: alleged, found, woken, proposal, adopted.
        in_words: the deadline as the text has it, or "" where it sets none.
        blockers: who alone can stop it as long as nobody has acted.
        otherwise: what follows if nobody acts, or "": the text is silent.
    """

    kind: Kind
    what: str
    name: str
    clause: str
    act: str = ""
    thing: str = ""
    owed_by: tuple[str, ...] = ()
    after_s: int | None = None
    runs_from: str = "found"
    in_words: str = ""
    blockers: tuple[str, ...] = ()
    otherwise: str = ""


class Gate(Record, frozen=True, kw_only=True):
    """What must hold before a power can be used.

    Attributes:
        kind: in_force (an article binds), adopted (a decision), act (of somebody), or
            other (any other condition, such as one with `or`: the evaluation says when
            it held).
        words: as the text says it.
        name: the article, decision or act.
        by: who must act; one gate for each of them.
        of_each: True where the text asks it of each of a kind.
        part: which of the conditions of ``needs`` it belongs to, from 0.
    """

    kind: Literal["in_force", "adopted", "act", "other"]
    words: str
    name: str
    by: str = ""
    of_each: bool = False
    part: int = 0


class Occasion(Record, frozen=True, kw_only=True):
    """What a promise is about this time; all None: it sleeps, or is about nobody.

    Attributes:
        party: whose breach it is.
        finding: the finding by name.
        episode: id of the episode, or None: no episode woke it.
        because: what else woke it: clauses, or ids of several episodes.
    """

    party: str | None = None
    sector: str | None = None
    finding: str | None = None
    episode: str | None = None
    because: tuple[str, ...] = ()


class Promise(Record, frozen=True, kw_only=True):
    """What one article promises.

    Attributes:
        mode: what it takes for it to act; derived from the text.
        findings: findings that wake it by name.
        woken_by: clauses whose lapsed, rejected or adopted decision wakes it.
        attributions: how each of these findings comes to be found.
        steps: in the order of the text.
        gates: of a power; () for everything else.
        upstream: clause whose decision a gate of the power needs, or "".
        lapses_s: seconds after which a power or measure ends, or None: it does not, or
            the text counts in calendar months.
        lapses_in_words: the same as the text has it.
    """

    clause: str
    title: str
    mode: TriggerMode
    findings: tuple[str, ...] = ()
    woken_by: tuple[str, ...] = ()
    attributions: tuple[Asked, ...] = ()
    steps: tuple[Asked, ...] = ()
    gates: tuple[Gate, ...] = ()
    upstream: str = ""
    lapses_s: int | None = None
    lapses_in_words: str = ""

    def steps_of(self, *kinds: Kind) -> tuple[Asked, ...]:
        """The steps of these kinds, in the order of the text."""
        return tuple(step for step in self.steps if step.kind in kinds)

    @property
    def consults_only(self) -> bool:
        """True where nothing follows from talking."""
        return bool(self.steps) and all(s.kind == "consult" for s in self.steps)
