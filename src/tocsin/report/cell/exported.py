"""A file of money, and the funds that it could not hold."""

from __future__ import annotations

from tocsin.model.records import Record

__all__ = ["Exported"]


class Exported(Record, frozen=True, kw_only=True):
    """A file, and the ids of the funds that it could not hold."""

    data: bytes
    left_out: tuple[str, ...] = ()
