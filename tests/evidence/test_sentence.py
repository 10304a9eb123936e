"""One sentence becomes a filled form; what is not understood is handed back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence import understand
from tocsin.evidence.winds import WINDS, sector, towards
from tocsin.model import VOCABULARY

FIELDS = ("kind", "count", "count_qualifier", "assessment", "weapon")


def table(text):
    """Items as text, one a line."""
    return [
        " ".join(str(getattr(item, f)) for f in FIELDS if getattr(item, f) is not None)
        for item in understand(text).items
    ]


CASES = {
    "recorded about 45 explosions, 36 projectiles in flight (mostly W to E), 2 flares,"
    " 0.6-4km S and SSW": [
        "explosion 45 about",
        "projectile_in_flight 36 exact",
        "illumination_flare 2 exact",
    ],
    "23 explosions assessed as outgoing mortar, nine as impacts, two as undetermined": [
        "explosion 23 exact outgoing",
        "explosion 9 exact impact",
        "explosion 2 exact undetermined",
    ],
    "heard 12 explosions (nine assessed as impacts of 82mm mortar, two outgoing)": [
        "explosion 1 exact",
        "explosion 9 exact impact mortar_lt_120",
        "explosion 2 exact outgoing",
    ],
    "five explosions (five impacts)": ["explosion 5 exact impact"],
    "four impacts of 122 mm howitzer rounds": [
        "explosion 4 exact impact artillery_ge_100"
    ],
    "an uncountable number of bursts of small-arms fire": [
        "burst uncountable small_arms"
    ],
    "over 1,200 shots of heavy-machine-gun fire": ["shot 1200 over heavy_machine_gun"],
    "a drone and at least three muzzle flashes": [
        "uav_overflight 1 exact",
        "muzzle_flash 3 at_least",
    ],
    "3 airbursts": ["airburst 3 exact airburst"],
    "up to 20 explosions of undetermined origin": ["explosion 20 up_to undetermined"],
}


@pytest.mark.parametrize("text", CASES)
def test_a_list_is_read_item_by_item(text):
    assert table(text) == CASES[text]
    assert understand(text).not_understood == ()


def test_a_place_stands_for_the_items_before_it_that_have_none():
    said = understand("12 explosions 2-4km SE and 3 bursts 5-7km W")
    assert [item.place.bearing_deg for item in said.items] == [135.0, 270.0]
    assert [item.place.range_max_m for item in said.items] == [4000.0, 7000.0]


def test_a_place_that_stands_first_holds_for_what_follows():
    said = understand("2-4km SE: recorded 3 explosions and 2 flares")
    assert {item.place.bearing_deg for item in said.items} == {135.0}


def test_a_second_place_of_no_item_is_said_and_not_dropped():
    said = understand("2-4km SE, recorded 3 explosions, 0.6-4km S and SSW")
    assert said.items[0].place.bearing_deg == 135.0
    assert said.open == ("0.6 to 4 km S to SSW: a second place, of no item",)


@pytest.mark.parametrize(
    ("words", "near", "far"),
    [
        ("3km N", 2500, 3500),
        ("about 3km N", 2000, 4000),
        ("500 m N", 450, 550),
        ("2.5 km N", 2450, 2550),
        ("over 5km N", 5000, None),
        ("up to 5km N", 0, 5000),
        ("600-800m N", 600, 800),
        ("4-2 km N", 2000, 4000),
    ],
)
def test_one_distance_is_as_exact_as_its_last_digit(words, near, far):
    (item,) = understand(f"heard 1 explosion {words}").items
    assert (item.place.range_min_m, item.place.range_max_m) == (near, far)


@pytest.mark.parametrize(
    ("words", "bearing", "width"),
    [
        ("SE", 135, 22.5),
        ("south-east", 135, 22.5),
        ("S and SSW", 191.25, 45),
        ("NW and NNW", 326.25, 45),
        ("north", 0, 22.5),
        ("NNW, N and NNE", 0, 67.5),
        ("S and W", 225, 112.5),
        ("north-north-west", 337.5, 22.5),
    ],
)
def test_winds_are_one_sector_that_covers_them(words, bearing, width):
    (item,) = understand(f"heard 1 explosion 1-2km {words}").items
    assert (item.place.bearing_deg, item.place.width_deg) == (bearing, width)


def test_the_sector_of_two_winds_has_the_area_that_the_field_gives():
    assert round(sector(("S", "SSW"), 600.0, 4000.0).area_km2, 1) == 6.1
    assert round(sector(("SE",), 2000.0, 4000.0).area_km2, 1) == 2.4
    assert round(sector(("NW", "NNW"), 5000.0, 10_000.0).area_km2, 1) == 29.5


@given(st.lists(st.sampled_from(WINDS), min_size=1, max_size=6))
def test_a_sector_covers_every_wind_it_was_made_of(winds):
    made = sector(winds, 0.0, 1.0)
    for wind in winds:
        away = (WINDS.index(wind) * 22.5 - made.bearing_deg + 180) % 360 - 180
        assert abs(away) + 11.25 <= made.width_deg / 2 + 1e-9
    assert made.width_deg <= 360


def test_opposite_winds_have_a_direction_and_one_wind_has_none():
    assert towards("W", "E") == 90.0
    assert towards("N", "N") is None


def test_what_is_not_understood_is_handed_back_in_runs():
    said = understand("saw 2 flares and a flying kettle 1km N near the old mill")
    assert said.not_understood == ("flying kettle", "near", "old mill")


def test_no_explosions_are_not_one_explosion():
    said = understand("no explosions, 2 flares")
    assert table("no explosions, 2 flares") == ["illumination_flare 2 exact"]
    assert said.not_understood == ("no explosions",)


def test_a_calibre_that_is_missing_leaves_the_weapon_open():
    said = understand("3 explosions of mortar rounds")
    assert said.items[0].weapon is None
    assert "calibre" in said.open[0]


def test_a_breakdown_that_adds_up_to_more_is_not_believed():
    said = understand("3 explosions (two impacts, five outgoing)")
    assert [item.count for item in said.items] == [3]
    assert said.open


def test_times_are_read_and_stay_hours():
    assert understand("between 21:10 and 23:40 heard 3 shots").times == (
        "21:10",
        "23:40",
    )
    assert understand("at 7:05 saw a flare").times == ("07:05",)


WORDS = st.sampled_from(
    [
        *("about", "45", "explosions", "explosion", "(", ")", ",", "two", "impacts"),
        *("outgoing", "2-4km", "3km", "SE", "S and SSW", "W to E", "no", "a", "mortar"),
        *("82mm", "uncountable", "21:10", "recorded", "kettle", "-", "to", "0.6-4km"),
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_gives_words_of_the_vocabulary_and_no_point(text):
    said = understand(text)
    for item in said.items:
        assert item.kind in VOCABULARY["kind"]
        assert item.weapon in {None, *VOCABULARY["weapon"]}
        assert item.count_qualifier in {None, *VOCABULARY["count_qualifier"]}
        assert item.count is None or item.count >= 0
        assert item.place is None or item.place.width_deg >= 22.5
