"""Write an exercise as the files that ``tocsin run`` reads, and the truth beside them.

``observations.parquet``, ``watch.parquet`` and ``register.parquet`` go to the sources
``exercise-observations``, ``exercise-watch`` and ``exercise-register``;
``control.geojson`` goes to ``--control``. The folder ``truth`` is for :func:`score`
alone: nothing in the pipeline reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import WrongUse
from tocsin.exercise.generate import Exercise

__all__ = ["FILES", "write"]

FILES: Final = {
    "observations": "observations.parquet",
    "watch": "watch.parquet",
    "register": "register.parquet",
    "truth_events": "truth/events.parquet",
    "truth_members": "truth/members.parquet",
    "truth_breaches": "truth/breaches.parquet",
}
"""Table of the exercise -> file in the folder."""


def write(exercise: Exercise, folder: Path) -> dict[str, Path]:
    """Write all tables and the control layer; each file appears whole or not at all.

    Returns:
        The name of each table, and ``control``, with its file.

    Raises:
        WrongUse: the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise WrongUse(f"{folder} is a file; name a folder to write the exercise to")
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    written = {name: folder / file for name, file in FILES.items()}
    for name, path in written.items():
        table = _marked(getattr(exercise, name), exercise.scenario.origin)
        _whole(path, partial(pq.write_table, table, compression="zstd"))
    written["control"] = folder / "control.geojson"
    control = exercise.control | {"origin": exercise.scenario.origin}
    text = json.dumps(control, ensure_ascii=False) + "\n"
    _whole(written["control"], partial(_save, text.encode()))
    return written


def _marked(table: pa.Table, origin: str) -> pa.Table:
    """With the origin in the file itself, so that it cannot be taken for evidence."""
    return table.replace_schema_metadata({b"origin": origin.encode()})


def _save(data: bytes, to: Path) -> None:
    to.write_bytes(data)


def _whole(path: Path, save: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    save(part)
    part.replace(path)
