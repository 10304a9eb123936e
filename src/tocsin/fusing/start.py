"""How a live stream begins: from what stands already, or from nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin import incidents
from tocsin.errors import WrongUse
from tocsin.fusing.batch import read_layer, read_params, states_origin
from tocsin.fusing.naming import Naming
from tocsin.fusing.observed import read_observations
from tocsin.fusing.stream import Stream
from tocsin.incidents import Live
from tocsin.model import instant

__all__ = ["live_stream"]


def live_stream(
    before: Path | None,
    params_file: Path | None,
    *,
    now: Callable[[], datetime],
    inside: bool = False,
    replay: bool = False,
    control_file: Path | None = None,
) -> Stream:
    """A stream over what stands before.

    Args:
        before: observations, Parquet; they set the epoch. None: nothing stands.
        params_file: parameters that replace those of Tocsin.
        now: the clock.
        inside: nothing is held back.
        replay: the clock is each line's ``received_at``.
        control_file: who is said to control which ground; its parties are named.

    Raises:
        InputRefused: what stands before, or the layer, has faults.
    """
    params, weights = read_params(params_file)
    control = read_layer(control_file) if control_file else None
    table = read_observations(before).records if before else None
    if table is None or not table.num_rows:
        live = Late(incidents.quiet_epoch(params), origin="", params=params)
    else:
        fused = incidents.fuse(table, sources=(), parties=(), params=params)
        origin = table["origin"][0].as_py()
        live = Late(fused.records.epoch, origin=origin, params=params)
        live.add(table)
    clock = _received if replay else lambda _row: now()
    naming = None
    if control is not None and control_file is not None:
        states = states_origin(control_file)
        naming = Naming(live, control, weights, states_origin=states)
    stream = Stream(live, clock=clock, inside=inside, naming=naming)
    if table is not None:
        stream.knows(table)
    return stream


class Late(Live):
    """A :class:`Live` whose origin is that of its first rows."""

    def add(self, rows: pa.Table) -> Any:
        """As :meth:`Live.add`."""
        if not self.origin and rows.num_rows:
            self.origin = rows["origin"][0].as_py()
        return super().add(rows)


def _received(row: dict[str, Any]) -> datetime:
    given = row.get("received_at")
    if not isinstance(given, str):
        raise WrongUse("--replay needs `received_at` in every line")
    return instant(given)
