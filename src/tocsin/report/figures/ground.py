"""The maps: the agreement's areas, what was recorded there, and what nobody could see.

A place is a circle of twice its standard error, never a point; what was seen in a
sector is that sector (:mod:`rings`), with no mark in it; outgoing fire has at least
1 km. Too many marks become a grid of hexagons no finer than the doubt of what it
counts. Who drew each line is named under the map.

The projection is equirectangular around the middle of what is shown: true at the middle
parallel, good enough to find one's way and too coarse to aim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, floor, log10, radians, sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from tocsin.report.classes import CLASSES
from tocsin.report.document import Figure, LegendItem
from tocsin.report.figures.hours import hatch
from tocsin.report.figures.net import NO_OUTLINE, net
from tocsin.report.figures.rings import box, ring_of
from tocsin.report.figures.signs import sign
from tocsin.report.figures.svg import drawing, group, path_of, tag, told
from tocsin.report.watch import Watch
from tocsin.report.wording import counted, listed

__all__ = ["DISCLAIMER", "MOST_MARKS", "coverage_map", "incident_maps"]
__all__ += ["sector_maps"]

DISCLAIMER: Final = (
    "Lines and names are those of their publishers. They do not state where a border"
    " runs or to whom a territory belongs."
)
MOST_MARKS: Final = 400
MOST_OBSERVERS: Final = 6
WIDTH: Final = 720.0
LEAST_HEIGHT: Final = 240.0
FOOT: Final = 44.0  # for scale and north
LEAST_WIDTH: Final = 400.0
WIDEST_WHOLE_M: Final = 60_000.0  # a region; a country would hide all else
MOST_HEIGHT: Final = 640.0
MARGIN: Final = 0.06
DEGREE_M: Final = 111_320.0
LEAST_RADIUS: Final = 8.0
LEAST_SPAN_DEG: Final = 0.2
BINS_ACROSS: Final = 44
REGION: Final = 18.0  # size of a sector's name beneath the marks
LETTER: Final = 0.9  # width of a spaced capital against its size
SMALL: Final = 9.0
FLAT: Final = 0.6
MOST_DOUBTS: Final = 0.7  # a bin is no finer than the doubt of so many
KILOMETRE: Final = 1000.0
SCALE_BAR: Final = 160.0
ORDER: Final = ("territory", "sector", "zone", "line")


class _Ground(NamedTuple):
    """A local projection from degrees to the drawing."""

    lon: float
    lat: float
    degrees: float  # of longitude over the whole width
    width: float
    height: float

    @property
    def metres(self) -> float:
        """Metres per unit of the drawing."""
        return self.degrees * DEGREE_M * cos(radians(self.lat)) / self.width

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        east = (lon - self.lon + 180.0) % 360.0 - 180.0
        x = self.width / 2 + east * self.width / self.degrees
        y = (self.height - FOOT) / 2 - (lat - self.lat) * DEGREE_M / self.metres
        return x, y


def incident_maps(
    areas: dict[str, Any], incidents: pl.DataFrame, *, control: Sequence[str] = ()
) -> tuple[Figure, ...]:
    """Where what was recorded; none where neither an area nor an incident has a place.

    One map with a sign for each incident; where those would be too many, a map of
    hexagons for fire, one for everything else and one for exercises.

    Args:
        areas: GeoJSON of the agreement.
        incidents: with `lon`, `lat`, `sigma_m`, `class`; none that is held back.
        control: publishers of the control layers on which findings of the day rest.
    """
    placed = incidents.filter(pl.col("lon").is_not_null() & pl.col("lat").is_not_null())
    shaped = _shaped(incidents)
    drawn = _drawn(areas)
    ground = _ground(drawn, placed, shaped)
    if ground is None:
        return ()
    credit = _credit(drawn, control)
    if placed.height + len(shaped) <= MOST_MARKS:
        return (_one_by_one(incidents, placed, shaped, drawn, ground, credit),)
    groups = [(title, placed.filter(only)) for title, only in _groups()]
    return tuple(
        _counted(title, theirs, drawn, ground, credit)
        for title, theirs in groups
        if theirs.height
    )


def _groups() -> list[tuple[str, pl.Expr]]:
    """What shares a map of hexagons; exercises have one of their own."""
    kind = pl.col("class")
    fire = kind.is_in([shown.name for shown in CLASSES if shown.fire])
    exercise = kind == "exercise"
    return [
        ("fire", fire),
        ("restrictions, flights, weapons, harm and the rest", ~fire & ~exercise),
        ("live-fire exercises", exercise),
    ]


def sector_maps(
    areas: dict[str, Any], incidents: pl.DataFrame, *, control: Sequence[str] = ()
) -> tuple[Figure, ...]:
    """What each observer saw in sectors, closer by; a map of a country hides it.

    One map for each observer (on his grid of 1 km), those who saw most first; of more
    than :data:`MOST_OBSERVERS` the rest stands in the annex only.
    """
    seen: dict[tuple[float, float], list[dict[str, Any]]] = {}
    for row in _shaped(incidents):
        for shape_ in row["shapes"]:
            key = (round(shape_["observer_lon"], 2), round(shape_["observer_lat"], 2))
            seen.setdefault(key, []).append({**row, "shapes": [shape_]})
    most = sorted(seen.items(), key=lambda one: (-len(one[1]), one[0]))
    drawn = _drawn(areas)
    return tuple(
        _closer(number, rows, drawn, _credit(drawn, control))
        for number, (_, rows) in enumerate(most[:MOST_OBSERVERS], start=1)
    )


def _closer(
    number: int, rows: Sequence[dict[str, Any]], drawn: Sequence[_Drawn], credit: str
) -> Figure:
    ground = _ground((), pl.DataFrame(schema={"lon": pl.Float64}), rows)
    assert ground is not None, "each row has a sector"
    shapes = [_area(area, ground) for area in drawn]
    sectors = [_sector(row, one, ground) for row in rows for one in row["shapes"]]
    kinds = [f"{row['class']}" for row in rows]
    each = [counted(kinds.count(kind), kind, kind) for kind in dict.fromkeys(kinds)]
    words = f"What one observer saw in sectors: {listed(each)}. Each sector is whole:"
    words += " what was seen is somewhere in it, and nothing says where."
    return Figure(
        anchor=f"figure-sectors-{number}",
        title=f"Sectors of observer {number}, closer",
        description=words,
        svg=_whole([*shapes, *sectors, *_furniture(ground)], ground, words),
        legend=(
            LegendItem(mark="sector-seen", text="sector in which something was seen"),
            *_lines(drawn),
        ),
        credit=credit,
        beside=True,
    )


def _shaped(incidents: pl.DataFrame) -> list[dict[str, Any]]:
    """What was seen in sectors only, if each of them has a far edge."""
    if "shapes" not in incidents.columns:
        return []
    rows = incidents.filter(pl.col("lon").is_null(), pl.col("shapes").list.len() > 0)
    return [
        row
        for row in rows.select("incident_id", "class", "shapes").to_dicts()
        if all(one["range_max_m"] and one["width_deg"] for one in row["shapes"])
    ]


def _one_by_one(
    incidents: pl.DataFrame,
    placed: pl.DataFrame,
    shaped: Sequence[dict[str, Any]],
    drawn: Sequence[_Drawn],
    ground: _Ground,
    credit: str,
) -> Figure:
    left_out = incidents.height - placed.height - len(shaped)
    shown = incidents.filter(
        pl.col("incident_id").is_in(
            [*placed["incident_id"], *(row["incident_id"] for row in shaped)]
        )
    )
    words = _words(shown, left_out, len(shaped))
    sectors = [_sector(row, one, ground) for row in shaped for one in row["shapes"]]
    marks = _marks(placed, ground)
    parts = [*_base(drawn, ground), *sectors, *marks, *_furniture(ground)]
    return Figure(
        anchor="figure-map",
        title="Where it was recorded",
        description=words,
        svg=_whole(parts, ground, words),
        legend=_legend(placed, drawn, sectors=bool(shaped)),
        credit=credit,
        beside=ground.width < WIDTH,
        scrolls=ground.height < FLAT * ground.width,
    )


def _counted(
    title: str,
    theirs: pl.DataFrame,
    drawn: Sequence[_Drawn],
    ground: _Ground,
    credit: str,
) -> Figure:
    hexes, words = _bins(theirs, ground)
    parts = [*_base(drawn, ground), *hexes, *_furniture(ground)]
    return Figure(
        anchor=f"figure-map-{title.split(maxsplit=1)[0].strip(',')}",
        title=f"Where it was recorded: {title}",
        description=words,
        svg=_whole(parts, ground, words),
        legend=(LegendItem(mark="bin", text="incidents, counted"), *_lines(drawn)),
        credit=credit,
        beside=ground.width < WIDTH,
        scrolls=ground.height < FLAT * ground.width,
    )


def _whole(
    parts: Iterable[str], ground: _Ground, words: str, klass: str = "map"
) -> str:
    return drawing(
        parts, width=ground.width, height=ground.height, klass=klass, label=words
    )


def coverage_map(areas: dict[str, Any], watch: Watch) -> Figure | None:
    """What nobody could see: each sector hatched by the share that was not watched."""
    drawn = _drawn(areas)
    sectors = [area for area in drawn if area.kind == "sector"]
    ground = _ground(drawn, pl.DataFrame(schema={"lon": pl.Float64, "lat": pl.Float64}))
    if ground is None or not sectors:
        return None
    veils = [_veil(area, ground, watch) for area in sectors]
    names = [
        _share_label(area, ground, watch, above=at % 2 == 0)
        for at, area in enumerate(sectors)
    ]
    others = [_area(area, ground) for area in drawn if area.kind != "sector"]
    words = "How much of each sector was not watched: " + listed(
        [f"{area.name}, {watch.of(area.name).words()}" for area in sectors]
    )
    return Figure(
        anchor="figure-unseen",
        title="What nobody could see",
        description=f"{words}.",
        svg=_whole(
            [hatch("unseen"), *veils, *others, *names, *_furniture(ground)],
            ground,
            words,
            "map unseen",
        ),
        legend=(
            LegendItem(mark="unwatched", text="the denser, the less was watched"),
            LegendItem(mark="unstated", text="share not stated"),
        ),
        credit=_credit(drawn, ()),
        beside=ground.width < WIDTH,
        scrolls=ground.height < FLAT * ground.width,
    )


# --- the ground


class _Drawn(NamedTuple):
    name: str
    kind: str
    publisher: str
    geometry: BaseGeometry


def _drawn(areas: dict[str, Any]) -> list[_Drawn]:
    """The areas that have a shape, those beneath first."""
    found = [
        _Drawn(
            name=str(each["properties"].get("name", "")),
            kind=str(each["properties"].get("kind", "zone")),
            publisher=str(each["properties"].get("publisher") or "not named"),
            geometry=shape(each["geometry"]),
        )
        for each in areas.get("features", ())
        if each.get("geometry")
    ]
    return sorted(found, key=lambda area: (_depth(area.kind), area.name))


def _depth(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _ground(
    drawn: Sequence[_Drawn],
    placed: pl.DataFrame,
    shaped: Sequence[dict[str, Any]] = (),
) -> _Ground | None:
    boxes = [area.geometry.bounds for area in _in_focus(drawn)]
    boxes += [box(one) for row in shaped for one in row["shapes"]]
    if placed.height:
        boxes.append(_box(placed, whole=not drawn))
    if not boxes:
        return None
    west, south = (float(min(box[i] for box in boxes)) for i in (0, 1))
    east, north = (float(max(box[i] for box in boxes)) for i in (2, 3))
    lat = (south + north) / 2
    squeeze = max(cos(radians(lat)), 0.1)
    across = max(east - west, LEAST_SPAN_DEG) * (1 + 2 * MARGIN)
    along = max(north - south, LEAST_SPAN_DEG) * (1 + 2 * MARGIN)
    width = min(WIDTH, max(LEAST_WIDTH, MOST_HEIGHT * across * squeeze / along))
    across = max(across, width * along / (MOST_HEIGHT * squeeze))
    height = max(LEAST_HEIGHT, width * along / (across * squeeze)) + FOOT
    return _Ground((west + east) / 2, lat, across, width, height)


def _box(placed: pl.DataFrame, *, whole: bool) -> tuple[float, float, float, float]:
    """Around all places, with the whole circles of those that are not too wide."""
    lon, lat = placed["lon"].to_numpy(), placed["lat"].to_numpy()
    sigma = placed["sigma_m"].to_numpy()
    reach = np.where(whole & (sigma <= WIDEST_WHOLE_M), 2 * sigma / DEGREE_M, 0.0)
    across = reach / np.cos(np.radians(lat))
    return (
        float((lon - across).min()),
        float((lat - reach).min()),
        float((lon + across).max()),
        float((lat + reach).max()),
    )


def _in_focus(drawn: Sequence[_Drawn]) -> Sequence[_Drawn]:
    """What the map must show whole; territories are ground beneath, cut at the edge."""
    return [area for area in drawn if area.kind != "territory"] or drawn


def _base(drawn: Sequence[_Drawn], ground: _Ground) -> list[str]:
    if not drawn:
        return net(ground, foot=FOOT)
    shapes = [_area(area, ground) for area in drawn]
    sectors = [area for area in drawn if area.kind == "sector"]
    names = [_name(area, ground, above=at % 2 == 0) for at, area in enumerate(sectors)]
    return [*shapes, *names]


def _area(area: _Drawn, ground: _Ground) -> str:
    closed = area.geometry.geom_type in {"Polygon", "MultiPolygon"}
    data = path_of(_rings(area.geometry, ground), close=closed)
    shown = tag("path", d=data, klass=f"area {_css(area.kind)}")
    return told(shown, f"{area.kind} {area.name}, drawn by {area.publisher}")


def _css(kind: str) -> str:
    return kind if kind in ORDER else "zone"


def _rings(geometry: BaseGeometry, ground: _Ground) -> list[list[tuple[float, float]]]:
    """Every ring or line of a geometry, projected."""
    parts = list(getattr(geometry, "geoms", [geometry]))
    rings = []
    for part in parts:
        if part.geom_type == "Polygon":
            rings += [part.exterior, *part.interiors]
        elif part.geom_type == "LineString":
            rings.append(part)
    return [[ground.xy(*point[:2]) for point in ring.coords] for ring in rings]


def _name(area: _Drawn, ground: _Ground, *, above: bool) -> str:
    """The sector's name: spaced and beneath the marks where it fits, else beside it."""
    west, south, east, north = area.geometry.bounds
    left, top = ground.xy(west, north)
    right, bottom = ground.xy(east, south)
    at = area.geometry.representative_point()
    x, y = ground.xy(at.x, at.y)
    if LETTER * REGION * len(area.name) > right - left:
        y = top - 7 if above else bottom + 16
        middle = (left + right) / 2
        return tag("text", area.name, x=middle, y=y, klass="when", text_anchor="middle")
    return tag("text", area.name, x=x, y=y, klass="region", text_anchor="middle")


