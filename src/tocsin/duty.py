"""The duty log from the first question to the last line: what `tocsin log` does.

Asking, saying and the time are arguments. Without somebody to ask, what is missing is
an error, and nothing is written that was not said to be right with ``--yes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.connectors import dialog, logbook
from tocsin.errors import InputRefused, WrongUse
from tocsin.evidence import (
    LANGUAGES,
    Entry,
    Form,
    Item,
    Understood,
    clock,
    fill_in,
    forms,
    item_of,
    near,
    position,
    understand,
)
from tocsin.model import VOCABULARY, Origin

__all__ = ["Told", "close", "handover", "pairs", "write"]

SHIFT: Final = timedelta(hours=12)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says; None or "": not said."""

    form: str
    sentence: str | None = None
    language: str = "en"
    observer: str | None = None
    at: str | None = None
    until: str | None = None
    zone: str = "UTC"
    platform: str | None = None
    by: str = ""
    origin: str = "observed"
    note: str = ""
    follow_up: str = ""
    corrects: str = ""
    answers: dict[str, str] = {}
    yes: bool = False
    items: tuple[Item, ...] = ()


def pairs(given: Iterable[str]) -> dict[str, str]:
    """``FIELD=VALUE`` texts as a dictionary.

    Raises:
        WrongUse: one has no equals sign.
    """
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise WrongUse(f"--set {text}: write it as FIELD=VALUE")
        found[name.strip()] = value.strip()
    return found


def write(
    file: Path,
    told: Told,
    *,
    now: datetime,
    ask: dialog.Ask | None,
    say: Callable[[str], Any],
) -> str:
    """Fill in the form, have it confirmed, add it to the log; gives what was done.

    Args:
        ask: asks a person, or None: nobody is there, and all is said already.

    Raises:
        InputRefused: a field of the form is wrong; all of them are listed.
        WrongUse: something is missing, or no time, position, word or form; or there is
            no entry to correct.
    """
    form = _form(told)
    if told.corrects:
        whole = logbook.to_correct(file, told.corrects)
        told = msgspec.structs.replace(told, corrects=whole)
    before = logbook.last_entry(file)
    if ask is not None:
        told = _asked(told, form, before, now, ask, say)
    entry = _entry(told, form, now)
    for line in dialog.shown(entry, form.title):
        say(line)
    if not told.yes and ask is None:
        raise WrongUse("nobody is there to confirm it; give --yes to keep it")
    if not told.yes and ask is not None and not _confirmed(ask):
        return "not kept"
    lines = logbook.add(file, entry)
    return f"{entry.entry_id}: {lines} {'line' if lines == 1 else 'lines'} in {file}"


def handover(
    file: Path, *, since: str | None, until: str | None, now: datetime
) -> Iterator[str]:
    """The lines of the handover.

    Raises:
        WrongUse: there is no log, or a text is no time.
    """
    end = now + timedelta(seconds=1) if until is None else clock(until, now)
    start = end - SHIFT if since is None else clock(since, now)
    return logbook.handover(file, since=start, until=end).lines()


def close(file: Path, entry: str, *, by: str, words: str, now: datetime) -> str:
    """Close an entry; says which.

    Raises:
        WrongUse: the beginning of its id fits none, or several.
    """
    return f"{logbook.close(file, entry, by=by, words=words, at=now)}: closed"


def _form(told: Told) -> Form:
    _one_of("--form", told.form, tuple(name for name in forms() if name != "item"))
    _one_of("--language", told.language, LANGUAGES)
    _one_of("--origin", told.origin, tuple(Origin))
    if told.platform is not None:
        _one_of("--platform", told.platform, VOCABULARY["platform"])
    return forms()[told.form]


def _one_of(option: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        repair = near(word, words) or f"one of {', '.join(words)}"
        raise WrongUse(f"{option} {word}: {repair}")


def _asked(
    told: Told,
    form: Form,
    before: dict[str, Any],
    now: datetime,
    ask: dialog.Ask,
    say: Callable[[str], Any],
) -> Told:
    """What is not said, asked for; Enter takes what the last entry said."""
    say(f"{form.title}. Enter takes what stands in brackets or leaves a field out.")
    found: dict[str, Any] = {}
    if told.observer is None:
        last = [before.get("observer_lon"), before.get("observer_lat")]
        default = ",".join(f"{x}" for x in last) if None not in last else ""
        found["observer"] = dialog.ask_until_right(
            "Observer's position, LON,LAT", default, _position_or_none, ask, say
        )
    if told.at is None:
        found["at"] = dialog.ask_until_right(
            f"When ({told.zone}; HH:MM today, or with date and zone)",
            f"{now:%Y-%m-%dT%H:%MZ}",
            lambda text: _not_after(now, text, told.zone).isoformat(),
            ask,
            say,
        )
    if form.sentence and told.sentence is None:
        question = "What was observed, in one sentence (Enter for a form)"
        found["sentence"] = ask(question, "").strip()
        if not found["sentence"]:
            found["items"] = tuple(_items(ask, say, told.language))
    answers = dialog.ask_fields(form, told.answers, ask, say)
    return msgspec.structs.replace(told, answers=answers, **found)


def _items(ask: dialog.Ask, say: Callable[[str], Any], language: str) -> Iterator[Item]:
    """One item after the other, until there is no other."""
    more = "y"
    while more.casefold().startswith("y"):
        answers = dialog.ask_fields(forms()["item"], {}, ask, say)
        yield item_of(answers, language=language)
        more = ask("Another thing? (y/n)", "n").strip()


def _position_or_none(text: str) -> str | None:
    if not text:
        return None
    position(text)
    return text


def _entry(told: Told, form: Form, now: datetime) -> Entry:
    if form.sentence and not told.sentence and not told.items:
        raise WrongUse("nothing was said to have been observed; give --sentence TEXT")
    at = now if told.at is None else _not_after(now, told.at, told.zone)
    until = (
        None if told.until is None else clock(told.until, at, zone=told.zone, after=at)
    )
    said = None
    if told.sentence:
        said = understand(told.sentence, language=told.language)
    if told.items:
        said = Understood(items=told.items)
    about = {
        "at": at,
        "until": until,
        "origin": Origin(told.origin),
        "logged_at": now,
        "logged_by": told.by,
        "platform": told.platform or form.platform,
        "means": form.means,
        "observer": None if told.observer is None else position(told.observer),
        "sentence": told.sentence or "",
        "note": told.note,
        "withdraws": told.corrects,
    }
    made = fill_in(told.form, told.answers, said=said, about=about, zone=told.zone)
    if made.records is None:
        raise InputRefused(made.issues)
    if told.follow_up:
        opened = (*made.records.open, f"follow up: {told.follow_up}")
        return msgspec.structs.replace(made.records, open=opened)
    return made.records


def _not_after(now: datetime, text: str, zone: str) -> datetime:
    """The instant that is meant; an hour still to come is that of the day before."""
    at = clock(text, now, zone=zone)
    bare = len(text.strip()) <= len("21:10")
    return at - timedelta(days=1) if bare and at > now else at


def _confirmed(ask: dialog.Ask) -> bool:
    return ask("Keep it? (y/n)", "y").strip().casefold() in {
        "y",
        "yes",
        "так",
        "oui",
        "да",
    }
