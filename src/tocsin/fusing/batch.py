"""From a file of observations to files of incidents and members.

Reads, checks, fuses, and attributes where a control layer is given. Both outputs are
written when both are complete; nothing is written where the input has a fault.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import connectors, findings, incidents
from tocsin.errors import InputRefused, OriginsMixed
from tocsin.findings import Weights
from tocsin.fusing.observed import read_observations
from tocsin.incidents import Params
from tocsin.model import Control, Issue, Origin, Where
from tocsin.store import write_durably

__all__ = [
    "Sifted",
    "fuse_file",
    "read_given",
    "read_layer",
    "read_params",
    "states_origin",
]


class Sifted(msgspec.Struct, frozen=True, kw_only=True):
    """What was fused, and everything that was wrong with the input."""

    observations: int
    incidents: pa.Table
    members: pa.Table
    leftover: pa.Table
    parties: tuple[str, ...]
    publisher: str | None
    issues: tuple[Issue, ...]


def fuse_file(
    file: Path,
    out: Path,
    members: Path,
    *,
    control_file: Path | None = None,
    params_file: Path | None = None,
    keep_going: bool = False,
) -> Sifted:
    """Fuse a file, write INCIDENTS and MEMBERS.

    Args:
        file: observations, Parquet.
        out: for INCIDENTS, Parquet.
        members: for MEMBERS, Parquet.
        control_file: a control layer; its parties become columns.
        params_file: parameters that replace those of Tocsin, TOML.
        keep_going: leave faulty rows out instead of refusing the file.

    Raises:
        InputRefused: something in the input has a fault; all are listed.
        OriginsMixed: observations and control layer are of different origin.
    """
    observations, control, issues = read_given(
        file, control_file, keep_going=keep_going
    )
    params, weights = read_params(params_file)
    sifted = sift(observations, control, params, weights)
    _refuse_rings(sifted.issues, keep_going=keep_going)
    write_durably(members, _parquet(sifted.members))
    write_durably(out, _parquet(sifted.incidents))
    return msgspec.structs.replace(sifted, issues=(*issues, *sifted.issues))


def sift(
    observations: pa.Table, control: Control | None, params: Params, weights: Weights
) -> Sifted:
    """Fuse OBSERVATIONS, and attribute them to the parties of the control layer."""
    parties = control.parties if control else ()
    fused = incidents.fuse(observations, sources=(), parties=parties, params=params)
    made, issues = fused.records.incidents, list(fused.issues)
    if parties:
        attributed = findings.attribute(
            made,
            fused.records.members,
            observations,
            parties=parties,
            control=control,
            sources=(),
            weights=weights,
        )
        made = attributed.records.incidents
        issues += attributed.issues
    return Sifted(
        observations=observations.num_rows,
        incidents=made,
        members=fused.records.members,
        leftover=fused.records.leftover,
        parties=parties,
        publisher=control.publisher if control else None,
        issues=tuple(issues),
    )


def read_given(
    file: Path, control_file: Path | None, *, keep_going: bool = False
) -> tuple[pa.Table, Control | None, tuple[Issue, ...]]:
    """Observations and control layer, of one origin; every fault of both at once."""
    faults: list[Issue] = []
    control: Control | None = None
    issues: list[Issue] = []
    if control_file is not None:
        try:
            control, told = _control(control_file, keep_going=keep_going)
            issues += told
        except InputRefused as refused:
            faults += refused.issues
    try:
        origin = control.origin if control else None
        outcome = read_observations(file, origin=origin, keep_going=keep_going)
    except InputRefused as refused:
        raise InputRefused([*refused.issues, *faults]) from None
    if faults:
        raise InputRefused([*outcome.issues, *faults])
    observations = outcome.records
    control = _of_one_origin(observations, control, control_file)
    return observations, control, (*issues, *outcome.issues)


def read_layer(file: Path) -> Control:
    """A control layer that has no fault.

    Raises:
        InputRefused: it cannot be read, or its shapes cross or overlap.
    """
    return _control(file, keep_going=False)[0]


def states_origin(file: Path) -> bool:
    """Whether a control layer says itself what it is part of."""
    told = file.suffix.casefold() not in {".json", ".geojson"}
    return told or b'"origin"' in file.read_bytes()


def _control(file: Path, *, keep_going: bool) -> tuple[Control, tuple[Issue, ...]]:
    """The layer; crossed or overlapping shapes are faults unless forgiven."""
    from tocsin.errors import SourceUnusable

    try:
        outcome = connectors.read_control(file)
    except SourceUnusable as unusable:
        raise InputRefused([unusable.issue]) from None
    shapes = [i for i in outcome.issues if _of_shapes(i)]
    if shapes and not keep_going:
        rest = [i for i in outcome.issues if not _of_shapes(i)]
        raise InputRefused([
            *rest, *(msgspec.structs.replace(i, warning=False) for i in shapes)
        ])  # fmt: skip
    return outcome.records, outcome.issues


def _of_shapes(issue: Issue) -> bool:
    return issue.code == "control_overlap" or "crosses itself" in issue.message


def _of_one_origin(
    observations: pa.Table, control: Control | None, file: Path | None
) -> Control | None:
    """The layer, as of the observations' origin where it states none itself."""
    if control is None or not observations.num_rows or file is None:
        return control
    origin = Origin(observations["origin"][0].as_py())
    if control.origin == origin:
        return control
    if not states_origin(file):
        return msgspec.structs.replace(control, origin=origin)
    raise OriginsMixed(f"observations are {origin}, control is {control.origin}")


def _refuse_rings(issues: Sequence[Issue], *, keep_going: bool) -> None:
    rings = [i for i in issues if i.code == "repost_cycle"]
    if rings and not keep_going:
        faults = [msgspec.structs.replace(i, warning=False) for i in rings]
        raise InputRefused(faults)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


# --- parameters


def read_params(file: Path | None) -> tuple[Params, Weights]:
    """The parameters of fusion and attribution, with what a file says instead.

    The file holds tables of ``fusion.toml``, as few as are to differ, and those of
    ``attribution.toml`` under ``[attribution]``.

    Raises:
        InputRefused: the file cannot be read, or a value is out of its bounds.
    """
    params, weights = incidents.load_params(), findings.load_weights()
    if file is None:
        return params, weights
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
        of_weights = given.pop("attribution", {})
        return (
            msgspec.convert(_over(msgspec.to_builtins(params), given), Params),
            msgspec.convert(_over(msgspec.to_builtins(weights), of_weights), Weights),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(file, "file_missing", f"it cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _wrong(file, "description_invalid", str(error)) from error


def _over(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = dict(own)
    for key, value in given.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _over(inner or {}, value) if both else value
    return merged


def _wrong(file: Path, code: str, message: str) -> InputRefused:
    repair = "see src/tocsin/incidents/fusion.toml for every parameter"
    where = Where(file=str(file))
    return InputRefused([Issue(code=code, where=where, message=message, repair=repair)])