# --- what was recorded


def _marks(placed: pl.DataFrame, ground: _Ground) -> list[str]:
    """A circle of doubt and a sign for each incident, the widest beneath."""
    rows = placed.sort("sigma_m", "incident_id", descending=[True, False]).to_dicts()
    return [_doubt(row, ground) for row in rows] + [_mark(row, ground) for row in rows]


def _doubt(row: dict[str, Any], ground: _Ground) -> str:
    x, y = ground.xy(row["lon"], row["lat"])
    radius = max(LEAST_RADIUS, 2 * row["sigma_m"] / ground.metres)
    return tag("circle", cx=x, cy=y, r=radius, klass=f"doubt {row['class']}")


def _sector(row: dict[str, Any], shape: dict[str, Any], ground: _Ground) -> str:
    """Part of a ring around an observer; what was seen is somewhere in it."""
    lines = [[ground.xy(*point) for point in line] for line in ring_of(shape)]
    drawn = tag(
        "path",
        d=path_of(lines, close=True),
        klass=f"doubt sector-seen {row['class']}",
        fill_rule="evenodd",
    )
    return told(drawn, f"{row['class']}: somewhere in this sector")


def _mark(row: dict[str, Any], ground: _Ground) -> str:
    return sign(row["class"], at=ground.xy(row["lon"], row["lat"]))


