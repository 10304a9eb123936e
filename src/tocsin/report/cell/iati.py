"""Reconstruction money as IATI 2.03 activities, one for each donor and sector.

Pledges are outgoing pledges (12), commitments outgoing commitments (2), payments
disbursements (3), each with its day, currency and amount as written. Allocations have
no transaction in IATI: each becomes a committed budget of its own, so that they stay
apart from commitments. A fund without a day, or an allocation without a period, cannot
stand in the format: it is left out, and its id is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from xml.etree import ElementTree as ET

from tocsin.model import utc_text
from tocsin.model.contributions import Board, Fund, FundStage
from tocsin.report.cell.exported import Exported, LeftOut

__all__ = ["iati"]

REPORTER: Final = "XM-TOCSIN"


TRANSACTIONS: Final = {
    FundStage.PLEDGED: "12",
    FundStage.COMMITTED: "2",
    FundStage.PAID: "3",
}


OTHER_PUBLIC: Final = "15"


IMPLEMENTATION: Final = "2"


def iati(board: Board, *, at: datetime, country: str = "") -> Exported:
    """The funds of a board as an IATI 2.03 activities file.

    Args:
        board: as read.
        at: when the file is made.
        country: ISO 3166 code of the country that receives; "": none is stated.
    """
    root = ET.Element("iati-activities", version="2.03")
    root.set("generated-datetime", utc_text(at))
    left_out: list[LeftOut] = []
    groups: dict[tuple[str, str], list[Fund]] = {}
    for fund in board.funds:
        why = _unfit(fund)
        if why:
            left_out.append(LeftOut(fund_id=fund.fund_id, why=why))
        else:
            groups.setdefault((fund.donor, fund.sector), []).append(fund)
    for number, ((donor, sector), funds) in enumerate(sorted(groups.items()), start=1):
        root.append(_activity(board, number, donor, sector, funds, at, country))
    ET.indent(root)
    data = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Exported(data=data + b"\n", left_out=tuple(left_out))


def _unfit(fund: Fund) -> str:
    if fund.on is None:
        return "it has no day"
    if fund.stage is FundStage.ALLOCATED and fund.until is None:
        return "an allocation without a period is no budget of IATI"
    return ""


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
