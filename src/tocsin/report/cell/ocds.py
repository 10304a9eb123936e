"""Reconstruction money as OCDS 1.1 releases, one for each chain of funds.

The pledge is the planning budget, each commitment an award and its contract, each
payment a transaction of the commitment from which it comes. OCDS has one budget for a
process and no stage for an allocation: what else was pledged or allocated stands in the
budget's description, in words. What the standard has no place for is left out and told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from tocsin.errors import WrongUse
from tocsin.model import utc_text
from tocsin.model.contributions import Board, Fund, FundStage
from tocsin.report.cell.exported import Exported, LeftOut

__all__ = ["EXAMPLE_PREFIX", "ocds"]

EXAMPLE_PREFIX: Final = "ocds-213czf"
"""The prefix of the standard's own examples; a publisher registers one of its own."""

PLANNED: Final = frozenset({FundStage.PLEDGED, FundStage.ALLOCATED})


def ocds(
    board: Board, *, at: datetime, uri: str, prefix: str = EXAMPLE_PREFIX
) -> Exported:
    """The funds of a board as an OCDS 1.1 release package.

    Args:
        board: as read.
        at: when the package is made.
        uri: where it will be published; the standard asks for one.
        prefix: of the ids of processes, as the publisher registered it.

    Raises:
        WrongUse: no fund can stand in the package, and an empty one is not allowed.
    """
    by_id = {fund.fund_id: fund for fund in board.funds}
    left_out = tuple(_left_out(board.funds, by_id))
    gone = {one.fund_id for one in left_out}
    kept = [fund for fund in board.funds if fund.fund_id not in gone]
    if not kept:
        raise WrongUse("no fund of this board has a day, so OCDS has nothing to hold")
    package = {
        "uri": uri,
        "version": "1.1",
        "publishedDate": utc_text(at),
        "publisher": {"name": "Coordination cell"},
        "releases": [
            _release(root, chain, board, by_id, prefix)
            for root, chain in _chains(kept, by_id).items()
        ],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2, sort_keys=True)
    return Exported(data=f"{text}\n".encode(), left_out=left_out)


def _left_out(funds: Sequence[Fund], by_id: Mapping[str, Fund]) -> Iterator[LeftOut]:
    for fund in funds:
        if fund.on is None:
            yield LeftOut(fund_id=fund.fund_id, why="it has no day")
        elif fund.stage is FundStage.PAID and _commitment(fund, by_id) is None:
            why = "it is a payment of no dated commitment, and OCDS pays contracts only"
            yield LeftOut(fund_id=fund.fund_id, why=why)


def _upwards(fund: Fund, by_id: Mapping[str, Fund]) -> Iterator[Fund]:
    """A fund, then what it comes from, up to the first; a ring is gone round once."""
    seen: set[str] = set()
    now: Fund | None = fund
    while now is not None and now.fund_id not in seen:
        yield now
        seen.add(now.fund_id)
        now = by_id.get(now.of)


def _commitment(fund: Fund, by_id: Mapping[str, Fund]) -> Fund | None:
    """The dated commitment from which a payment comes, or None."""
    line = _upwards(fund, by_id)
    return next((f for f in line if f.stage is FundStage.COMMITTED and f.on), None)


def _chains(
    funds: Sequence[Fund], by_id: Mapping[str, Fund]
) -> dict[str, tuple[Fund, ...]]:
    """First of a chain -> its funds: a pledge and what became of it, together."""
    chains: dict[str, tuple[Fund, ...]] = {}
    for fund in funds:
        line = [one.fund_id for one in _upwards(fund, by_id)]
        ring = by_id[line[-1]].of in line
        root = min(line) if ring else line[-1]
        chains[root] = (*chains.get(root, ()), fund)
    return chains


def _release(
    root: str,
    chain: Sequence[Fund],
    board: Board,
    by_id: Mapping[str, Fund],
    prefix: str,
) -> dict[str, Any]:
    last = max(fund.on for fund in chain if fund.on)
    donors = dict.fromkeys(fund.donor for fund in chain)
    release: dict[str, Any] = {
        "ocid": f"{prefix}-{_id(root)}",
        "id": f"{_id(root)}-{last.isoformat()}",
        "date": _instant(last),
        "tag": _tags(chain),
        "initiationType": "tender",
        "language": "en",
        "parties": [
            {"id": _id(name), "name": name, "roles": ["funder"]} for name in donors
        ],
    }
    planned = [fund for fund in chain if fund.stage in PLANNED]
    if planned:
        release["planning"] = _planning(planned, board)
    committed = [fund for fund in chain if fund.stage is FundStage.COMMITTED]
    if committed:
        release["awards"] = [_award(fund) for fund in committed]
        release["contracts"] = [_contract(fund, chain, by_id) for fund in committed]
    return release


def _tags(chain: Sequence[Fund]) -> list[str]:
    stages = {fund.stage for fund in chain}
    tags = ["planning"] if stages & PLANNED else []
    if FundStage.COMMITTED in stages:
        tags += ["award", "contract"]
    if FundStage.PAID in stages:
        tags.append("implementation")
    return tags


def _planning(planned: Sequence[Fund], board: Board) -> dict[str, Any]:
    words = "; ".join(
        f"{fund.stage.value} {fund.money.amount:f} {fund.money.currency} on {fund.on}"
        for fund in planned
    )
    first = planned[0]
    return {
        "rationale": first.source.title,
        "budget": {
            "description": f"{first.sector or 'no stated sector'}: {words}",
            "amount": _amount(first),
            "project": board.title,
        },
    }


def _award(fund: Fund) -> dict[str, Any]:
    assert fund.on is not None
    return {
        "id": _id(fund.fund_id),
        "title": f"commitment of {fund.donor} for {fund.sector or 'no stated sector'}",
        "status": "active",
        "date": _instant(fund.on),
        "value": _amount(fund),
    }


def _contract(
    fund: Fund, chain: Sequence[Fund], by_id: Mapping[str, Fund]
) -> dict[str, Any]:
    assert fund.on is not None
    contract: dict[str, Any] = {
        "id": _id(fund.fund_id),
        "awardID": _id(fund.fund_id),
        "title": f"commitment of {fund.donor} for {fund.sector or 'no stated sector'}",
        "status": "active",
        "value": _amount(fund),
        "dateSigned": _instant(fund.on),
    }
    paid = [
        {"id": _id(one.fund_id), "date": _instant(one.on), "value": _amount(one)}
        for one in chain
        if one.stage is FundStage.PAID and one.on and _commitment(one, by_id) == fund
    ]
    if paid:
        contract["implementation"] = {"transactions": paid}
    return contract


def _amount(fund: Fund) -> dict[str, Any]:
    amount = fund.money.amount
    whole = amount == amount.to_integral_value()
    return {
        "amount": int(amount) if whole else float(amount),
        "currency": fund.money.currency,
    }


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _id(text: str) -> str:
    """An id without `#` or blanks; two that differ still do."""
    return quote(text, safe="")
