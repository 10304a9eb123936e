"""Exports held to the schema of each format, and to what they must never hold."""

import hashlib
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import get_coordinates
from shapely.geometry import MultiPolygon, Polygon, shape
from tests.coordination.conftest import PAPER, day
from typer.testing import CliRunner

from tocsin import cell
from tocsin.cli import app
from tocsin.coordination import overview
from tocsin.errors import WrongUse
from tocsin.model import Area, Areas, Origin
from tocsin.model.contributions import Board, Fund, FundStage, Money
from tocsin.report import cell as pages

LANTERN = "agreements/exercise-lantern"
AT = datetime(2025, 3, 16, tzinfo=UTC)
SCHEMA = Path(__file__).parent / "ocds-1.1.5"
URI = "https://x.example/package.json"
SHA256 = {
    "release-schema.json": "bf18280598c0",
    "release-package-schema.json": "44a9d8d66001",
}

HXL_CORE = frozenset(  # HXL 1.1, hashtag dictionary: of its 41 those that 3W uses
    {"#activity", "#adm1", "#capacity", "#date", "#description", "#meta", "#org"}
    | {"#sector", "#status"}
)


@pytest.fixture(scope="module")
def ocds_schema():
    fastjsonschema = pytest.importorskip("fastjsonschema")
    release = json.loads((SCHEMA / "release-schema.json").read_text("utf-8"))
    package = json.loads((SCHEMA / "release-package-schema.json").read_text("utf-8"))
    return fastjsonschema.compile(package, handlers={"https": lambda _: release})


def fund(name, stage="committed", on=date(2025, 3, 4), amount="5", **more):
    given_ = {
        "fund_id": name,
        "origin": Origin.EXERCISE,
        "donor": "Aurelia",
        "stage": FundStage(stage),
        "money": Money(amount=Decimal(amount), currency="XDR"),
        "on": on,
        "source": PAPER,
    }
    return Fund(**given_ | more)


def board_of(*funds):
    return Board(
        title="Test",
        origin=Origin.EXERCISE,
        regions=("East",),
        functions=("patrols",),
        funds=funds,
    )


# --- OCDS


@pytest.mark.parametrize(("name", "begins"), SHA256.items())
def test_the_schema_of_ocds_is_the_unchanged_copy(name, begins):
    found = hashlib.sha256((SCHEMA / name).read_bytes()).hexdigest()
    assert found.startswith(begins)


def test_the_ocds_package_keeps_to_the_official_schema(root, ocds_schema):
    board = cell.open_board(root / LANTERN, at=AT).board
    made = pages.ocds(board, at=AT, uri=URI)
    ocds_schema(json.loads(made.data))
    assert made.left_out == ()


@pytest.mark.parametrize("field", ["ocid", "id", "date", "tag", "initiationType"])
def test_the_schema_of_ocds_would_see_a_fault(root, ocds_schema, field):
    board = cell.open_board(root / LANTERN, at=AT).board
    package = json.loads(pages.ocds(board, at=AT, uri=URI).data)
    del package["releases"][0][field]
    with pytest.raises(Exception, match=field):
        ocds_schema(package)


NAMES = st.text("ab#é /", min_size=1, max_size=3)
FUNDS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["pledged", "committed", "allocated", "paid"]),
        st.none() | st.dates(date(2024, 1, 1), date(2026, 1, 1)),
        st.decimals(0, 10**9, places=2).map(str),
        st.just("") | NAMES,
    ),
    unique_by=lambda row: row[0],
    max_size=8,
)


@given(FUNDS)
def test_law_whatever_funds_there_are_the_package_is_valid_or_refused(
    ocds_schema, rows
):
    board = board_of(*(fund(*row[:4], of=row[4]) for row in rows))
    try:
        made = pages.ocds(board, at=AT, uri=URI)
    except WrongUse:
        assert not any(f.on and f.stage is not FundStage.PAID for f in board.funds)
        return
    package = json.loads(made.data)
    ocds_schema(package)
    releases = package["releases"]
    assert len({r["ocid"] for r in releases}) == len(releases)
    told = sum(
        len(c.get("implementation", {}).get("transactions", []))
        for r in releases
        for c in r.get("contracts", [])
    )
    gone = {one.fund_id for one in made.left_out}
    paid = [f for f in board.funds if f.stage is FundStage.PAID]
    assert told == sum(f.fund_id not in gone for f in paid)