def _bins(theirs: pl.DataFrame, ground: _Ground) -> tuple[list[str], str]:
    """Hexagons that count incidents, and what the count leaves out, in words."""
    size = _bin_size(theirs, ground)
    fits = pl.col("sigma_m") / ground.metres <= size
    within = theirs.filter(fits)
    cells = _cells(within, ground, size)
    most = max(cells.values(), default=1)
    hexes = [_hexagon(at, n, most, size) for at, n in sorted(cells.items())]
    across = counted(round(2 * size * ground.metres / 1000), "kilometre")
    words = f"Each hexagon, {across} across, counts the incidents in it."
    if within.height < theirs.height:
        wide = counted(theirs.height - within.height, "incident")
        words += f" {wide} known less exactly than that stand in none."
    return hexes, words


def _bin_size(theirs: pl.DataFrame, ground: _Ground) -> float:
    """Half the width of a bin: a fair part of the map, no finer than most doubts."""
    if theirs.is_empty():
        return WIDTH / BINS_ACROSS
    doubt = (
        float(np.quantile(theirs["sigma_m"].to_numpy(), MOST_DOUBTS)) / ground.metres
    )
    return min(max(WIDTH / BINS_ACROSS, doubt), WIDTH / 8)


def _cells(
    within: pl.DataFrame, ground: _Ground, size: float
) -> dict[tuple[float, float], int]:
    """Centre of each hexagon -> how many incidents are nearest to it."""
    cells: dict[tuple[float, float], int] = {}
    for lon, lat in within.select("lon", "lat").iter_rows():
        at = _nearest_centre(*ground.xy(lon, lat), size)
        cells[at] = cells.get(at, 0) + 1
    return cells


