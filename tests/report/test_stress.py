"""The page: everything is on it, nothing is loaded, every picture has its caveat."""

import re
from xml.etree import ElementTree as ET

import pytest

from tocsin.report.stress import stress_page, write_stress_page
from tocsin.stresstest import Inputs, examine
from tocsin.stresstest.comparing import compare


@pytest.fixture(scope="module")
def tested(root):
    from tocsin.agreement.load import load

    found = []
    for name in ("exercise-lantern", "budapest-1994"):
        path = root / "agreements" / name
        text = (path / "agreement.md").read_text("utf-8")
        found.append(examine(load(path), text, Inputs(), draws=500, seed=1)[0])
    return found


@pytest.fixture(scope="module")
def page(tested):
    import msgspec

    one, other = tested
    return stress_page(msgspec.structs.replace(one, against=compare(one, other)))


def test_page_loads_nothing_and_runs_nothing(page):
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org)", page)


def test_every_drawing_is_well_formed_and_has_a_label(page):
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 8
    for drawing in drawings:
        assert ET.fromstring(drawing).get("aria-label")


def test_every_figure_has_its_words(page):
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert all('<p class="note">' in figure for figure in figures)


@pytest.mark.parametrize(
    "words",
    [
        "conditional on these inputs",
        "IMAGINED",
        "TLP:AMBER+STRICT",
        "From breach to response",
        "Who alone can stop it",
        "Required against delivered",
        "Missed against false",
        "fits below every trigger",
        "Its price:",
        "advises on the use of force",
        "Read as texts",
    ],
)
def test_page_says_what_it_must(page, words):
    assert words in page


def test_a_text_in_which_nothing_acts_has_a_page_too(tested):
    budapest = stress_page(tested[1])
    assert "consult" in budapest
    assert "never" in budapest


def test_page_is_written_beside_the_result(tested, tmp_path):
    path = write_stress_page(tested[0], tmp_path)
    assert path.name == "stress.html"
    assert path.read_text("utf-8") == stress_page(tested[0])


def test_hostile_words_are_escaped(tested):
    import msgspec

    marked = msgspec.structs.replace(tested[0], title="<script>alert(1)</script>")
    assert "<script>" not in stress_page(marked)
