"""Acts on record: one row of the register, before it is a table."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tocsin.model import REGISTER, Record

__all__ = ["Act", "register_table"]

_ARRIVAL_S = 1_800  # the record reaches the mission half an hour after the act


class Act(Record, frozen=True, kw_only=True):
    """An act on record.

    Attributes:
        at_h: hours since the exercise began.
        party: the party, state or body that acts.
        subject: site, clause or proposal.
    """

    act: str
    at_h: float
    party: str
    target_party: str | None = None
    sector: str | None = None
    subject: str | None = None
    vote: str | None = None


def register_table(acts: Sequence[Act], *, start_us: int, origin: str) -> pa.Table:
    """The acts in the order of time, as REGISTER without the columns of raw rows."""
    ordered = sorted(acts, key=lambda act: (act.at_h, act.act, act.party))
    fields = [field for field in REGISTER if not field.name.startswith("raw_")]
    words = ("act", "party", "target_party", "sector", "subject", "vote")
    given = {name: [getattr(act, name) for act in ordered] for name in words}
    times = [start_us + round(act.at_h * 3600) * 1_000_000 for act in ordered]
    given |= {"t": times, "received_at": [t + _ARRIVAL_S * 1_000_000 for t in times]}
    given |= {"origin": [origin] * len(ordered)}
    given |= {"source_id": [f"{origin}-register"] * len(ordered)}
    columns = [pa.array(given[field.name], field.type) for field in fields]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))
