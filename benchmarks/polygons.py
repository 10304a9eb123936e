"""Points against areas, and their distance from a line: a million of each together.

156 areas of about 360 vertices, as of a control layer cut into districts, and a line of
5,000 vertices. Each answer is checked against shapely's plain predicates on a sample.
"""

from __future__ import annotations

import numpy as np
import shapely

from benchmarks.measure import Page, peer, timed


def run(*, quick: bool) -> Page:
    rng = np.random.default_rng(1)
    n = 100_000 if quick else 1_000_000
    x, y = rng.uniform(0, 12, n), rng.uniform(0, 13, n)
    areas = [_area(rng, k % 12, k // 12) for k in range(156)]
    line_x = np.linspace(0, 12, 5_000)
    line = shapely.linestrings(np.column_stack([line_x, 6.5 + np.sin(line_x * 3)]))
    inside = timed(lambda: _inside(areas, x, y), runs=1 if quick else 5)
    near = timed(lambda: _distance(line, x, y), runs=1 if quick else 5)
    page = Page(
        title="Points, areas and a line",
        about=f"{n:,} points against 156 areas, and the distance from a line of 5,000"
        " vertices. CPU seconds, median.",
        columns=("work", "method", "seconds"),
        rows=[
            ("areas", f"{peer('shapely')} contains_xy", f"{inside.median_s:.2f}"),
            ("line", f"{peer('shapely')} distance, prepared", f"{near.median_s:.2f}"),
        ],
    )
    both = inside.median_s + near.median_s
    limit = 3.0 * n / 1e6
    page.bars.append((f"both in {limit:g} s", f"{both:.2f} s", both <= limit))
    same = _checked(areas, line, x, y)
    page.bars.append(("same as shapely's plain predicates", str(same), same))
    return page


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


def _distance(line, x, y):
    shapely.prepare(line)
    return shapely.distance(line, shapely.points(x, y))


def _checked(areas, line, x, y) -> bool:
    some = np.arange(0, len(x), max(1, len(x) // 2_000))
    points = shapely.points(x[some], y[some])
    plain = np.full(len(some), -1)
    for k, area in enumerate(areas):
        plain[shapely.contains(area, points)] = k
    same = np.array_equal(plain, _inside(areas, x[some], y[some]))
    plain_distance = [shapely.distance(p, line) for p in points]
    return bool(same and np.allclose(plain_distance, _distance(line, x[some], y[some])))
