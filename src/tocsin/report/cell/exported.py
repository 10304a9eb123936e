"""A file of money, and the funds that it could not hold."""

from __future__ import annotations

from tocsin.model.records import Record

__all__ = ["Exported", "LeftOut"]


class LeftOut(Record, frozen=True, kw_only=True):
    """A fund that a format cannot hold, and why."""

    fund_id: str
    why: str


class Exported(Record, frozen=True, kw_only=True):
    """A file, and what it could not hold."""

    data: bytes
    left_out: tuple[LeftOut, ...] = ()
