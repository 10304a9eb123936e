"""Names of places, made comparable: scripts, transliterations, kinds, former names.

Two spellings of one name have one *key*. The key is coarse on purpose: Cyrillic letters
(Ukrainian and Russian) go to Latin ones, ``g``, ``h`` and ``kh`` are one, so are ``i``,
``y`` and ``j``; soft signs, apostrophes, accents and doubled letters fall away, and so
does an ``h`` at the end of a word. It finds candidates; it proves nothing.

>>> key("Siha") == key("Sihah") == key("Сіга")
True
>>> key("Mykolaivka") == key("Миколаївка"), key("Zghurivka") == key("Згурівка")
(True, True)
>>> written("Kadiivka (formerly Stakhanov)")
Written(names=('Kadiivka',), hints=('Stakhanov',), level=None)
>>> written("Andriivka, Donetska oblast")
Written(names=('Andriivka',), hints=('Donetska oblast',), level=None)
>>> written("м. Маріуполь").level, key("м. Маріуполь")
('settlement', 'mariupol')
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import msgspec

__all__ = ["Written", "key", "plain", "written"]

_LATIN: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "h", "д": "d", "е": "e",
        "є": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "i",
        "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
        "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts",
        "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "i", "ь": "", "э": "e",
        "ю": "iu", "я": "ia", "ў": "u",
    }
)  # fmt: skip
_FOLDS: Final = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"kh", "h"),
        (r"tz", "ts"),
        (r"[gh]+", "h"),
        (r"[yj]", "i"),
        (r"w", "v"),
        (r"i+e", "e"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[aeiou])h\b", ""),
    )
)
LEVELS: Final[dict[str, str]] = {
    **dict.fromkeys(("oblast", "область", "обл", "region"), "oblast"),
    **dict.fromkeys(("raion", "rayon", "район", "р-н", "district"), "raion"),
    **dict.fromkeys(("hromada", "громада", "тг", "отг", "community"), "hromada"),
    **dict.fromkeys(
        (
            *("city", "town", "village", "settlement", "misto", "selo"),
            *("м", "місто", "с", "село", "смт", "селище", "г", "город", "пгт"),
        ),
        "settlement",
    ),
}
"""Words that say what kind of place is meant, and are no part of its name."""

_FORMERLY: Final = re.compile(
    r"^(formerly|former|also|aka|ex|now|until\s+\d{4}|колишн\w*|раніше|бывш\w*|ранее)"
    r"\W+",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[\w'’ʼ`-]+")


class Written(msgspec.Struct, frozen=True):
    """A place as somebody wrote it.

    Attributes:
        names: the name, or several that stand for each other (``Bakhmut/Artemivsk``).
        hints: what narrows it down: a former name, or an area that it lies in.
        level: what kind of place the words name, or None: they do not say.
    """

    names: tuple[str, ...]
    hints: tuple[str, ...] = ()
    level: str | None = None


def written(text: str) -> Written:
    """The parts of a place's name as it is written."""
    bracketed = re.findall(r"\(([^()]*)\)", text)
    main, *after = re.sub(r"\([^()]*\)", " ", text).split(",")
    hints = [_FORMERLY.sub("", one.strip()) for one in (*bracketed, *after)]
    names = [" ".join(name.split()) for name in main.split("/")]
    levels = [LEVELS[word] for word in _words(main) if word in LEVELS]
    return Written(
        names=tuple(name for name in names if name),
        hints=tuple(hint for hint in hints if hint),
        level=levels[0] if levels else None,
    )


def plain(name: str) -> str:
    """The name without regard to case, spaces and the words for its kind.

    >>> plain("Kharkivska  oblast"), plain("Autonomous Republic of Crimea")
    ('kharkivska', 'autonomous republic of crimea')
    """
    words = _words(unicodedata.normalize("NFC", name))
    kept = [word for word in words if word not in LEVELS]
    return " ".join(kept or words)


def key(name: str) -> str:
    """The coarse key under which all spellings of a name meet."""
    text = plain(name).translate(_LATIN)
    text = "".join(
        c for c in unicodedata.normalize("NFKD", text) if c.isalnum() or c in " -"
    )
    for pattern, put in _FOLDS:
        text = pattern.sub(put, text)
    return text.replace("-", " ")


def _words(text: str) -> list[str]:
    return [word.strip("'’ʼ`") for word in _WORDS.findall(text.casefold())]