def _nearest_centre(x: float, y: float, size: float) -> tuple[float, float]:
    """The hexagon (pointed top) around a point: two offset grids, the nearer centre."""
    wide, high = sqrt(3) * size, 3.0 * size
    even = (round(x / wide) * wide, round(y / high) * high)
    odd = (
        (floor(x / wide) + 0.5) * wide,
        (floor(y / high) + 0.5) * high,
    )
    near = min((even, odd), key=lambda at: ((at[0] - x) ** 2 + (at[1] - y) ** 2, at))
    return round(near[0], 2), round(near[1], 2)


def _hexagon(at: tuple[float, float], n: int, most: int, size: float) -> str:
    x, y = at
    half = sqrt(3) * size / 2
    ring = [
        (x, y - size),
        (x + half, y - size / 2),
        (x + half, y + size / 2),
        (x, y + size),
        (x - half, y + size / 2),
        (x - half, y - size / 2),
    ]
    dense = f"bin bin-{1 + min(3, floor(4 * n / (most + 1)))}"
    cell = tag("path", d=path_of([ring], close=True), klass=dense)
    figure = tag("text", str(n), x=x, y=y + 4, klass="bin-n", text_anchor="middle")
    return cell + figure


# --- what nobody could see


def _veil(area: _Drawn, ground: _Ground, watch: Watch) -> str:
    """The sector under as much hatching as was not watched."""
    share = watch.of(area.name)
    data = path_of(_rings(area.geometry, ground), close=True)
    outline = tag("path", d=data, klass="area sector")
    if share.unstated > 0:
        return outline + tag("path", d=data, klass="unstated")
    veil = tag(
        "path",
        d=data,
        fill="url(#hatch-unseen)",
        opacity=f"{1 - share.stated:.2f}",
    )
    return told(outline + veil, f"{area.name}: {share.words()}")


