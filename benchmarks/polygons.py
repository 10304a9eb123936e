"""Points against areas, and their nearest point of a line: a million of each together.

156 areas of about 360 vertices, as of a control layer cut into districts, and a line of
5,000 vertices. Tocsin's kernels beside shapely's; every answer is compared.
"""

from __future__ import annotations

import numpy as np
import shapely

from benchmarks.measure import Page, in_turn, peer
from tocsin.model.grounds import Grounds
from tocsin.model.nearest import Line

OURS_IN, OURS_NEAR = "tocsin, areas made ready included", "tocsin, boxes included"


def run(*, quick: bool) -> Page:
    rng = np.random.default_rng(1)
    n = 100_000 if quick else 1_000_000
    x, y = rng.uniform(0, 12, n), rng.uniform(0, 13, n)
    areas = [_area(rng, k % 12, k // 12) for k in range(156)]
    line_x = np.linspace(0, 12, 5_000)
    line = shapely.linestrings(np.column_stack([line_x, 6.5 + np.sin(line_x * 3)]))
    some = slice(0, n // 10)
    runs = 1 if quick else 5
    inside = in_turn(
        {
            OURS_IN: lambda: Grounds(areas).holders(x, y),
            f"{peer('shapely')} contains_xy, by bounding box": lambda: _inside(
                areas, x, y
            ),
        },
        runs=runs,
    )
    near = in_turn(
        {
            OURS_NEAR: lambda: Line(line).nearest(x, y),
            f"{peer('shapely')} STRtree of segments, a tenth": lambda: _tree(
                line, x[some], y[some]
            ),
        },
        runs=runs,
    )
    page = Page(
        title="Points, areas and a line",
        about=f"{n:,} points against 156 areas, and their nearest point of a line of"
        " 5,000 vertices. CPU seconds, median; the tree is asked for a tenth of the"
        " points and its time is multiplied by ten.",
        columns=("work", "method", "seconds", "ratio to tocsin"),
    )
    _rows(page, "areas", inside, OURS_IN)
    _rows(page, "line", near, OURS_NEAR)
    both = inside[OURS_IN].median_s + near[OURS_NEAR].median_s
    limit = 3.0 * n / 1e6
    page.bars.append((f"both in {limit:g} s", f"{both:.2f} s", both <= limit))
    first = Grounds(areas).holders(x, y)[0]
    differ = int((first != _inside(areas, x, y)).sum())
    page.bars.append(("every point as by shapely", f"{differ} differ", not differ))
    away, _, _ = Line(line).nearest(x[some], y[some])
    most = float(np.abs(away - _tree(line, x[some], y[some])).max())
    page.bars.append(("distance as by shapely", f"within {most:.1g}", most < 1e-12))
    return page


def _rows(page, work, timings, ours) -> None:
    least = timings[ours].median_s
    for name, timing in timings.items():
        spent = timing.median_s * (10 if "tenth" in name else 1)
        page.rows.append((work, name, f"{spent:.2f}", f"{spent / least:.1f}"))


def _area(rng, column, row):
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    radius = 0.42 + 0.05 * np.cumsum(rng.normal(0, 0.05, 360)).clip(-1, 1)
    ring = [column + 0.5 + radius * np.cos(angle), row + 0.5 + radius * np.sin(angle)]
    return shapely.make_valid(shapely.polygons(np.column_stack(ring)))


def _inside(areas, x, y):
    owner = np.full(len(x), -1)
    order = np.argsort(x)
    xs = x[order]
    for k, area in enumerate(areas):
        west, south, east, north = area.bounds
        shapely.prepare(area)
        some = order[np.searchsorted(xs, west) : np.searchsorted(xs, east, "right")]
        some = some[(y[some] >= south) & (y[some] <= north)]
        owner[some[shapely.contains_xy(area, x[some], y[some])]] = k
    return owner


def _tree(line, x, y):
    ends = shapely.get_coordinates(line)
    pieces = shapely.linestrings(np.stack([ends[:-1], ends[1:]], axis=1))
    found, away = shapely.STRtree(pieces).query_nearest(
        shapely.points(x, y), return_distance=True, all_matches=False
    )
    distances = np.empty(len(x))
    distances[found[0]] = away
    return distances
