"""The duty log in the terminal: what is asked, in which order, and how it is shown.

Asking and saying are arguments, so that the dialog is the same for a terminal and for
a test. A night camera log is one sentence, an answer or two, and a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from tocsin.errors import WrongUse
from tocsin.evidence import Entry, Form, Item, near
from tocsin.model import VOCABULARY, utc_text

__all__ = ["ask_fields", "ask_until_right", "shown"]

Ask = Callable[[str, str], str]
"""Asked a question with the answer that Enter gives; gives what was typed."""
Say = Callable[[str], None]
T = TypeVar("T")


def ask_fields(
    form: Form, given: Mapping[str, str], ask: Ask, say: Say
) -> dict[str, str]:
    """Answers to the fields of a form that are not given; Enter leaves one out."""
    answers = dict(given)
    for field in form.fields:
        if field.name in answers:
            continue
        if field.words is not None:
            say("  " + ", ".join(VOCABULARY[field.words]))
        mark = " *" if field.required else ""
        while True:
            answer = ask(f"{field.ask}{mark}", "").strip()
            if field.words is not None and answer:
                answer = _word(answer, VOCABULARY[field.words], say)
            elif field.kind == "number" and answer and not answer.isdecimal():
                say(f"  `{answer}` is no whole number")
                continue
            if answer or not field.required:
                break
        if answer:
            answers[field.name] = answer
    return answers


def _word(answer: str, words: tuple[str, ...], say: Say) -> str:
    """The word of the list that is meant; the beginning of it is enough."""
    typed = answer.casefold().replace(" ", "_").replace("-", "_")
    if typed in words:
        return typed
    found = [word for word in words if word.startswith(typed)]
    if len(found) == 1:
        return found[0]
    say(f"  `{answer}`: {', '.join(found) or near(typed, words) or 'no such word'}")
    return ""


def ask_until_right(
    question: str, default: str, read: Callable[[str], T], ask: Ask, say: Say
) -> T:
    """What ``read`` makes of the answer; asked again while it is wrong."""
    while True:
        try:
            return read(ask(question, default).strip())
        except WrongUse as wrong:
            say(f"  {wrong}")


def shown(entry: Entry, title: str) -> Iterator[str]:
    """The filled form, line by line, to be confirmed."""
    yield f"{title}, {utc_text(entry.t_start)} to {utc_text(entry.t_end)}"
    where = "position not stated"
    if entry.observer is not None:
        lon, lat = entry.observer
        where = f"observer at {lon:.4f}, {lat:.4f}"
    yield f"  {entry.platform}, {where}"
    for number, item in enumerate(entry.items, start=1):
        yield f"  {number}. {_item(item, entry)}"
    for name, value in entry.answers.items():
        yield f"  {name}: {value}"
    if entry.note:
        yield f"  note: {entry.note}"
    if entry.withdraws:
        yield f"  in place of {entry.withdraws}, which no longer counts"
    for one in entry.open:
        yield f"  ! {one}"


def _item(item: Item, entry: Entry) -> str:
    count = "number not stated" if item.count is None else str(item.count)
    if item.count_qualifier == "uncountable":
        count = "uncountable"
    elif item.count_qualifier not in {None, "exact"}:
        count = f"{item.count_qualifier} {count}"
    parts = [count, item.kind or "?", item.means or entry.means]
    parts += [word for word in (item.assessment, item.setting, item.weapon) if word]
    if item.fire_bearing_deg is not None:
        parts.append(f"fire towards {item.fire_bearing_deg:.0f}°")
    return f"{', '.join(parts)}; {_place(item)}"


def _place(item: Item) -> str:
    if item.place is None:
        return "no distance and no direction"
    area = item.place.area_km2
    size = "" if area is None else f" ({area:.1f} km²)"
    return f"{item.place.words()}{size}"
