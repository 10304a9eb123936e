"""What calls for an obligation: a deed, a procedure, or the article itself.

In: an obligation and the facts. Out: its calls: whom it binds, since when, about which
sector and subject (rules O1 and O7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tocsin.agreement.evaluate.conditions import Bound
from tocsin.agreement.evaluate.force import EVER
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Stated
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.plan import Obligation, who_names
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Here

__all__ = [
    "Call",
    "bound_of",
    "breach_of",
    "gone_at",
    "here_of",
    "instances",
    "ready",
    "site_of",
]


class Call(msgspec.Struct, kw_only=True, frozen=True):
    """Something that calls for an obligation of somebody.

    Attributes:
        holder: who must act; None: not known.
        t: when it was called for.
        caller: the fact that called, or None: the article itself.
        chance: stretches of that fact's component in which it is true.
        about: the party about whom it is, where that is not the holder.
    """

    holder: str | None
    sector: str | None
    subject: str | None
    t: int
    caller: Fact | None = None
    chance: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    episode: str | None = None
    about: str | None = None


def instances(
    setting: Setting, obligation: Obligation, facts: Sequence[Fact], record: OnRecord
) -> Iterator[Call]:
    """The calls: one for each root, holder, sector and subject (rule O1)."""
    if obligation.called_by is None:
        calls = _standing(setting, obligation)
    else:
        calls = _by_deeds(setting, obligation, facts)
    for call in calls:
        yield from ready(setting, obligation, call, record)


def ready(
    setting: Setting, obligation: Obligation, call: Call, record: OnRecord
) -> Iterator[Call]:
    """The call from when all that it needs holds; none where something stops it."""
    if obligation.needs is not None:
        here = here_of(setting, obligation, call)
        at = record.first(obligation.needs, bound_of(call), call.t, here)
        call = msgspec.structs.replace(call, t=at)
    in_time = call.t < setting.question.until
    number = obligation.article.number
    binds = obligation.needs is None or setting.force.binds(number, call.t)
    if in_time and binds and gone_at(setting, obligation, call, record) > call.t:
        yield call


def gone_at(
    setting: Setting, obligation: Obligation, call: Call, record: OnRecord
) -> int:
    """From when something stops the duty (``unless``); EVER: nothing does."""
    if obligation.unless is None:
        return EVER
    here = here_of(setting, obligation, call)
    return record.first(obligation.unless.condition, bound_of(call), call.t, here)


def bound_of(call: Call) -> Bound:
    """What the variables of the obligation's conditions stand for."""
    party = call.holder if call.about is None else call.about
    held = {"party": party, "sector": call.sector, "site": call.subject}
    return {name: value for name, value in held.items() if value is not None}


def here_of(setting: Setting, obligation: Obligation, call: Call) -> Here:
    """The site of the obligation, and the names of its clause."""
    return Here(site_of(setting, call), frozenset({obligation.article.clause}))


def site_of(setting: Setting, call: Call) -> tuple[float, float] | None:
    """The place of the calling fact, else that of the site on the map."""
    caller = call.caller
    if caller is not None and caller.lon is not None and caller.lat is not None:
        return caller.lon, caller.lat
    area = setting.areas.named(call.subject) if call.subject else None
    if area is None or area.geometry is None:
        return None
    return area.geometry.centroid.x, area.geometry.centroid.y


# --- who calls -----------------------------------------------------------------------


def _by_deeds(
    setting: Setting, obligation: Obligation, facts: Sequence[Fact]
) -> Iterator[Call]:
    called, force = obligation.called_by, setting.force
    assert called is not None
    number = obligation.article.number
    held: dict[tuple[str | None, str | None, str | None, int], list[Fact]] = {}
    for fact in facts:
        in_time = fact.t < setting.question.until and force.binds(number, fact.t)
        if in_time and matches(fact, called, {}):
            for holder in _holders(setting, obligation, fact):
                key = (holder, *_bound_places(obligation, fact), fact.root)
                held.setdefault(key, []).append(fact)
    for (holder, sector, subject, _), group in held.items():
        yield Call(
            holder=holder,
            sector=sector,
            subject=subject,
            t=group[0].t,
            caller=group[0],
            chance=tuple((fact.lo, fact.hi) for fact in group),
            about=None,
        )


def _standing(setting: Setting, obligation: Obligation) -> Iterator[Call]:
    """Without a trigger the article itself calls, when it enters into force."""
    span = setting.force[obligation.article.number]
    start = span.start if abs(span.start) < EVER else setting.question.start
    if start < setting.question.until and span.start < EVER:
        for holder in _named_holders(setting, obligation):
            yield Call(holder=holder, sector=None, subject=None, t=start)


def _holders(
    setting: Setting, obligation: Obligation, fact: Fact
) -> Sequence[str | None]:
    who, called = obligation.who, obligation.called_by
    assert called is not None
    if who.quantifier is None and who.names == ("party",):
        if called.against_variable == "party":
            return (fact.target_party,)
        return (fact.party,)
    if who.quantifier is None and who.names == ("opponent",):
        return [p for p in setting.plan.agreement.party_names if p != fact.party]
    return _named_holders(setting, obligation)


def _named_holders(setting: Setting, obligation: Obligation) -> Sequence[str]:
    return who_names(setting.plan.agreement, obligation.who)


def _bound_places(obligation: Obligation, fact: Fact) -> tuple[str | None, str | None]:
    called = obligation.called_by
    assert called is not None
    sector = fact.sector if called.sector_variable else None
    subject = fact.subject if called.subject_variable else None
    return sector, subject


def breach_of(obligation: Obligation, call: Call, t: int) -> Stated:
    """That a duty that was called for is breached from ``t`` on."""
    return Stated(
        article=obligation.article.number,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        index=-1 if call.caller is None else call.caller.index,
    )
