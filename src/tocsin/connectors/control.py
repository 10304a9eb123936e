"""Control layers: who is said to hold which ground, from GeoJSON or a dated table.

**GeoJSON**: a FeatureCollection with ``publisher``, whose features are areas with a
property ``party`` and optionally ``valid_from`` (a day or an instant). All features of
one date are the whole layer from that date on. Without dates it holds for all times.

**A dated table** (Parquet): one row for each day on which the shape changed. A
description with ``connector = "control"`` says which columns hold the date and the
area, and who is said to hold it; the file is recognised by its columns.

Nothing is half-read: one bad feature refuses the file, with every fault listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import shapely
from shapely.geometry.base import BaseGeometry

from tocsin.errors import InputRefused, SourceUnusable, WrongUse
from tocsin.evidence import near, unusable
from tocsin.model import (
    Control,
    ControlLayer,
    Issue,
    Origin,
    Outcome,
    SourceDescription,
    Where,
    instant,
    start_of_day,
)
from tocsin.model.records import Record

__all__ = ["DatedAreas", "read_control"]

FARTHEST_OFF_M: Final = 1e6
LARGEST_FILE: Final = 256 * 2**20
SMALLEST_OVERLAP_KM2: Final = 1.0
WORLD: Final = shapely.box(-180, -90, 180, 90)
_KM_PER_DEGREE: Final = 111.32

Dated = tuple[datetime | None, str, BaseGeometry]


class DatedAreas(Record, frozen=True, kw_only=True):
    """The ``[table]`` of a description with ``connector = "control"``.

    Attributes:
        party: who is said to hold the area.
        date: column with the day of each change.
        geometry: column with the area, as GeoJSON text.
        also: further columns by which the file is recognised.
    """

    party: str
    date: str
    geometry: str
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """The columns that the file must have."""
        return {self.date, self.geometry, *self.also}


def read_control(
    file: Path, *, known: Sequence[SourceDescription] = ()
) -> Outcome[Control]:
    """Read a control layer.

    Args:
        file: ``.geojson``, ``.json`` or ``.parquet``.
        known: descriptions of dated tables.

    Returns:
        The layer, with warnings: ground that two parties are said to hold, shapes that
        had to be mended, a publisher that is not named.

    Raises:
        InputRefused: a feature has a fault; all of them are listed.
        SourceUnusable: the file cannot be read.
    """
    _check_there(file)
    if file.suffix.casefold() in {".parquet", ".pq"}:
        return _dated(file, known)
    return _features(file)


def _check_there(file: Path) -> None:
    if file.is_dir() or not file.exists():
        why = "it is a folder" if file.is_dir() else "there is no such file"
        raise unusable("file_missing", str(file), why)
    size = file.stat().st_size
    if not size:
        raise unusable("file_empty", str(file), "the file is empty")
    if size > LARGEST_FILE:
        message = f"the file is larger than {LARGEST_FILE // 2**20} MiB"
        raise unusable("control_invalid", str(file), message)


# --- GeoJSON


def _features(file: Path) -> Outcome[Control]:
    whole = _json(file)
    issues: list[Issue] = []
    found = [
        area
        for number, feature in enumerate(whole["features"], start=1)
        if (area := _area(file, number, feature, issues)) is not None
    ]
    if not found and not issues:
        issues.append(_issue(file, None, "it has no features"))
    if any(date is None for date, _, _ in found) and any(d for d, _, _ in found):
        issues.append(_issue(file, None, "some features have `valid_from`, some none"))
    _refuse_errors(issues)
    publisher = _publisher(file, whole, issues)
    sigma_m = _sigma_m(file, whole)
    layers = tuple(_layers(found))
    issues += _overlaps(file, layers)
    control = Control(
        publisher=publisher,
        origin=_origin(file, whole),
        layers=layers,
        sigma_m=sigma_m,
    )
    return Outcome(records=control, issues=tuple(issues))


def _sigma_m(file: Path, whole: dict[str, Any]) -> float | None:
    """How far the line may be off, where the file states it as ``sigma_m``."""
    given = whole.get("sigma_m")
    if given is None:
        return None
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 <= given < FARTHEST_OFF_M:
        message = f"`sigma_m` is {given!r}, not metres from 0 to {FARTHEST_OFF_M:,.0f}"
        raise InputRefused([_issue(file, None, message)])
    return float(given)


def _json(file: Path) -> dict[str, Any]:
    try:
        whole = msgspec.json.decode(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        message = f"it cannot be read: {error.strerror}"
        raise unusable("file_missing", str(file), message) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"it is not whole or not GeoJSON: {error}"
        raise unusable("file_damaged", str(file), message) from error
    if not isinstance(whole, dict) or not isinstance(whole.get("features"), list):
        message = "it is no FeatureCollection: it has no list of `features`"
        raise unusable("control_invalid", str(file), message)
    return whole


def _area(file: Path, number: int, feature: Any, issues: list[Issue]) -> Dated | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    party = properties.get("party")
    if not isinstance(party, str) or not party:
        repair = near("party", properties) or "add who is said to hold the area"
        message = f"feature {number} has no property `party`"
        issues.append(_issue(file, number, message, repair=repair))
        return None
    geometry = _geometry(file, number, feature.get("geometry"), issues)
    date = _date(file, number, properties, issues)
    return None if geometry is None else (date, party, geometry)


def _geometry(
    file: Path, number: int, given: Any, issues: list[Issue]
) -> BaseGeometry | None:
    try:
        shape = shapely.from_geojson(msgspec.json.encode(given))
    except shapely.errors.ShapelyError as error:
        issues.append(_issue(file, number, f"feature {number} is no area: {error}"))
        return None
    if shape is None or shape.geom_type not in {"Polygon", "MultiPolygon"}:
        kind = "nothing" if shape is None else shape.geom_type
        message = f"feature {number} is a {kind}, not an area"
        issues.append(_issue(file, number, message))
        return None
    if not WORLD.covers(shapely.box(*shape.bounds)):
        message = f"feature {number} lies outside the world"
        issues.append(_issue(file, number, message, repair="use degrees, WGS 84"))
        return None
    return _mended(file, number, shape, issues)


def _mended(
    file: Path, number: int, shape: BaseGeometry, issues: list[Issue]
) -> BaseGeometry:
    if shape.is_valid:
        return shape
    why = shapely.is_valid_reason(shape)
    message = f"the shape of feature {number} crosses itself and was mended: {why}"
    issues.append(_issue(file, number, message, warning=True))
    return shapely.make_valid(shape)


def _date(
    file: Path, number: int, properties: dict[str, Any], issues: list[Issue]
) -> datetime | None:
    given = properties.get("valid_from")
    if given is None:
        return None
    try:
        return instant(str(given))
    except WrongUse as error:
        message = f"`valid_from` of feature {number}: {error}"
        issues.append(_issue(file, number, message))
        return None


def _layers(found: Sequence[Dated]) -> Iterator[ControlLayer]:
    dates = {date for date, _, _ in found}
    for date in sorted(dates, key=lambda date: (date is not None, date)):
        held: dict[str, list[BaseGeometry]] = {}
        for when, party, shape in found:
            if when == date:
                held.setdefault(party, []).append(shape)
        yield ControlLayer(
            valid_from=date,
            held={party: shapely.union_all(shapes) for party, shapes in held.items()},
        )


def _publisher(file: Path, whole: dict[str, Any], issues: list[Issue]) -> str:
    named = {
        str(given["publisher"])
        for given in (whole, *(f.get("properties") or {} for f in whole["features"]))
        if given.get("publisher")
    }
    if named:
        return ", ".join(sorted(named))
    message = "it does not say who published it"
    repair = 'add `"publisher": "..."` beside `features`'
    issues.append(_issue(file, None, message, repair=repair, warning=True))
    return f"not named ({file.name})"


def _origin(file: Path, whole: dict[str, Any]) -> Origin:
    named = {
        str(given["origin"])
        for given in (whole, *(f.get("properties") or {} for f in whole["features"]))
        if given.get("origin")
    } or {str(Origin.OBSERVED)}
    if len(named) > 1 or not named <= set(Origin):
        message = f"its origin is {', '.join(sorted(named))}"
        repair = f"one of {', '.join(Origin)}, and one for the whole file"
        raise unusable("origin_mixed", str(file), message, repair=repair)
    return Origin(named.pop())


def _overlaps(file: Path, layers: Sequence[ControlLayer]) -> Iterator[Issue]:
    for layer in layers:
        parties = sorted(layer.held)
        for i, first in enumerate(parties):
            for second in parties[i + 1 :]:
                shared = layer.held[first].intersection(layer.held[second])
                area = _km2(shared)
                if area >= SMALLEST_OVERLAP_KM2:
                    yield Issue(
                        code="control_overlap",
                        where=Where(file=str(file), field="party"),
                        message=f"{first} and {second} are both said to hold"
                        f" {area:,.0f} km2",
                        repair="that ground counts as undetermined",
                        warning=True,
                    )


def _km2(shape: BaseGeometry) -> float:
    if shape.is_empty:
        return 0.0
    narrowing = float(np.cos(np.radians(shape.centroid.y)))
    return float(shape.area) * _KM_PER_DEGREE**2 * narrowing


# --- a dated table


def _dated(file: Path, known: Sequence[SourceDescription]) -> Outcome[Control]:
    names = _column_names(file)
    described = [
        (source, areas)
        for source in known
        if source.connector == "control"
        and (areas := msgspec.convert(source.table, DatedAreas)).columns <= names
    ]
    if len(described) != 1:
        _not_described(file, names)
    source, areas = described[0]
    frame = _table(file, areas)
    issues: list[Issue] = []
    layers = tuple(_dated_layers(file, frame, areas, issues))
    _refuse_errors(issues)
    control = Control(
        publisher=source.publisher,
        origin=source.origin,
        layers=layers,
        sigma_m=source.sigma_m,
    )
    return Outcome(records=control, issues=tuple(issues))


def _column_names(file: Path) -> set[str]:
    try:
        return set(pa.parquet.read_schema(file).names)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _damaged(file, error) from error
    except OSError as error:
        message = f"it cannot be read: {error}"
        raise unusable("file_missing", str(file), message) from error


def _table(file: Path, areas: DatedAreas) -> pl.DataFrame:
    """Days and areas, oldest first."""
    types = {areas.date: pl.Date, areas.geometry: pl.String}
    try:
        with pa.OSFile(str(file)) as opened:
            table = pa.parquet.read_table(
                opened, columns=list(types), page_checksum_verification=True
            )
        table.validate(full=True)
        bare = pa.Table.from_arrays(table.columns, names=table.column_names)
        frame = pl.DataFrame(pl.from_arrow(bare)).cast(types)  # type: ignore[arg-type]
    except (
        OSError,
        pa.ArrowException,
        pl.exceptions.PanicException,  # damage that Arrow let pass
        pl.exceptions.PolarsError,
        UnicodeDecodeError,
    ) as error:
        raise _damaged(file, error) from error
    return frame.sort(areas.date)


def _damaged(file: Path, error: Exception) -> SourceUnusable:
    reason = str(error).partition("\n")[0]
    message = f"it is not whole or not a Parquet file: {reason}"
    return unusable("file_damaged", str(file), message, repair="get it again")


def _not_described(file: Path, names: set[str]) -> NoReturn:
    raise unusable(
        "control_invalid",
        str(file),
        f"no description of a control layer fits its columns {sorted(names)}",
        repair="give it as GeoJSON with the properties `party` and `valid_from`",
    )


def _dated_layers(
    file: Path, frame: pl.DataFrame, areas: DatedAreas, issues: list[Issue]
) -> Iterator[ControlLayer]:
    days = frame[areas.date].to_list()
    shapes = shapely.from_geojson(frame[areas.geometry].to_list(), on_invalid="ignore")
    last = None
    for number, (day, shape) in enumerate(zip(days, shapes, strict=True), start=1):
        if day is None or day == last or shape is None:
            why = "no area" if shape is None else f"no date of its own: {day}"
            issues.append(_issue(file, number, f"row {number} has {why}"))
            continue
        last = day
        whole = _mended(file, number, shape, issues)
        yield ControlLayer(valid_from=start_of_day(day), held={areas.party: whole})


def _issue(
    file: Path,
    number: int | None,
    message: str,
    *,
    repair: str = "",
    warning: bool = False,
) -> Issue:
    return Issue(
        code="control_invalid",
        where=Where(file=str(file), line=number),
        message=message,
        repair=repair,
        warning=warning,
    )


def _refuse_errors(issues: Sequence[Issue]) -> None:
    if any(not issue.warning for issue in issues):
        raise InputRefused(issues)
