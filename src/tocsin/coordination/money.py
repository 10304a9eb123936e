"""Reconstruction money: needs against pledges, commitments, allocations, payments.

In: what is needed and the funds of donors, amounts as written. Out: sums per currency,
stage, sector and donor, and gaps. Stages are never added to each other: a payment is
part of a commitment, and a commitment is no allocation. Currencies are never added
either. An amount is converted only with a rate that the user gives, of the very day of
the amount or of a day that the user declares to stand for all; else it stays as
written, and an issue says so.

>>> from tocsin.model.contributions import Money, Source
>>> paid = Fund(
...     fund_id="f",
...     origin="exercise",
...     donor="Aurelia",
...     stage="paid",
...     money=Money(amount=Decimal("2"), currency="EUR"),
...     sector="energy",
...     on=date(2025, 3, 4),
...     source=Source(title="paper"),
... )
>>> rate = Rate(
...     currency="EUR",
...     into="USD",
...     rate=Decimal("1.05"),
...     on=date(2025, 3, 4),
...     source="x",
... )
>>> book((paid,), rates=(rate,), into="USD").records[0].converted
Decimal('2.10')
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from tocsin.model.contributions import Fund, FundStage, MoneyNeed, Rate
from tocsin.model.records import Issue, Outcome, Record, Where

__all__ = ["Booked", "Gap", "Sum", "book", "gaps", "sums"]


class Booked(Record, frozen=True, kw_only=True):
    """A fund with its amount in the currency that was asked for, where a rate allows.

    Attributes:
        converted: None: no rate of the day was given.
        rate: the rate that was used; None: none was, or none was needed.
    """

    fund: Fund
    converted: Decimal | None = None
    rate: Rate | None = None


class Sum(Record, frozen=True, kw_only=True):
    """Funds of one stage, donor and sector in one currency."""

    stage: FundStage
    donor: str
    sector: str
    currency: str
    amount: Decimal
    funds: int


class Gap(Record, frozen=True, kw_only=True):
    """A sector's need against each stage, in one currency.

    Attributes:
        need: None: no need in this currency is stated.
        unconverted: funds of the sector that stand in another currency.
        gap: need less what is committed; None where the need is not known.
    """

    sector: str
    currency: str
    need: Decimal | None
    stages: dict[str, Decimal]
    unconverted: int
    gap: Decimal | None


def book(
    funds: Iterable[Fund],
    *,
    rates: Sequence[Rate] = (),
    into: str = "",
    standing_rates: bool = False,
) -> Outcome[tuple[Booked, ...]]:
    """Each fund as written and, where a dated rate allows, in another currency.

    Args:
        funds: as read.
        rates: that the user gives, each with its day and source.
        into: the currency that is asked for; "": none, and nothing is converted.
        standing_rates: take the latest rate of a currency for every day.
    """
    booked, issues = [], []
    for fund in funds:
        if not into or fund.money.currency == into:
            same = fund.money.amount if into else None
            booked.append(Booked(fund=fund, converted=same))
            continue
        rate = _rate(fund, rates, into, standing=standing_rates)
        if rate is None:
            issues.append(_no_rate(fund, into))
            booked.append(Booked(fund=fund))
        else:
            amount = fund.money.amount * rate.rate
            booked.append(Booked(fund=fund, converted=amount, rate=rate))
    return Outcome(records=tuple(booked), issues=tuple(issues))


def _rate(
    fund: Fund, rates: Sequence[Rate], into: str, *, standing: bool
) -> Rate | None:
    of_it = [r for r in rates if (r.currency, r.into) == (fund.money.currency, into)]
    if standing:
        return max(of_it, key=lambda r: r.on, default=None)
    return next((r for r in of_it if r.on == fund.on), None)


def _no_rate(fund: Fund, into: str) -> Issue:
    day: date | str = fund.on or "a day that is not stated"
    return Issue(
        code="rate_missing",
        where=Where(file=fund.fund_id),
        message=f"{fund.money.currency} into {into}: no rate of {day};"
        f" {fund.money.amount} {fund.money.currency} stays as written",
        repair="add a rate of that day with its source",
        warning=True,
    )


def sums(booked: Iterable[Booked]) -> tuple[Sum, ...]:
    """What was booked, by stage, donor, sector and currency as written."""
    total: dict[tuple[str, str, str, str], list[Decimal]] = defaultdict(list)
    for one in booked:
        fund = one.fund
        key = (fund.stage.value, fund.donor, fund.sector, fund.money.currency)
        total[key].append(fund.money.amount)
    return tuple(
        Sum(
            stage=FundStage(stage),
            donor=donor,
            sector=sector,
            currency=currency,
            amount=sum(amounts, Decimal()),
            funds=len(amounts),
        )
        for (stage, donor, sector, currency), amounts in sorted(total.items())
    )


def gaps(
    needs: Iterable[MoneyNeed], booked: Iterable[Booked], *, currency: str
) -> tuple[Gap, ...]:
    """Each sector's need against pledged, committed, allocated and paid.

    Only what stands in the currency, or was converted into it, is counted; the rest is
    told as a number of funds, never guessed.
    """
    needed = list(needs)
    funds = list(booked)
    sectors = dict.fromkeys(
        [*(n.sector for n in needed), *(b.fund.sector for b in funds if b.fund.sector)]
    )
    return tuple(_gap(sector, needed, funds, currency) for sector in sectors)


def _gap(
    sector: str, needs: Sequence[MoneyNeed], booked: Sequence[Booked], currency: str
) -> Gap:
    asked = [
        n.money.amount
        for n in needs
        if n.sector == sector and n.money.currency == currency
    ]
    stages = {stage.value: Decimal() for stage in FundStage}
    unconverted = 0
    for one in booked:
        if one.fund.sector != sector:
            continue
        amount = _in(one, currency)
        if amount is None:
            unconverted += 1
        else:
            stages[one.fund.stage.value] += amount
    need = sum(asked, Decimal()) if asked else None
    return Gap(
        sector=sector,
        currency=currency,
        need=need,
        stages=stages,
        unconverted=unconverted,
        gap=None
        if need is None
        else max(Decimal(), need - stages[FundStage.COMMITTED.value]),
    )


def _in(one: Booked, currency: str) -> Decimal | None:
    if one.fund.money.currency == currency:
        return one.fund.money.amount
    if one.rate is not None and one.rate.into == currency:
        return one.converted
    return None
