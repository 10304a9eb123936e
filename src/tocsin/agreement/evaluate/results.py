"""What an evaluation gives beside its verdicts: episodes, decisions, duties, effects.

The rooms above build on these records: guarantees take their clocks from
:class:`Episode` (``alleged_at``, ``found_at``), from :class:`Decision` and from
:class:`Duty`; findings quote the witness. All of them are plain values, recomputed from
the facts at every evaluation; nothing here is kept or updated in place.

How they hang together: an episode of a finding opens (``alleged_at``), is attributed
(``found_at``) and wakes every clause that says ``upon found``. Each waking gives one
duty per body and clause (to meet, to act) and one decision per ``decide``. A decision
that is not adopted passes on to ``otherwise``; an effect falls due on its own clock.

>>> episode_id("serious_violation", "Northland", None, "2025-03-05T00:00:00Z")
'serious_violation/Northland/*/2025-03-05T00:00:00Z'
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pyarrow as pa
from msgspec import Meta

from tocsin.model.records import Instant, Issue, Probability, Record, Witness

__all__ = [
    "Attribution",
    "Decision",
    "DecisionOutcome",
    "Duty",
    "DutyState",
    "Effect",
    "EffectState",
    "Episode",
    "Evaluation",
    "Open",
    "PowerState",
    "PowerUse",
    "episode_id",
]

Attribution = Literal["not_needed", "adopted", "rejected", "lapsed", "pending"]
DecisionOutcome = Literal["adopted", "rejected", "lapsed", "pending", "consulted"]
DutyState = Literal["met", "breached", "pending", "excused", "undetermined"]
EffectState = Literal["pending", "in_effect", "suspended", "refused", "ended"]
PowerState = Literal["shut", "open", "lapsed", "ended"]


class Episode(Record, frozen=True, kw_only=True):
    """A stretch of time in which a finding's condition holds for one party and sector.

    Attributes:
        episode_id: name, party, sector and ``alleged_at``, so the same in every run.
        clause: the clause that defines the finding, e.g. ``Article 5(1)``.
        name: the finding, e.g. ``serious_violation``.
        party: the party concerned, or None where the finding names none.
        sector: None where the finding does not distinguish sectors.
        subject: None where the finding does not distinguish subjects.
        alleged_at: when the condition became true: the episode opens.
        found_at: when it was attributed; equal to ``alleged_at`` where the clause asks
            for no attribution; None: not found (yet, or not in time).
        attribution: how the attribution stands.
        attribution_due: until when it may be attributed, or None: no such clock.
        closed_at: when the condition became false, or None: still true at the end.
        p: probability of the condition at ``alleged_at``.
        p_ever: probability that the condition held at some instant of the episode.
        certain: True where it holds in every reading of the facts.
        method: exact, bounded or sampled.
        otherwise: the clause that follows where it is not attributed in time, or "".
        witness: the facts, the window and the number it rests on.
        ranges: the same facts as half-open ranges into FACTS in time order.
    """

    episode_id: str
    clause: str
    name: str
    party: str | None
    sector: str | None = None
    subject: str | None = None
    alleged_at: Instant
    found_at: Instant | None
    attribution: Attribution = "not_needed"
    attribution_due: Instant | None = None
    closed_at: Instant | None = None
    p: Probability
    p_ever: Probability | None = None
    certain: bool = False
    method: Literal["exact", "bounded", "sampled"] = "exact"
    otherwise: str = ""
    witness: Witness = Witness()
    ranges: tuple[tuple[int, int], ...] = ()


class Decision(Record, frozen=True, kw_only=True):
    """One decision that one episode calls for.

    Attributes:
        clause: the clause with the ``decide`` (or ``attributed by``) line.
        name: as the clause names it, e.g. ``Response``.
        body: who decides.
        episode: id of the episode that calls for it, or None.
        party: the party about whom it is.
        opened_at: since when ballots count.
        proposal_at: when it was proposed, or None: not proposed (silence does not run).
        outcome: adopted, rejected, lapsed, pending; consulted where it is consultation
            only.
        decided_at: when the outcome was reached; None while pending.
        due: until when it may be decided, or None: no deadline.
        otherwise: what follows where it is not adopted, as the clause says, or "".
        yes, no, abstain: members by explicit ballot; silent: members without one.
        can_block: who alone can still prevent adoption.
        smallest_block: a smallest set of members who together can still prevent it.
        would_suffice: a smallest set of members whose yes would adopt it now.
    """

    clause: str
    name: str
    body: str
    episode: str | None
    party: str | None
    opened_at: Instant
    proposal_at: Instant | None
    outcome: DecisionOutcome
    decided_at: Instant | None
    due: Instant | None
    otherwise: str = ""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    abstain: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    can_block: tuple[str, ...] = ()
    smallest_block: tuple[str, ...] = ()
    would_suffice: tuple[str, ...] = ()


class Duty(Record, frozen=True, kw_only=True):
    """One obligation that an episode, a breach or the article itself called for.

    What single deeds call for (an accepted inspection, a convoy) stands in the verdicts
    alone: there may be a million of them.

    Attributes:
        clause: the clause that obliges.
        holder: who must act.
        act: what must be done, as declared (``meet``).
        episode: id of the episode that called for it, or None: another event did.
        party: the party about whom it is, where that is not the holder; else None.
        arose_at: when it was called for.
        due: the last instant in time, or None: no deadline.
        done_at: when it was done, or None: not done by the end of the question.
        state: met, breached (late or not done), pending, excused or undetermined.
        failing_that: the clause that follows a breach, or "".
    """

    clause: str
    holder: str
    act: str
    episode: str | None
    party: str | None = None
    sector: str | None = None
    subject: str | None = None
    arose_at: Instant
    due: Instant | None
    done_at: Instant | None = None
    state: DutyState = "pending"
    failing_that: str = ""


class Effect(Record, frozen=True, kw_only=True):
    """A measure that follows without a decision, or the entry of a power into being.

    Attributes:
        clause: the clause with the ``effect`` line.
        effect: as the clause names it, e.g. ``snapback``.
        on: the party concerned.
        because: ids of what woke it (episodes, or clause of a lapsed decision).
        arose_at: when it was called for.
        due: by when it takes effect, or None: at once.
        suspended_at: when it was suspended, or None.
        stopped_at: when something stopped it before it took effect, or None.
        ended_at: when it lapsed or a condition ended it, or None.
        state: pending (before ``due``), in_effect, suspended, refused (stopped before
            it took effect) or ended.
    """

    clause: str
    effect: str
    on: str | None
    because: tuple[str, ...]
    arose_at: Instant
    due: Instant | None
    suspended_at: Instant | None = None
    stopped_at: Instant | None = None
    ended_at: Instant | None = None
    state: EffectState = "pending"


class Open(Record, frozen=True, kw_only=True):
    """From when to before when something holds; ``to`` None: at the end still."""

    since: Instant
    to: Instant | None = None


class PowerUse(Record, frozen=True, kw_only=True):
    """A power on one occasion: whether it can be used, and since when.

    Attributes:
        clause: the clause that gives it.
        holder: who may use it.
        act: what may be brought about, as declared (``deploy``).
        thing: object of the act, or None.
        episode: id of the episode behind the occasion, or None.
        party: about whom it is, or None.
        arose_at: when its occasion came: its trigger, the decision that it needs, or
            the article's entry into force.
        open: when it could be used.
        needs: for each condition that it needs, in the order of the text, when that
            held.
        lapses_at: when it lapses, or None: at no instant that is known.
        used_at: when its holder first used it while it was open, or None.
        state: shut (something is missing), open, lapsed, or ended by a condition or
            with its article.
    """

    clause: str
    holder: str
    act: str
    thing: str | None = None
    episode: str | None = None
    party: str | None = None
    sector: str | None = None
    arose_at: Instant
    open: tuple[Open, ...] = ()
    needs: tuple[tuple[Open, ...], ...] = ()
    lapses_at: Instant | None = None
    used_at: Instant | None = None
    state: PowerState = "shut"


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one evaluation says, in canonical order.

    Attributes:
        verdicts: the table :data:`tocsin.model.VERDICTS`.
        episodes: by clause, party, sector, ``alleged_at``.
        decisions: by clause, ``opened_at``, party.
        duties: by clause, ``arose_at``, holder; duties of parties and of bodies.
        effects: by clause, ``arose_at``, party.
        powers: by clause, ``arose_at``, holder.
        issues: what is not evaluated, and other faults of the input.
        worlds: how many worlds were drawn for sampled probabilities, 0: none needed.
    """

    verdicts: pa.Table
    episodes: tuple[Episode, ...] = ()
    decisions: tuple[Decision, ...] = ()
    duties: tuple[Duty, ...] = ()
    effects: tuple[Effect, ...] = ()
    powers: tuple[PowerUse, ...] = ()
    issues: tuple[Issue, ...] = ()
    worlds: Annotated[int, Meta(ge=0)] = 0


def episode_id(name: str, party: str | None, sector: str | None, alleged: str) -> str:
    """The id of an episode; ``*`` stands for what the finding does not distinguish."""
    return "/".join((name, party or "*", sector or "*", alleged))
