"""An entry of the duty log: what an officer confirmed, and the rows that it becomes.

In go the answers to a form, or a sentence that was understood; out comes an
:class:`Entry` and what is wrong with it. Its rows have Tocsin's own columns, one for
each item. The place of an item is a sector around the observer, never a point; only a
restriction happens where its patrol stands, and that place is a square kilometre.

Delays are computed, and one that is stated and disagrees is flagged; which of the
figures is wrong is not decided here.

>>> day = datetime(2025, 3, 3, tzinfo=UTC)
>>> waited = delay(clock("12:11", day), clock("12:33", day), stated_min=43)
>>> waited.minutes
22
>>> waited.flag
'43 min are stated, 12:11 to 12:33 UTC is 22 min; leaving at 12:33 after 43 min means
arriving at 11:50: one of the three is wrong'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tocsin.errors import WrongUse
from tocsin.evidence.coarsen import GRID_DEG
from tocsin.evidence.mapping import near
from tocsin.evidence.sentence import Item, Understood, understand
from tocsin.model import (
    VOCABULARY,
    Issue,
    Origin,
    Outcome,
    Record,
    Where,
    content_id,
    instant,
    utc_text,
)
from tocsin.model.places import COARSEST_M

__all__ = ["Delay", "Entry", "Field", "Form", "clock", "delay", "fill_in", "forms"]
__all__ += ["entry_rows", "item_of", "position"]

AGREES_MIN: Final = 1
"""Minutes by which a stated delay may differ: clocks are read to the minute."""


class Field(Record, frozen=True, kw_only=True):
    """One question of a form."""

    name: str
    ask: str
    words: str | None = None
    kind: str = "text"
    required: bool = False


class Form(Record, frozen=True, kw_only=True):
    """A form of the duty log; forms are data (``forms.toml``)."""

    title: str
    platform: str
    means: str
    sentence: bool
    fields: tuple[Field, ...] = ()


class Entry(Record, frozen=True, kw_only=True):
    """What an officer confirmed.

    Attributes:
        observer: longitude and latitude of the observer, or None: not stated.
        open: what is not settled; the handover prints it.
        answers: the filled fields of the form.
        withdraws: id of the entry that this one corrects, or "": none.
    """

    form: str
    origin: Origin
    logged_at: datetime
    logged_by: str
    t_start: datetime
    t_end: datetime
    platform: str
    means: str
    observer: tuple[float, float] | None = None
    items: tuple[Item, ...] = ()
    sentence: str = ""
    note: str = ""
    open: tuple[str, ...] = ()
    answers: dict[str, str | int] = {}
    withdraws: str = ""

    @property
    def entry_id(self) -> str:
        """Names the entry; the same content has the same name."""
        return content_id(self)[:12]


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long somebody was kept, and what disagrees."""

    minutes: int
    flag: str = ""


