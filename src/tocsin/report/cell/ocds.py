"""Reconstruction money as OCDS 1.1 releases, one for each chain of funds.

The pledge is the planning budget, commitments are contracts, payments their
transactions. A fund without a day is left out, and its id is returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from tocsin.model import utc_text
from tocsin.model.contributions import Board, Fund, FundStage
from tocsin.report.cell.exported import Exported

__all__ = ["ocds"]

PREFIX: Final = "ocds-213czf"  # the prefix of the standard's own examples


def ocds(board: Board, *, at: datetime, uri: str) -> Exported:
    """The funds of a board as an OCDS 1.1 release package.

    Args:
        board: as read.
        at: when the package is made.
        uri: where it will be published; the standard asks for one.
    """
    left_out = [fund.fund_id for fund in board.funds if fund.on is None]
    dated = [fund for fund in board.funds if fund.on is not None]
    package = {
        "uri": uri,
        "version": "1.1",
        "publishedDate": utc_text(at),
        "publisher": {"name": "Coordination cell"},
        "releases": [_release(chain, board) for chain in _chains(dated)],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2, sort_keys=True)
    return Exported(data=f"{text}\n".encode(), left_out=tuple(left_out))


def _chains(funds: Sequence[Fund]) -> list[list[Fund]]:
    """Funds that come out of each other, together: a pledge and what became of it."""
    root = {fund.fund_id: fund.of or fund.fund_id for fund in funds}

    def first(name: str) -> str:
        seen: set[str] = set()
        while root.get(name, name) != name and name not in seen:
            seen.add(name)
            name = root[name]
        return name

    chains: dict[str, list[Fund]] = {}
    for fund in funds:
        chains.setdefault(first(fund.fund_id), []).append(fund)
    return list(chains.values())


def _release(chain: Sequence[Fund], board: Board) -> dict[str, Any]:
    first = chain[0]
    last = max(fund.on for fund in chain if fund.on)
    donor_id = _slug(first.donor)
    release: dict[str, Any] = {
        "ocid": f"{PREFIX}-{_slug(first.fund_id)}",
        "id": f"{_slug(first.fund_id)}-{last.isoformat()}",
        "date": f"{last.isoformat()}T00:00:00Z",
        "tag": _tags(chain),
        "initiationType": "tender",
        "language": "en",
        "parties": [{"id": donor_id, "name": first.donor, "roles": ["funder"]}],
    }
    planned = [f for f in chain if f.stage in {FundStage.PLEDGED, FundStage.ALLOCATED}]
    if planned:
        release["planning"] = {
            "rationale": first.source.title,
            "budget": {
                "description": f"{planned[-1].stage.value}: {first.sector}",
                "amount": _amount(planned[-1]),
                "project": board.title,
            },
        }
    contracts = [_contract(f, chain) for f in chain if f.stage is FundStage.COMMITTED]
    if contracts:
        release["contracts"] = contracts
    return release


def _tags(chain: Sequence[Fund]) -> list[str]:
    stages = {fund.stage for fund in chain}
    tags = ["planning"] if stages & {FundStage.PLEDGED, FundStage.ALLOCATED} else []
    if FundStage.COMMITTED in stages:
        tags.append("contract")
    if {FundStage.COMMITTED, FundStage.PAID} <= stages:
        tags.append("implementation")
    return tags or ["planning"]


def _contract(fund: Fund, chain: Iterable[Fund]) -> dict[str, Any]:
    assert fund.on is not None
    contract: dict[str, Any] = {
        "id": _slug(fund.fund_id),
        "awardID": _slug(fund.fund_id),
        "title": f"commitment of {fund.donor} for {fund.sector or 'no stated sector'}",
        "status": "active",
        "value": _amount(fund),
        "dateSigned": f"{fund.on.isoformat()}T00:00:00Z",
    }
    paid = [
        {
            "id": _slug(one.fund_id),
            "date": f"{one.on.isoformat()}T00:00:00Z",
            "value": _amount(one),
        }
        for one in chain
        if one.stage is FundStage.PAID and one.on is not None
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


def _slug(text: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in text.casefold())
    return kept.strip("-")