def _share_label(area: _Drawn, ground: _Ground, watch: Watch, *, above: bool) -> str:
    """Name and share, in the sector where they fit, else just beside it."""
    west, south, east, north = area.geometry.bounds
    left, top = ground.xy(west, north)
    right, bottom = ground.xy(east, south)
    at = area.geometry.representative_point()
    x, y = ground.xy(at.x, at.y)
    share = watch.of(area.name)
    words = share.words()
    if LETTER * SMALL * max(len(area.name), len(words)) > right - left:
        x, y = (left + right) / 2, top - 19 if above else bottom + 14
        words = share.figure_words()
    name = tag("text", area.name, x=x, y=y, klass="when", text_anchor="middle")
    under = tag("text", words, x=x, y=y + 14, klass="place", text_anchor="middle")
    return name + under


# --- scale, north, words


def _furniture(ground: _Ground) -> list[str]:
    """Scale bar and north, in the corners at the bottom."""
    span = _round_down(SCALE_BAR * ground.metres)
    wide = span / ground.metres
    y = ground.height - 16
    text = f"{span / KILOMETRE:g} km" if span >= KILOMETRE else f"{span:g} m"
    bar = path_of(
        [[(16, y - 5), (16, y), (16 + wide, y), (16 + wide, y - 5)]], close=False
    )
    north = (ground.width - 22, ground.height - 24)
    return [
        tag("path", d=bar, klass="scale"),
        tag("text", text, x=22 + wide, y=y + 2, klass="when"),
        group(
            [
                tag("path", d="M0 -18L5 4L0 0L-5 4Z", klass="north"),
                tag("text", "N", x=0, y=18, klass="when", text_anchor="middle"),
            ],
            transform=f"translate({north[0]:.1f} {north[1]:.1f})",
        ),
    ]