@cache
def forms() -> dict[str, Form]:
    """Every form, by name."""
    text = files("tocsin.evidence").joinpath("forms.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Form])


def item_of(answers: Mapping[str, str], *, language: str = "en") -> Item:
    """One item from the answers to the form ``item``.

    >>> item_of({"kind": "shot", "count": "3", "place": "1-2km N"}).place.bearing_deg
    0.0
    """
    where = f"1 shot {answers.get('place', '')}"
    place = understand(where, language=language).items[0].place
    count = answers.get("count")
    words = {k: v for k, v in answers.items() if k not in {"place", "count"}}
    if count is not None:
        words = {"count_qualifier": "exact", **words}
    return Item(place=place, count=int(count) if count else None, **words)  # type: ignore[arg-type]


def position(text: str) -> tuple[float, float]:
    """Longitude and latitude of ``37.5,48.1``.

    Raises:
        WrongUse: it is no position.
    """
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError as error:
        message = f"`{text}` is no position; write LON,LAT in degrees, as in 37.5,48.1"
        raise WrongUse(message) from error
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004  # degrees
        raise WrongUse(f"`{text}`: longitude is within 180, latitude within 90 degrees")
    return lon, lat


def clock(
    text: str, day: datetime, *, zone: str = "UTC", after: datetime | None = None
) -> datetime:
    """The instant of ``21:10`` on a day of a zone, or of a whole time with its zone.

    Args:
        after: an hour that lies before it is meant on the next day.

    Raises:
        WrongUse: it is no time, or the hour never was because clocks went forward.
    """
    if not re.fullmatch(r"\d{1,2}:\d{2}", text.strip()):
        return instant(text.strip())
    try:
        there = ZoneInfo(zone)
        hour, minute = (int(part) for part in text.split(":"))
        local = day.astimezone(there).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise WrongUse(f"`{text}` in `{zone}` is no time: {error}") from error
    if after is not None and local < after:
        local += timedelta(days=1)
    at = local.astimezone(UTC)
    if at.astimezone(there).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise WrongUse(f"`{text}` never was in {zone}: clocks went forward over it")
    return at


def delay(
    arrived: datetime, left: datetime, *, stated_min: float | None = None
) -> Delay:
    """Minutes between two times, and a flag where another figure is stated."""
    minutes = round((left - arrived).total_seconds() / 60)
    if stated_min is None or abs(stated_min - minutes) <= AGREES_MIN:
        return Delay(minutes=minutes)
    begin = left - timedelta(minutes=stated_min)
    span = f"{arrived:%H:%M} to {left:%H:%M} UTC"
    flag = (
        f"{stated_min:g} min are stated, {span} is {minutes} min; leaving at"
        f" {left:%H:%M} after {stated_min:g} min means arriving at {begin:%H:%M}: one"
        " of the three is wrong"
    )
    return Delay(minutes=minutes, flag=flag)


# --- filling in ----------------------------------------------------------------------


def fill_in(
    form_name: str,
    answers: Mapping[str, str],
    *,
    said: Understood | None,
    about: Mapping[str, Any],
    zone: str = "UTC",
) -> Outcome[Entry | None]:
    """The entry that these answers make; None where a field is wrong.

    Args:
        answers: field of the form -> what was answered; empty answers are left out.
        said: what a sentence said, or None: there was none.
        about: the other fields of :class:`Entry`; ``at`` and ``until`` give its times
            where neither sentence nor answers do.
        zone: of hours without a zone.
    """
    form = forms()[form_name]
    issues = tuple(_wrong(form_name, form, answers))
    if issues:
        return Outcome(records=None, issues=issues)
    start, end, flags = _times(answers, said, about, zone)
    known = {field.name: field for field in form.fields}
    values: dict[str, str | int] = {
        name: int(value) if known[name].kind == "number" else value
        for name, value in answers.items()
    }
    items, opened = (said.items, said.open) if said else ((), ())
    if said:
        opened += tuple(f"not understood: {words}" for words in said.not_understood)
    if form_name == "restriction":
        values |= flags.pop("values")
        if "outcome" not in values:
            opened += ("the outcome is not stated",)
    opened += tuple(flags["open"])
    if end > about["logged_at"]:
        opened += ("it ends after it was logged: a time or a clock is wrong",)
    if about.get("observer") is None:
        opened += ("the observer's position is not stated: nothing of it has a place",)
    entry = Entry(
        form=form_name,
        t_start=start,
        t_end=end,
        items=items,
        open=opened,
        answers=values,
        **{k: v for k, v in about.items() if k not in {"at", "until"}},
    )
    return Outcome(records=entry)


def _wrong(form_name: str, form: Form, answers: Mapping[str, str]) -> Iterable[Issue]:
    """What no field of the form takes, and what is missing."""
    known = {field.name: field for field in form.fields}
    for name, value in answers.items():
        if name not in known:
            message = f"the form `{form_name}` has no field `{name}`"
            yield _issue(form_name, name, message, near(name, known))
        else:
            yield from _wrong_value(form_name, known[name], value)
    for field in form.fields:
        if field.required and field.name not in answers:
            yield _issue(form_name, field.name, "it is required and empty", "")


def _wrong_value(form_name: str, field: Field, value: str) -> Iterable[Issue]:
    if field.words is not None and value not in VOCABULARY[field.words]:
        words = VOCABULARY[field.words]
        repair = near(value, words) or f"one of {', '.join(words)}"
        yield _issue(form_name, field.name, f"`{value}` is no {field.words}", repair)
    if field.kind == "number" and not value.isdecimal():
        yield _issue(form_name, field.name, f"`{value}` is no whole number", "")


def _issue(form_name: str, field: str, message: str, repair: str) -> Issue:
    where = Where(file=f"form {form_name}", field=field)
    return Issue(code="value_invalid", where=where, message=message, repair=repair)


def _times(
    answers: Mapping[str, str],
    said: Understood | None,
    about: Mapping[str, Any],
    zone: str,
) -> tuple[datetime, datetime, dict[str, Any]]:
    """Begin, end, and what was computed of them.

    Raises:
        WrongUse: a time is no time.
    """
    day: datetime = about["at"]
    start, end = day, about.get("until") or day
    flags: dict[str, Any] = {"open": [], "values": {}}
    if said and said.times:
        start = clock(said.times[0], day, zone=zone)
        end = clock(said.times[-1], day, zone=zone, after=start)
    if "arrived" in answers:
        start = end = clock(answers["arrived"], day, zone=zone)
    if "left" in answers:
        end = clock(answers["left"], day, zone=zone, after=start)
        stated = answers.get("stated_delay_min")
        waited = delay(start, end, stated_min=float(stated) if stated else None)
        flags["values"] = {"delay_min": waited.minutes}
        flags["open"] = [waited.flag] if waited.flag else []
    if end < start:
        raise WrongUse(f"it ends, {utc_text(end)}, before it starts, {utc_text(start)}")
    return start, end, flags


# --- rows ----------------------------------------------------------------------------


def entry_rows(entry: Entry) -> list[dict[str, Any]]:
    """The entry as rows in Tocsin's own columns, ready to be written as JSON."""
    base = {
        "origin": str(entry.origin),
        "nature": "event",
        "platform": entry.platform,
        "means": entry.means,
        "t_start": utc_text(entry.t_start),
        "t_end": utc_text(entry.t_end),
        "received_at": utc_text(entry.logged_at),
        "detail": _detail(entry),
    }
    if entry.form == "restriction":
        return [base | _restriction(entry)]
    return [base | _item(entry, item, n) for n, item in enumerate(entry.items, start=1)]


def _detail(entry: Entry) -> str:
    """What else the entry says, as JSON with sorted names."""
    whole: dict[str, Any] = {
        "entry": entry.entry_id,
        "form": entry.form,
        "logged_by": entry.logged_by,
        "note": entry.note,
        "open": list(entry.open),
        "sentence": entry.sentence,
        "withdraws": entry.withdraws,
        **entry.answers,
    }
    said = {name: value for name, value in whole.items() if value not in ("", [])}
    return msgspec.json.encode(said, order="sorted").decode()


def _restriction(entry: Entry) -> dict[str, Any]:
    case = entry.answers.get("case")
    row: dict[str, Any] = {
        "kind": "restriction",
        "restriction": entry.answers["restriction"],
        "derived_from": f"manual-log {case}"
        if case
        else f"manual-log {entry.entry_id}",
    }
    if entry.observer is not None:
        lon, lat = (round(round(x / GRID_DEG) * GRID_DEG, 6) for x in entry.observer)
        row |= {"lon": lon, "lat": lat, "sigma_m": COARSEST_M}
    return row


def _item(entry: Entry, item: Item, number: int) -> dict[str, Any]:
    row = {
        name: getattr(item, name)
        for name in (
            *("kind", "count", "count_qualifier", "assessment", "setting", "weapon"),
            *("fire_bearing_deg", "fire_kappa"),
        )
    }
    row |= {"means": item.means or entry.means, "item": number}
    if entry.observer is not None:
        lon, lat = entry.observer
        row |= {"observer_lon": lon, "observer_lat": lat}
        if item.place is not None:
            row |= msgspec.to_builtins(item.place)
    return {name: value for name, value in row.items() if value is not None}
