"""How the guarantors answer a serious violation: ballots, meetings, mandates.

An answer belongs to the first true finding against a party in a sector and is played
relative to it, so that it fits whatever the chance made of the escalation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from tocsin.exercise.acts import Act
from tocsin.exercise.cast import Cast
from tocsin.exercise.parts import PartyNumber, SectorNumber
from tocsin.exercise.truth import SERIOUS, Breach
from tocsin.model import Record

__all__ = ["Answer", "Ballot", "answer_acts"]

After = Annotated[float, Meta(ge=0, description="hours after the step before")]


class Ballot(Record, frozen=True, kw_only=True):
    """One vote: a guarantor by its number, or the lead of the mechanism."""

    member: Annotated[int, Meta(ge=0)] | Literal["lead"]
    vote: Literal["yes", "no", "abstain"]
    after_h: After


class Answer(Record, frozen=True, kw_only=True):
    """What the guarantors do about a finding against a party in a sector.

    Attributes:
        attribution: ballots of the mechanism, after the finding is alleged. It is
            found with the last ballot that is needed, the ``needed``-th yes.
        meet_h: the coalition meets so long after it is found; None is never.
        propose_h: a response is proposed so long after it is found; None is never.
        ballots: on the response, after the proposal.
        consent_h: the southern party consents, after the proposal; None is never.
        mandates_h: each guarantor has its mandate, after the proposal; None is never.
        reply_h: the party replies, after it is found; None is silence.
    """

    party: PartyNumber
    sector: SectorNumber
    attribution: tuple[Ballot, ...] = ()
    needed: Annotated[int, Meta(ge=1)] = 2
    meet_h: After | None = None
    propose_h: After | None = None
    ballots: tuple[Ballot, ...] = ()
    consent_h: After | None = None
    mandates_h: After | None = None
    reply_h: After | None = None


def answer_acts(
    answer: Answer, breaches: Sequence[Breach], cast: Cast
) -> tuple[Act, ...]:
    """The acts on record of one answer; none where there was no finding."""
    party, sector = cast.parties[answer.party], cast.sectors[answer.sector]
    alleged = [
        row.t / 3600
        for row in breaches
        if (row.clause, row.party, row.sector) == (SERIOUS, party, sector)
    ]
    if not alleged:
        return ()
    votes = [
        Act(
            act="ballot",
            at_h=min(alleged) + ballot.after_h,
            party=_member(cast, ballot.member),
            target_party=party,
            sector=sector,
            subject=SERIOUS,
            vote=ballot.vote,
        )
        for ballot in answer.attribution
    ]
    yes = sorted(vote.at_h for vote in votes if vote.vote == "yes")
    if len(yes) < answer.needed:
        return tuple(votes)
    return (*votes, *_after_found(answer, cast, yes[answer.needed - 1]))


def _member(cast: Cast, member: int | str) -> str:
    return cast.lead if isinstance(member, str) else cast.guarantors[member]


def _after_found(answer: Answer, cast: Cast, found: float) -> list[Act]:
    party, sector = cast.parties[answer.party], cast.sectors[answer.sector]
    acts = []
    if answer.meet_h is not None:
        at = found + answer.meet_h
        acts.append(_about(cast.coalition, "meet", at, party, sector))
    if answer.reply_h is not None:
        acts.append(Act(act="reply", at_h=found + answer.reply_h, party=party))
    if answer.propose_h is not None:
        acts += _response(answer, cast, found + answer.propose_h)
    return acts


def _response(answer: Answer, cast: Cast, proposed: float) -> list[Act]:
    party, sector = cast.parties[answer.party], cast.sectors[answer.sector]
    proposer = cast.guarantors[0]
    acts = [_about(proposer, "proposal", proposed, party, sector, "Response")]
    for ballot in answer.ballots:
        at, who = proposed + ballot.after_h, _member(cast, ballot.member)
        acts.append(_about(who, "ballot", at, party, sector, "Response", ballot.vote))
    if answer.consent_h is not None:
        at = proposed + answer.consent_h
        acts.append(Act(act="consent", at_h=at, party=cast.parties[1], subject="Force"))
    if answer.mandates_h is not None:
        at = proposed + answer.mandates_h
        acts += [
            Act(act="mandate", at_h=at, party=state, subject="Force")
            for state in cast.guarantors
        ]
    return acts


def _about(
    who: str,
    act: str,
    at_h: float,
    party: str,
    sector: str,
    subject: str | None = None,
    vote: str | None = None,
) -> Act:
    return Act(
        act=act,
        at_h=at_h,
        party=who,
        target_party=party,
        sector=sector,
        subject=subject,
        vote=vote,
    )
