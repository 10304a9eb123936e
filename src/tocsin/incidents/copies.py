"""Reposts: which observations are copies of one report, and of which.

``derived_from`` names the root of a repost, as an observation's id or as a label that
several rows share. Rows of one root are a *family*: one root, whatever their number.
A member of a family that tells of the same place and time as its root is a *copy*: it
goes where the root goes and adds nothing to place, time or independence. A summary
that names many places is one family and many reports.
"""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl

from tocsin.incidents.arrays import Flags, Ints
from tocsin.incidents.params import Params
from tocsin.incidents.reports import METRES_PER_DEGREE, Reports
from tocsin.model import Issue, Where

__all__ = ["Copies", "find_copies"]


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """For each observation: the root of its family, and the report it copies.

    Attributes:
        family: index of the family's root; the observation itself where it has none.
        copies: index of the report that it copies; itself where it is a report.
    """

    family: Ints
    copies: Ints


def find_copies(reports: Reports, params: Params) -> tuple[Copies, tuple[Issue, ...]]:
    """Families of reposts; a ring of reposts is an issue, its oldest the root."""
    parent = _parents(reports)
    family, issues = _roots(parent, reports.ids)
    return Copies(family=family, copies=_copies(reports, family, params)), issues


def _parents(reports: Reports) -> Ints:
    """The row that each row names, or the first row of its label, or itself."""
    parent = np.arange(len(reports))
    rows = pl.DataFrame({"i": parent, "id": reports.ids, "of": reports.derived_from})
    derived = rows.filter(pl.col("of").is_not_null())
    if derived.is_empty():
        return parent
    known = rows.select("id", root="i").unique("id", keep="first", maintain_order=True)
    found = derived.join(known, left_on="of", right_on="id", how="left").sort("i")
    target = found.select(pl.coalesce("root", pl.col("i").min().over("of"))).to_series()
    parent[found["i"].to_numpy()] = target.to_numpy()
    return parent


def _roots(parent: Ints, ids: pl.Series) -> tuple[Ints, tuple[Issue, ...]]:
    root = parent
    for _ in range(max(1, len(parent)).bit_length()):
        root = root[root]
    lost = np.flatnonzero(parent[root] != root)
    if not lost.size:
        return root, ()
    root = root.copy()
    rings: dict[int, list[int]] = {}
    for i in lost:
        ring = _ring(parent, int(root[i]))
        rings[min(ring)] = ring
        root[i] = min(ring)
    return root, tuple(_cycle(ring, ids) for ring in rings.values())


def _ring(parent: Ints, start: int) -> list[int]:
    ring = [start]
    while parent[ring[-1]] != start:
        ring.append(int(parent[ring[-1]]))
    return ring


def _cycle(ring: list[int], ids: pl.Series) -> Issue:
    return Issue(
        code="repost_cycle",
        where=Where(file="observations", field="derived_from"),
        message=f"{len(ring)} observations name each other as their origin;"
        " the first in time is taken as the root",
        repair="correct derived_from in one of them",
        evidence=tuple(ids[i] for i in sorted(ring)),
        warning=True,
    )


def _copies(reports: Reports, family: Ints, params: Params) -> Ints:
    """A row copies the first of its family at its place, and that one its root.

    Each only where both tell of one place and time.
    """
    copies = np.arange(len(reports))
    inside = np.flatnonzero(
        (family != copies) | np.isin(copies, family[family != copies])
    )
    if not inside.size:
        return copies
    rows = pl.DataFrame({
        "i": inside, "family": family[inside], "nature": reports.nature[inside],
        "group": reports.group[inside],
        "lon": reports.lon[inside], "lat": reports.lat[inside],
    })  # fmt: skip
    is_root = (pl.col("i") == pl.col("family")).cast(pl.Int8)
    first = rows.sort(-is_root, "i").with_columns(
        first=pl.col("i").first().over("family", "nature", "group", "lon", "lat")
    )
    i, at = first["i"].to_numpy(), first["first"].to_numpy()
    at = np.where(_close(reports, i, at, params), at, i)
    copies[i] = at
    root = family[at]
    copies[i] = np.where(_close(reports, at, root, params), root, at)
    return copies


def _close(reports: Reports, i: Ints, j: Ints, params: Params) -> Flags:
    """Whether two rows of one family can tell of one event."""
    same = (reports.nature[i] == reports.nature[j]) & (
        reports.group[i] == reports.group[j]
    )
    near = np.abs(reports.t[i] - reports.t[j]) <= params.decide.copy_window_s
    scale = np.cos(np.radians((reports.lat[i] + reports.lat[j]) / 2))
    dx = (reports.lon[i] - reports.lon[j]) * METRES_PER_DEGREE * scale
    dy = (reports.lat[i] - reports.lat[j]) * METRES_PER_DEGREE
    variance = (reports.cov[i][:, [0, 2]] + reports.cov[j][:, [0, 2]]).mean(axis=1)
    place = (dx**2 + dy**2) / variance <= params.decide.gate
    nowhere = np.isnan(reports.lon[i]) & np.isnan(reports.lon[j])
    usable = reports.usable[i] & reports.usable[j]
    return np.asarray(usable & same & near & (place | nowhere))
