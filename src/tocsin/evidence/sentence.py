"""One sentence of a duty officer -> a filled form, and what was not understood.

In goes what somebody typed at night; out come items (what, how many, how meant,
assessed as what), the sector they were in, times and means, in the words of the closed
vocabulary. Nothing is guessed: a word that no list of words has is handed back, a
mortar without its calibre stays open, a distance and a wind stay a sector.

The shape of these sentences: counted items in a list, each later one perhaps without
its noun (`23 explosions assessed as outgoing, nine as impacts`); a place before, after
or between them, which stands for the items before it that have none, else for those
after it; a breakdown in brackets (`12 explosions (nine impacts)`), which takes its
figures out of the whole.

>>> said = understand(
...     "2-4km SE, recorded about 45 explosions and 36 projectiles in flight"
...     " (mostly W to E), 2 flares"
... )
>>> [(item.kind, item.count_qualifier, item.count) for item in said.items]
[('explosion', 'about', 45), ('projectile_in_flight', 'exact', 36),
 ('illumination_flare', 'exact', 2)]
>>> said.items[1].fire_bearing_deg, said.items[0].place, said.not_understood
(90.0, Sector(bearing_deg=135.0, width_deg=22.5, range_min_m=2000.0,
 range_max_m=4000.0), ())
>>> understand("heard 3 flimflams 1km N").not_understood
('flimflams',)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from tocsin.errors import WrongUse
from tocsin.evidence.tongues import LANGUAGES, in_english, words_of
from tocsin.evidence.winds import WINDS, Sector, sector, towards

__all__ = ["Item", "Understood", "understand"]

KAPPA: Final = 6.5
"""Concentration of a direction of fire named by winds: one wind of standard error."""
KAPPA_MOSTLY: Final = 1.6
"""The same where it is said to hold for most only: two winds."""
LONGEST_PHRASE: Final = 6
OF_ITEMS: Final = ("means", "qualifier", "kind", "assessment", "setting", "weapon")
HOUR: Final = "([01]?[0-9]|2[0-3]):([0-5][0-9])"


_ROUNDS: Final = frozenset({"round", "rounds"})
_NOUNS: Final = {
    "airburst": "airburst",
    "impact": "explosion",
    "controlled_detonation": "explosion",
}
"""Assessments that stand for the thing itself where no noun does."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of the list; None: not said."""

    kind: str | None = None
    count: int | None = None
    count_qualifier: str | None = None
    assessment: str | None = None
    setting: str | None = None
    weapon: str | None = None
    means: str | None = None
    fire_bearing_deg: float | None = None
    fire_kappa: float | None = None
    place: Sector | None = None


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence says, in the vocabulary.

    Attributes:
        times: hours and minutes of begin and end, as typed; empty: not said.
        not_understood: the words that went nowhere, in order.
        open: what was understood and is not settled (a calibre that is missing).
    """

    items: tuple[Item, ...]
    times: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class _Token(msgspec.Struct, frozen=True):
    what: str
    value: Any
    text: str


def understand(text: str, *, language: str = "en") -> Understood:
    """The filled form of a sentence; see the head of this module.

    Args:
        language: one of :data:`LANGUAGES`. Words of English count in all of them.

    Raises:
        WrongUse: no list of words is of that language.
    """
    if language not in LANGUAGES:
        raise WrongUse(f"no words of `{language}` are known; {', '.join(LANGUAGES)}")
    reading = _Reading()
    for token in _tokens(in_english(text, language), _vocabulary(language)):
        reading.take(token)
    return reading.done()


# --- words ---------------------------------------------------------------------------

_WIND: Final = (
    r"(?:north|south)[ -]?(?:north|south)?[ -]?(?:east|west)|north|south|east|west"
    r"|[ns]n?s?[ew]|[ew][ns][ew]|[nsew]"
)
_ONE_WIND: Final = rf"(?<![\w'’])({_WIND})(?![\w'’])"
_AND: Final = r"(?:\s*(?:,|/|-|–)\s*|\s+(?:and|to|or)\s+)"
_NUMBER: Final = r"\d+(?:[.,]\d+)?"
_PATTERNS: Final = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        ("times", rf"(?<![\d:]){HOUR}(?:\s*(?:-|–|to|and|until)\s*{HOUR})?(?![\d:])"),
        ("calibre", rf"(?<![\w.,])({_NUMBER})\s?-?mm\b"),
        (
            "range",
            rf"(?<![\w.,])({_NUMBER})\s*(km|m)?\s*(?:-|–|to)\s*({_NUMBER})\s*(km|m)\b",
        ),
        ("distance", rf"(?<![\w.,])({_NUMBER})\s*(km|m)\b"),
        (
            "fire",
            rf"(?:(mostly|mainly)\s+)?(?:from\s+)?{_ONE_WIND}\s+to\s+{_ONE_WIND}",
        ),
        (
            "winds",
            rf"(?<![\w'’])(?:{_WIND})(?![\w'’])(?:{_AND}(?:{_WIND})(?![\w'’]))*",
        ),
        ("number", r"(?<![\w.])\d{1,3}(?:,\d{3})+(?![\w])|(?<![\w.])\d+(?![\w])"),
        ("mark", r"[(),;.:]"),
        ("word", r"[^\s(),;:]+"),
    )
)  # fmt: skip
_COUNTED: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen twenty"
)
_NUMBER_WORDS: Final = {word: n for n, word in enumerate(_COUNTED.split(), start=1)}


_Words = dict[str, tuple[str, Any]]


def _tokens(text: str, known: _Words) -> Iterator[_Token]:
    """The sentence in tokens; words that make a phrase are one."""
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        what, match = next(
            (what, match)
            for what, pattern in _PATTERNS
            if (match := pattern.match(text, at))
        )
        at = match.end()
        if what == "word":
            words.append(match[0].rstrip("."))
            continue
        yield from _phrases(words, known)
        words = []
        yield _Token(what, match, match[0])
    yield from _phrases(words, known)


def _phrases(words: Sequence[str], known: _Words) -> Iterator[_Token]:
    """Words -> the longest phrases that the vocabulary holds."""
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
            text = " ".join(words[at : at + length])
            found = _looked_up(text.casefold(), known)
            if found is not None:
                yield _Token(*found, text)
                at += length
                break
        else:
            yield _Token("unknown", None, words[at])
            at += 1


def _looked_up(phrase: str, known: _Words) -> tuple[str, Any] | None:
    if phrase in _NUMBER_WORDS:
        return "count", _NUMBER_WORDS[phrase]
    forms = [phrase, phrase.removesuffix("s"), phrase.removesuffix("es")]
    return next((known[form] for form in forms if form in known), None)


@cache
def _vocabulary(language: str) -> _Words:
    """Phrase -> what it is, and its word in the vocabulary."""
    known: _Words = {}
    for tables in (words_of("en"), words_of(language)):
        for phrase in tables["filler"]["words"]:
            known[phrase] = ("filler", None)
        for name, entry in tables["calibre"].items():
            for phrase in entry["words"]:
                known[phrase] = ("needs_calibre", (name, entry))
        for what in OF_ITEMS:
            for value, phrases in tables[what].items():
                known |= {phrase.casefold(): (what, value) for phrase in phrases}
    known |= {"mostly": ("filler", None), "mainly": ("filler", None)}
    return known | {"no": ("none", None)}


# --- the shape of the sentence -------------------------------------------------------


class _Reading:
    """Takes token after token; what it holds is the sentence so far."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.whole: int | None = None  # the item whose breakdown stands in brackets
        self.depth = 0
        self.qualifier: str | None = None
        self.means: str | None = None
        self.calibre: float | None = None
        self.mortar: _Token | None = None  # a weapon whose calibre may follow it
        self.times: tuple[str, ...] = ()
        self.winds: tuple[str, ...] = ()
        self.range: tuple[float | None, float | None] | None = None
        self.place: Sector | None = None  # said before any item that it could be of
        self.unused: Sector | None = None  # said after items that all have one
        self.article = False
        self.denied = False
        self.unknown: list[tuple[int, str]] = []
        self.open: list[str] = []
        self.n = 0

    def take(self, token: _Token) -> None:
        self.n += 1
        if token.what not in {"calibre", "filler"}:
            self.mortar = None
        if token.what not in {"winds", "range", "distance", "filler", "mark"}:
            self._place_ends()
        getattr(self, f"_{token.what}")(token)

    def done(self) -> Understood:
        self._place_ends()
        self._bracket_ends()
        if self.unused is not None:
            self.open.append(f"{self.unused.words()}: a second place, of no item")
        items = [self._completed(at) for at in range(len(self.items))]
        return Understood(
            items=tuple(item for item in items if item.kind is not None),
            times=self.times,
            not_understood=self._runs(),
            open=tuple(dict.fromkeys(self.open)),
        )

    # what each token does, in the order of the patterns

    def _times(self, token: _Token) -> None:
        hours = [part for part in token.value.groups() if part is not None]
        pairs = zip(hours[::2], hours[1::2], strict=True)
        self.times += tuple(f"{int(h):02}:{m}" for h, m in pairs)

    def _calibre(self, token: _Token) -> None:
        self.calibre = _float(token.value[1])
        if self.mortar is not None:  # `mortar of 82 mm`: the weapon came first
            weapon, self.mortar = self.mortar, None
            self.open.pop()
            self._needs_calibre(weapon)

    def _range(self, token: _Token) -> None:
        near, unit, far, unit_far = token.value.groups()
        edges = sorted((_metres(near, unit or unit_far), _metres(far, unit_far)))
        self._distances(edges[0], edges[1])

    def _distance(self, token: _Token) -> None:
        """One distance: as exact as its last digit but zeros; `about`, half of that."""
        number, unit = token.value.groups()
        at = _metres(number, unit)
        half = _metres(_last_digit(number), unit) / 2
        meant, self.qualifier = self.qualifier, None
        near, far = at - half, at + half
        if meant == "about":
            near, far = at - 2 * half, at + 2 * half
        elif meant in {"over", "at_least"}:
            self._distances(at, None)
            return
        elif meant == "up_to":
            near, far = 0.0, at
        self._distances(max(near, 0.0), far)

    def _distances(self, near: float | None, far: float | None) -> None:
        if self.range is not None:
            self._place_ends()
        self.range = (near, far)

    def _fire(self, token: _Token) -> None:
        mostly, origin, end = token.value.groups()
        bearing = towards(_wind(origin), _wind(end))
        if bearing is None or not self.items:
            self._unknown(token)
            return
        kappa = KAPPA_MOSTLY if mostly else KAPPA
        self._change(fire_bearing_deg=bearing, fire_kappa=kappa)

    def _winds(self, token: _Token) -> None:
        if self.winds:
            self._place_ends()
        found = re.findall(rf"(?<!\w)(?:{_WIND})(?!\w)", token.text, re.IGNORECASE)
        self.winds = tuple(_wind(word) for word in found)

    def _number(self, token: _Token) -> None:
        self._begin(int(token.text.replace(",", "")))

    def _count(self, token: _Token) -> None:
        self._begin(token.value)

    def _mark(self, token: _Token) -> None:
        if token.text == "(":
            self.depth += 1
            self.whole = len(self.items) - 1 if self.items else None
        elif token.text == ")":
            self.depth = max(self.depth - 1, 0)
            self._bracket_ends()

    def _means(self, token: _Token) -> None:
        self.means = token.value

    def _qualifier(self, token: _Token) -> None:
        self.qualifier = token.value
        if token.value == "uncountable":
            self._begin(None)

    def _kind(self, token: _Token) -> None:
        if self.denied:
            self.denied = False
            self.unknown.append((self.n, token.text))
            return
        told = bool(self.items) and self.items[-1].kind is not None
        if told and token.text.casefold() in _ROUNDS:
            return  # `howitzer rounds` are no shots of their own
        if not self.items or told:
            self._begin(1 if self.article else None)
        self._change(kind=token.value)

    def _assessment(self, token: _Token) -> None:
        self._of_last(token, "assessment")
        if self.items and self.items[-1].kind is None and token.value in _NOUNS:
            bare = len(self.items) == 1 or token.value == "airburst"
            self._change(kind=_NOUNS[token.value] if bare else None)

    def _setting(self, token: _Token) -> None:
        self._of_last(token, "setting")

    def _weapon(self, token: _Token) -> None:
        self._of_last(token, "weapon")

    def _needs_calibre(self, token: _Token) -> None:
        name, entry = token.value
        if self.calibre is None:
            self.open.append(f"{name}: calibre not stated, so the weapon is left open")
            self.mortar = token
            return
        below = self.calibre < entry["limit_mm"]
        weapon = entry["below"] if below else entry["from"]
        self.calibre = None
        if self.items:
            self._change(weapon=weapon)

    def _none(self, token: _Token) -> None:
        self.denied = True
        self.unknown.append((self.n, token.text))

    def _unknown(self, token: _Token) -> None:
        self.unknown.append((self.n, token.text))

    def _filler(self, token: _Token) -> None:
        """Nothing, but that `a drone` is one drone."""
        self.article |= token.text.casefold() in {"a", "an"}

    # items, places, brackets

    def _begin(self, count: int | None) -> None:
        qualifier, self.qualifier, self.article = self.qualifier, None, False
        self.unused = None
        if count is not None and qualifier is None:
            qualifier = "exact"
        self.items.append(
            Item(
                count=count,
                count_qualifier=qualifier,
                means=self.means,
                place=self.place,
            )
        )

    def _change(self, **what: Any) -> None:
        self.items[-1] = msgspec.structs.replace(self.items[-1], **what)

    def _of_last(self, token: _Token, column: str) -> None:
        if not self.items:
            self._unknown(token)
        else:
            self._change(**{column: token.value})

    def _place_ends(self) -> None:
        """The place that was being said is whole: it is that of the items before it."""
        if self.range is None and not self.winds:
            return
        near, far = self.range or (None, None)
        place = sector(self.winds, near, far)
        self.range, self.winds = None, ()
        waiting = [at for at, item in enumerate(self.items) if item.place is None]
        if waiting:
            for at in waiting:
                self.items[at] = msgspec.structs.replace(self.items[at], place=place)
            self.place = self.unused = None
        else:
            self.place, self.unused = place, place if self.items else None

    def _bracket_ends(self) -> None:
        """A breakdown takes its figures out of the whole that stands before it."""
        whole, self.whole = self.whole, None
        if whole is None or whole >= len(self.items) - 1:
            return
        total = self.items[whole].count
        parts = [item.count for item in self.items[whole + 1 :]]
        if total is None or None in parts:
            return
        rest = total - sum(n for n in parts if n is not None)
        if rest < 0:
            words = f"the figures in brackets add up to more than {total}"
            self.open.append(words)
            del self.items[whole + 1 :]
            return
        kind = self.items[whole].kind
        for at in range(whole + 1, len(self.items)):
            if self.items[at].kind is None:
                item = msgspec.structs.replace(self.items[at], kind=kind)
                self.items[at] = item
        if rest:
            self.items[whole] = msgspec.structs.replace(self.items[whole], count=rest)
        else:
            del self.items[whole]

    def _completed(self, at: int) -> Item:
        """A figure without a noun is of the kind that was named last."""
        item = self.items[at]
        before = [one.kind for one in self.items[:at] if one.kind is not None]
        if item.kind is None and before:
            item = msgspec.structs.replace(item, kind=before[-1])
        if item.kind is None:
            self.open.append(f"{item.count}: of what was not understood")
        self.items[at] = item
        return item

    def _runs(self) -> tuple[str, ...]:
        """Words that went nowhere; neighbours together."""
        runs: list[list[str]] = []
        last = -1
        for at, text in self.unknown:
            if at == last + 1 and runs:
                runs[-1].append(text)
            else:
                runs.append([text])
            last = at
        return tuple(" ".join(run) for run in runs)


def _float(number: str) -> float:
    return float(number.replace(",", "."))


def _last_digit(number: str) -> str:
    """What the last digit that is no zero stands for.

    >>> _last_digit("500"), _last_digit("3"), _last_digit("2.5")
    ('100', '1', '0.1')
    """
    whole, point, decimals = number.replace(",", ".").partition(".")
    if point:
        return f"0.{'0' * (len(decimals) - 1)}1"
    return "1" + "0" * (len(whole) - len(whole.rstrip("0") or whole))


def _metres(number: str, unit: str) -> float:
    return round(_float(number) * (1000.0 if unit.casefold() == "km" else 1.0), 6)


def _wind(word: str) -> str:
    short = re.sub("north", "N", word, flags=re.IGNORECASE)
    for name, letter in (("south", "S"), ("east", "E"), ("west", "W")):
        short = re.sub(name, letter, short, flags=re.IGNORECASE)
    letters = re.sub(r"[ -]", "", short).upper()
    return letters if letters in WINDS else letters[:1]
