"""Reconstruction money as IATI 2.03 activities and as OCDS 1.1 releases.

**IATI**: one activity for each donor and sector; pledges are outgoing pledges (12),
commitments outgoing commitments (2), payments disbursements (3), each with its day,
currency and amount as written. Allocations have no transaction in IATI: each becomes a
committed budget of its own, so that they stay apart from commitments; one without a
period is left out and told. **OCDS**: one release for each fund chain, with the pledge
as the planning budget and commitments as contracts, payments as their transactions.

A fund without a day cannot stand in either: it is left out, and its id is returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from tocsin.model import utc_text
from tocsin.model.contributions import Board, Fund, FundStage
from tocsin.model.records import Record

__all__ = ["Exported", "iati", "ocds"]

REPORTER: Final = "XM-TOCSIN"
TRANSACTIONS: Final = {
    FundStage.PLEDGED: "12",
    FundStage.COMMITTED: "2",
    FundStage.PAID: "3",
}
OTHER_PUBLIC: Final = "15"
IMPLEMENTATION: Final = "2"
PREFIX: Final = "ocds-213czf"  # the prefix of the standard's own examples


class Exported(Record, frozen=True, kw_only=True):
    """A file, and the ids of the funds that it could not hold."""

    data: bytes
    left_out: tuple[str, ...] = ()


def iati(board: Board, *, at: datetime, country: str = "") -> Exported:
    """The funds of a board as an IATI 2.03 activities file.

    Args:
        board: as read.
        at: when the file is made.
        country: ISO 3166 code of the country that receives; "": none is stated.
    """
    root = ET.Element("iati-activities", version="2.03")
    root.set("generated-datetime", utc_text(at))
    left_out: list[str] = []
    groups: dict[tuple[str, str], list[Fund]] = {}
    for fund in board.funds:
        no_day = fund.on is None
        no_period = fund.stage is FundStage.ALLOCATED and fund.until is None
        if no_day or no_period:
            left_out.append(fund.fund_id)
        else:
            groups.setdefault((fund.donor, fund.sector), []).append(fund)
    for number, ((donor, sector), funds) in enumerate(sorted(groups.items()), start=1):
        root.append(_activity(board, number, donor, sector, funds, at, country))
    ET.indent(root)
    data = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Exported(data=data + b"\n", left_out=tuple(left_out))


def _activity(  # the parts of one activity
    board: Board,
    number: int,
    donor: str,
    sector: str,
    funds: Sequence[Fund],
    at: datetime,
    country: str,
) -> ET.Element:
    activity = ET.Element("iati-activity")
    activity.set("last-updated-datetime", utc_text(at))
    activity.set("default-currency", funds[0].money.currency)
    activity.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    _text(activity, "iati-identifier", f"{REPORTER}-{number}")
    reporting = ET.SubElement(
        activity, "reporting-org", ref=REPORTER, type=OTHER_PUBLIC
    )
    _text(reporting, "narrative", "Coordination cell")
    _narrated(activity, "title", f"{donor}: {sector or 'sector not stated'}")
    words = f"{board.title}. Origin: {board.origin.value}. Amounts as written."
    _narrated(activity, "description", words)
    _narrated(activity, "participating-org", donor, role="1")
    ET.SubElement(activity, "activity-status", code=IMPLEMENTATION)
    first = min(fund.on for fund in funds if fund.on)
    ET.SubElement(
        activity, "activity-date", {"iso-date": first.isoformat(), "type": "2"}
    )
    if country:
        ET.SubElement(activity, "recipient-country", code=country)
    own = {"vocabulary": "99", "code": "0"}  # a vocabulary of the reporter's own
    _narrated(activity, "sector", sector or "not stated", **own)
    for fund in funds:
        if fund.stage is FundStage.ALLOCATED:
            activity.append(_budget(fund))
    for fund in funds:
        if fund.stage in TRANSACTIONS:
            activity.append(_transaction(fund, donor))
    return activity


def _budget(fund: Fund) -> ET.Element:
    budget = ET.Element("budget", type="1", status="2")
    assert fund.on is not None
    assert fund.until is not None
    ET.SubElement(budget, "period-start", {"iso-date": fund.on.isoformat()})
    ET.SubElement(budget, "period-end", {"iso-date": fund.until.isoformat()})
    _value(budget, fund, fund.on)
    return budget


def _transaction(fund: Fund, donor: str) -> ET.Element:
    transaction = ET.Element("transaction", ref=fund.fund_id)
    assert fund.on is not None
    ET.SubElement(transaction, "transaction-type", code=TRANSACTIONS[fund.stage])
    ET.SubElement(transaction, "transaction-date", {"iso-date": fund.on.isoformat()})
    _value(transaction, fund, fund.on)
    conditions = f"; waits for {', '.join(fund.conditions)}" if fund.conditions else ""
    _narrated(transaction, "description", f"{fund.source.title}{conditions}")
    _narrated(transaction, "provider-org", donor)
    return transaction


def _value(parent: ET.Element, fund: Fund, on: date) -> None:
    value = ET.SubElement(
        parent,
        "value",
        {"currency": fund.money.currency, "value-date": on.isoformat()},
    )
    value.text = f"{fund.money.amount:f}"


def _narrated(parent: ET.Element, name: str, words: str, **attributes: str) -> None:
    _text(ET.SubElement(parent, name, attributes), "narrative", words)


def _text(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, name).text = words


# --- OCDS


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
