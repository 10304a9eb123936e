"""Corridors of the past, as a source of claims lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tocsin.connectors.registry import read_source
from tocsin.coordination.corridors import Corridor, statements

__all__ = ["corridors"]


def corridors(file: Path, *, source_id: str = "corridors-2022") -> tuple[Corridor, ...]:
    """The corridors that a source of claims lists, each with both sides' statements.

    Raises:
        SourceUnusable: nothing of the file can be taken in.
    """
    reading = read_source(source_id, file)
    if reading.observations is None:
        return ()
    return tuple(_corridor(row) for row in reading.observations.to_pylist())


def _corridor(row: dict[str, Any]) -> Corridor:
    said = msgspec.json.decode(row["detail"] or "{}")
    return Corridor(
        corridor_id=row["observation_id"],
        on=row["t_start"],
        start=said.get("from") or row["place_name"] or "",
        end=said.get("to") or "",
        proposed_by=row["claimed_by"] or "",
        agreed=said.get("proposal") == "Agreed",
        outcome=said.get("outcome") or "unknown",
        statements=statements(said.get("statements") or ""),
        links=tuple(
            link.strip()
            for link in (said.get("link") or "").split(";")
            if link.strip().startswith("http")
        ),
    )