def _round_down(metres: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(metres))
    return float(next(k * power for k in (5, 2, 1) if k * power <= metres))


def _words(shown: pl.DataFrame, left_out: int, sectors: int = 0) -> str:
    counts = dict(shown.group_by("class").len().iter_rows())
    each = [
        counted(counts[shown.name], shown.one, shown.many)
        for shown in CLASSES
        if shown.name in counts
    ]
    words = f"Drawn: {listed(each) or 'no incident'}."
    if left_out:
        words += f" {counted(left_out, 'incident')} without a place."
    if each:
        words += (
            " Circles are twice the standard error of the place, or as small as can"
        )
        words += " be seen."
    if sectors:
        words += (
            f" {counted(sectors, 'incident')} known only to lie in a sector around an"
            " observer, drawn whole, from a grid of 1 km."
        )
    return words


def _legend(
    placed: pl.DataFrame, drawn: Sequence[_Drawn], *, sectors: bool = False
) -> tuple[LegendItem, ...]:
    there = set(placed["class"].to_list())
    items = [
        LegendItem(mark=shown.name, text=shown.many)
        for shown in CLASSES
        if shown.name in there
    ]
    if there:
        text = "twice the standard error of the place"
        items.append(LegendItem(mark="doubt", text=text))
    if sectors:
        text = "sector in which something was seen, wholly uncertain within"
        items.append(LegendItem(mark="sector-seen", text=text))
    return (*items, *_lines(drawn))


def _lines(drawn: Iterable[_Drawn]) -> list[LegendItem]:
    kinds = {area.kind for area in drawn}
    return [LegendItem(mark=k, text=k) for k in ("line", "zone") if k in kinds]


def _credit(drawn: Iterable[_Drawn], control: Sequence[str]) -> str:
    publishers = sorted({area.publisher for area in drawn})
    areas = f"Areas and lines: {listed(publishers)}. " if publishers else ""
    layer = f"Control layer: {listed(sorted(set(control)))}. " if control else ""
    bare = "" if publishers else NO_OUTLINE.strip() + " "
    return f"{areas}{bare}{layer}Equirectangular, WGS 84. {DISCLAIMER}"
