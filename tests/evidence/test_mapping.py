import pytest

from tocsin.errors import SourceUnusable
from tocsin.evidence import read_mapping


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"columns": {"knid": "x"}}, "`knid` is no column"),
        ({"columns": {"observation_id": "x"}}, "`observation_id` is no column"),
        ({"columns": {"count": {"form": "x"}}}, "form"),
        ({"columns": {"count": {}}}, "either `from` or `value`"),
        ({"columns": {"count": {"from": "x", "value": 1}}}, "either `from` or `value`"),
        (
            {"columns": {"sigma_m": {"from": "x", "unit": "verst"}}},
            "`verst` is no unit",
        ),
        ({"columns": {"t_start": {"from": "x", "at": "late"}}}, "at"),
        (
            {"columns": {"t_start": {"from": "x", "zone": "Mars"}}},
            "`Mars` is no time zone",
        ),
        ({"zone": "Kiev"}, "`Kiev` is no time zone"),
        ({"bounds": [1, 2]}, "bounds"),
        ({"colums": {}}, "colums"),
        ({"checks": [{"kind": "magic", "previous": "x", "label": "y"}]}, "magic"),
    ],
)
def test_error_in_a_mapping_is_named(table, words):
    with pytest.raises(SourceUnusable) as caught:
        read_mapping("mine", table)
    assert caught.value.issue.code == "description_invalid"
    assert words in str(caught.value)


def test_needed_columns_are_those_of_the_file_without_the_optional_ones():
    mapping = read_mapping(
        "mine",
        {
            "id": "no",
            "columns": {
                "t_start": "when",
                "lon": {"from": "x", "optional": True},
                "place_name": {"from": ["village", "town"]},
                "kind": {"value": "shot"},
            },
            "checks": [{"kind": "previous_period", "previous": "was", "label": "no"}],
        },
    )
    assert mapping.needed == ("when", "village", "town", "was", "no")
