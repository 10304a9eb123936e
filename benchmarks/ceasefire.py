"""The workload of the evaluation benchmarks: facts of a ceasefire, three properties.

After the measurements that Tocsin's bars were taken from: 3 parties, 20 sectors, 30
days for each 100,000 facts, so that now and then several fall into one second; sectors
after Zipf; 55 % fire, of which 23 % heavy; 2 % requests, most of them answered; the
rest is none of the properties' business. Nothing of the package is used to make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

PARTIES = ("Northland", "Southland", "Westland")
SECTORS = tuple(f"S{n}" for n in range(1, 21))
HEAVY = ("artillery_ge_100", "mlrs", "mortar_ge_120")
LIGHT = ("small_arms", "ags", None)
START = datetime(2025, 3, 3, tzinfo=UTC)
START_S = int(START.timestamp())
WINDOW_S, REACH, DEADLINE_S = 72 * 3600, 10, 24 * 3600
DAY_S, PER_MONTH = 86_400, 100_000

HEAD = (
    f"parties {', '.join(PARTIES)}\n"
    f"sectors {', '.join(SECTORS)}\n"
    "let heavy is weapon in artillery_ge_100, mlrs, mortar_ge_120\n"
    'act fire is "to open fire"\n'
    'act request is "to have an inspection asked of it"\n'
    'act access is "to grant access"\n'
)
FILTER = "".join(
    f"Article 1({n})\n  forbid Northland to fire heavy in S{n}\n" for n in range(1, 6)
)
COUNT = (
    "Article 2(1)\n  forbid any party to fire heavy\n"
    "Article 2(2)\n  finding storm for party, sector\n"
    "  when count of breaches of Article 2(1) by party in sector over 72 hours"
    f" >= {REACH}\n"
)
DEADLINE = (
    "Article 3\n  when request of party at site\n"
    "  oblige party to access at site\n  within 24 hours of request\n"
)


@dataclass(frozen=True)
class Log:
    """The facts as numpy columns, for the peers, sorted by time.

    Attributes:
        t: seconds since the start; party, sector: codes.
        fire, heavy, request, access: what each row is.
        subject: number of the request, -1 where there is none.
        days: how many the log spans.
    """

    t: np.ndarray
    party: np.ndarray
    sector: np.ndarray
    fire: np.ndarray
    heavy: np.ndarray
    request: np.ndarray
    access: np.ndarray
    subject: np.ndarray
    days: int

    def __len__(self) -> int:
        return len(self.t)

    @property
    def until(self) -> datetime:
        return START + timedelta(days=self.days)


def log(n: int, *, seed: int = 7) -> Log:
    rng = np.random.default_rng(seed)
    end = n * 30 * DAY_S // PER_MONTH
    asked = int(0.02 * n)
    answered = int(0.93 * asked)
    party = rng.integers(0, len(PARTIES), n)
    weight = 1.0 / np.arange(1, len(SECTORS) + 1)
    sector = rng.choice(len(SECTORS), n, p=weight / weight.sum())
    t = rng.integers(0, end, n)
    subject = np.full(n, -1)
    subject[:asked] = np.arange(asked)
    asks = subject >= 0
    replies = slice(asked, asked + answered)
    subject[replies] = rng.permutation(asked)[:answered]
    of = subject[replies]
    party[replies], sector[replies] = party[of], sector[of]
    t[replies] = t[of] + rng.exponential(8 * 3600, answered).astype(np.int64)
    gives = np.zeros(n, bool)
    gives[replies] = True
    late = t >= end
    fire = np.zeros(n, bool)
    fire[asked + answered : asked + answered + int(0.55 * n)] = True
    heavy = fire & (rng.random(n) < 0.23)
    kept = np.flatnonzero(~late)
    order = kept[np.lexsort((rng.random(n)[kept], t[kept]))]
    columns = (t, party, sector, fire, heavy, asks, gives, subject)
    return Log(*(column[order] for column in columns), days=end // DAY_S)


def relevant(held: Log, what: str) -> np.ndarray:
    if what == "filter":
        return held.heavy & (held.party == 0) & (held.sector < 5)
    return held.heavy if what == "count" else held.request | held.access


def facts(log: Log, *, p: np.ndarray | None = None) -> pa.Table:
    """The same as a FACTS table; ``p`` where the facts are in doubt."""
    n = len(log)
    rng = np.random.default_rng(n)
    kind = np.select([log.fire, log.request, log.access], [0, 1, 2], 3)
    light = rng.integers(0, 3, n) + 3
    weapon = np.where(log.heavy, rng.integers(0, 3, n), light)
    nothing = pa.array(log.subject, mask=log.subject < 0)
    columns = {
        "fact_id": _numbered("f", pa.array(np.arange(n))),
        "origin": pa.repeat(pa.scalar("imagined"), n),
        "kind": _text(("fire", "request", "access", "move"), kind),
        "party": _text(PARTIES, log.party),
        "sector": _text(SECTORS, log.sector),
        "subject": _numbered("r", nothing),
        "weapon": _text((*HEAVY, *LIGHT), np.where(log.fire, weapon, 5)),
        "t": pa.array((START_S + log.t) * 1_000_000).cast(pa.timestamp("us", "UTC")),
    }
    if p is not None:
        columns["p"] = pa.array(p)
    return pa.table(columns)


def _text(names: tuple[str | None, ...], code: np.ndarray) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(code))


def _numbered(letter: str, number: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(letter, pc.cast(number, pa.string()), "")
