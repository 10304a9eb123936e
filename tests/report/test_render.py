"""The page loads nothing, runs nothing, trusts nothing; every link leads home."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest

from tocsin.model import Issue, Where
from tocsin.report import daily, render_html, render_json
from tocsin.report.document import Sentence
from tocsin.report.figures.signs import SIGNS

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
VOID = {"meta", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """What a page holds: anchors, links, elements, and whether tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.names, self.attributes = [], [], set(), []
        self.open, self.unbalanced = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.names.add(tag)
        self.attributes += attrs
        if "id" in given:
            self.anchors.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


@pytest.fixture
def page(view, day, released):
    return render_html(daily(view, day=day, released_at=released))


def test_every_link_leads_to_an_anchor_of_the_page(page):
    parsed = Page(page)
    assert parsed.links
    assert not {link for link in parsed.links if link[0] != "#"}
    assert not {link[1:] for link in parsed.links} - set(parsed.anchors)


def test_no_anchor_stands_twice(page):
    anchors = Page(page).anchors
    assert sorted(anchors) == sorted(set(anchors))


def test_every_element_that_opens_closes(page):
    parsed = Page(page)
    assert not parsed.unbalanced
    assert not parsed.open


def test_the_page_loads_nothing_and_runs_nothing(page):
    parsed = Page(page)
    assert not parsed.names & {"script", "link", "img", "iframe", "object", "audio"}
    names = {name for name, _ in parsed.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src"}
    assert not re.findall(r"url\((?!#)", page)
    assert not re.findall(r"@import|https?://(?!www\.w3\.org/2000/svg)", page)
    assert "default-src 'none'" in page


def test_every_table_has_a_caption_and_heads_its_rows_and_columns(page):
    tables = re.findall(r"<table.*?</table>", page, flags=re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        assert "<caption" in table
        assert 'scope="col"' in table
        assert 'scope="row"' in table or "Nothing on record." in table


def test_every_drawing_has_words_for_who_cannot_see_it(page):
    for drawing in re.findall(r"<svg xmlns[^>]*>", page):
        label = re.search(r'role="img" aria-label="([^"]+)"', drawing)
        assert label
        assert len(label[1]) > 20


def test_landmarks_and_headings_are_there(page):
    names = Page(page).names
    assert {"header", "nav", "main", "footer", "h1", "h2", "section"} <= names
    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1


def test_the_exercise_stands_in_title_band_edge_and_paper_margin(page):
    assert "<title>EXERCISE: " in page
    assert '<div class="band" role="note"' in page
    assert '<div class="edge"' in page
    assert '@top-center { content: "EXERCISE EXERCISE EXERCISE" }' in page


def test_what_sources_write_is_never_markup(view, day, released):
    view.title = HOSTILE
    for feature in view.areas["features"]:
        feature["properties"] = feature["properties"] | {"publisher": HOSTILE}
    view.areas["features"].append(
        {
            "type": "Feature",
            "geometry": view.areas["features"][0]["geometry"],
            "properties": {"name": HOSTILE, "kind": "sector", "publisher": HOSTILE},
        }
    )
    for row in view.rows["observations"]:
        row["place_name"] = row["claimed_by"] = row["claimed_party"] = HOSTILE
        row["source_id"] = row["raw_ref"] = row["derived_from"] = HOSTILE
    for row in view.rows["coverage"]:
        row["source_id"] = row["why"] = HOSTILE
    view.given_issues.append(
        Issue(code=HOSTILE, where=Where(file=HOSTILE), message=HOSTILE)
    )
    view.given_findings = [
        msgspec.structs.replace(f, sentence=HOSTILE, settles=HOSTILE, control=HOSTILE)
        for f in view.given_findings
    ]
    text = render_html(daily(view, day=day, released_at=released))
    parsed = Page(text)
    assert "alert(1)" in text
    assert not parsed.names & {"script", "img"}
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    assert not parsed.unbalanced


def test_the_same_document_gives_the_same_bytes(view, day, released):
    first, second = (daily(view, day=day, released_at=released) for _ in range(2))
    assert render_html(first) == render_html(second)
    assert render_json(first) == render_json(second)


def test_a_row_that_a_sentence_cites_is_shown_however_long_the_annex(
    view, day, released
):
    document = daily(view, day=day, released_at=released)
    annex = document.annexes[0]
    short = msgspec.structs.replace(annex.blocks[0], shown=1)
    annexes = (
        msgspec.structs.replace(annex, blocks=(short,)),
        *document.annexes[1:],
    )
    text = render_html(msgspec.structs.replace(document, annexes=annexes))
    cited = {
        link.to
        for section in document.sections
        for block in section.blocks
        for link in getattr(block, "evidence", ())
        if link.to.startswith("i-")
    }
    assert cited
    assert not {anchor for anchor in cited if f'id="{anchor}"' not in text}
    assert "rows are shown; the JSON of this report holds all" in text
    parsed = Page(text)
    assert not {link[1:] for link in parsed.links} - set(parsed.anchors)


def test_every_sign_has_a_shape_of_its_own():
    from tocsin.report.figures import sign

    shapes = {}
    for name in SIGNS:
        shapes.setdefault(re.search(r'd="([^"]+)"', sign(name))[1], []).append(name)
    alike = [sorted(names) for names in shapes.values() if len(names) > 1]
    told_apart_by_filling = [
        ["bar-done", "bar-half", "watched"],
        ["bar-exercise", "bar-fire", "bar-rest"],
        ["bar-gap", "unwatched"],  # one meaning, on two pages
    ]
    assert [names for names in alike if names not in told_apart_by_filling] == []


# --- contrast


def colours(style, dark):
    light, _, rest = style.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    if dark:
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", rest.split("}")[0]))
    return found


def luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        ("ink", "paper", 7.0),
        ("soft", "paper", 4.5),
        ("soft", "raised", 4.5),
        ("soft", "water", 4.5),
        ("link", "paper", 4.5),
        ("link", "water", 4.5),
        ("warn", "paper", 4.5),
        ("band-ink", "band", 4.5),
        ("fire", "raised", 3.0),
        ("bar", "raised", 3.0),
        ("calm", "raised", 3.0),
        ("harm", "raised", 3.0),
        ("hatch", "raised", 3.0),
    ],
)
def test_colours_keep_the_contrast_of_wcag_aa(page, ink, paper, least, dark):
    found = colours(page, dark)
    assert contrast(found[ink], found[paper]) >= least


def test_a_long_table_is_printed_short_with_every_row_that_a_section_cites(
    view, day, released
):
    for n in range(120):
        when = datetime(2025, 3, 9, tzinfo=UTC) + timedelta(minutes=6 * n)
        view.incident("shot", when, sector="North")
    document = daily(view, day=day, released_at=released)
    page = render_html(document)
    start = page.index('id="table-incidents"')
    rows = re.findall(r'<tr id="(i-[\w-]+)"( class="later")?', page[start:])
    printed = {anchor for anchor, later in rows if not later}
    blocks = [block for part in document.sections for block in part.blocks]
    cited = {
        link.to
        for block in blocks
        if isinstance(block, Sentence)
        for link in block.evidence
        if link.to.startswith("i-")
    }
    assert cited <= printed
    assert len(printed) < len(rows) / 2
    note = f"On paper: {len(printed)} of "
    assert note in page
    assert "@media print {\n  .later, .on-screen { display: none; }" in page