def test_a_payment_stands_in_its_own_commitment_and_in_no_other():
    made = pages.ocds(
        board_of(
            fund("p", "pledged", amount="20"),
            fund("c1", amount="6", of="p"),
            fund("c2", amount="7", of="p"),
            fund("x", "paid", amount="2", of="c2"),
        ),
        at=AT,
        uri=URI,
    )
    (release,) = json.loads(made.data)["releases"]
    first, second = release["contracts"]
    assert "implementation" not in first
    assert second["implementation"]["transactions"][0]["id"] == "x"
    assert {a["id"] for a in release["awards"]} == {
        c["awardID"] for c in release["contracts"]
    }


def test_what_ocds_has_no_place_for_is_told_with_why():
    board = board_of(fund("a"), fund("b", on=None), fund("c", "paid"))
    made = pages.ocds(board, at=AT, uri=URI)
    assert {one.fund_id: one.why for one in made.left_out} == {
        "b": "it has no day",
        "c": "it is a payment of no dated commitment, and OCDS pays contracts only",
    }


def test_an_empty_package_is_refused_with_the_reason():
    with pytest.raises(WrongUse, match="no fund of this board has a day"):
        pages.ocds(board_of(fund("a", on=None)), at=AT, uri=URI)


def test_the_publishers_own_prefix_stands_in_every_id(root):
    done = CliRunner().invoke(
        app,
        [
            *("reconstruction", "export", str(root / LANTERN), "--format", "ocds"),
            *("--prefix", "ocds-abc123", "--at", "2025-03-16"),
        ],
    )
    assert done.exit_code == 0
    releases = json.loads(done.stdout)["releases"]
    assert all(r["ocid"].startswith("ocds-abc123-") for r in releases)


# --- 3W


@pytest.mark.parametrize("tag", [tag for _, tag in pages.HXL])
def test_every_tag_is_a_core_hashtag_of_hxl_with_attributes_in_its_form(tag):
    core, *attributes = tag.split("+")
    assert core in HXL_CORE
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", one) for one in attributes)


# --- GeoJSON


def valid_by_rfc_7946(geometry):
    """RFC 7946, 3.1.6: rings closed, of four positions, outer counterclockwise."""
    parts = (
        [geometry["coordinates"]]
        if geometry["type"] == "Polygon"
        else geometry["coordinates"]
    )
    for part in parts:
        for number, ring in enumerate(part):
            closed = ring[0] == ring[-1] and len(ring) >= 4
            outer = Polygon(ring).exterior.is_ccw == (number == 0)
            if not (closed and outer):
                return False
    return shape(geometry).is_valid


def test_the_map_of_the_exercise_is_geojson_as_the_standard_asks(root):
    opened = cell.open_board(root / LANTERN, at=AT)
    view = cell.overview(opened, at=AT)
    collection = json.loads(pages.geojson(view, areas=opened.areas))
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        assert valid_by_rfc_7946(feature["geometry"])


DEGREES = st.integers(0, 200).map(lambda n: n / 1_000)
RINGS = st.lists(st.tuples(DEGREES, DEGREES), min_size=3, max_size=9).map(
    lambda points: Polygon(points).convex_hull
)


@given(st.lists(RINGS, min_size=1, max_size=3))
def test_law_a_region_of_any_shape_stays_valid_and_no_finer_than_the_grid(shapes):
    parts = [s for s in shapes if isinstance(s, Polygon) and s.area > 0]
    if not parts:
        return
    outline = parts[0] if len(parts) == 1 else MultiPolygon(parts).buffer(0)
    area = Area(name="East", kind="sector", geometry=outline, publisher="test")
    areas = Areas(areas=(area,))
    view = overview(board_of(), {}, at=day(9))
    (feature,) = json.loads(pages.geojson(view, areas=areas))["features"]
    assert valid_by_rfc_7946(feature["geometry"])
    points = get_coordinates(shape(feature["geometry"])).tolist()
    assert points == [[round(x, 2), round(y, 2)] for x, y in points]
