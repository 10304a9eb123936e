"""The online engine behind the one function that all engines share.

:func:`judge` takes what every engine takes, feeds it to the incremental clauses in
deliveries, and hands back what every engine hands back.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate import batch
from tocsin.agreement.evaluate.history import NONE, History, Ints
from tocsin.agreement.evaluate.judged import Judged, Opened
from tocsin.agreement.evaluate.online_articles import Clock
from tocsin.agreement.evaluate.online_core import Core, Given
from tocsin.agreement.evaluate.online_kernels import ENDED
from tocsin.agreement.evaluate.online_ledger import Ledger, Staged
from tocsin.agreement.evaluate.online_plan import is_whole
from tocsin.agreement.evaluate.online_rows import Part, joined
from tocsin.agreement.evaluate.rows import Rows, ranges_of
from tocsin.agreement.evaluate.setting import Setting

__all__ = ["judge"]

DELIVERY: Final = 20_000
"""Facts that go in at once."""


def judge(setting: Setting) -> Judged:
    """Every verdict that facts and coverage give; the same as the oracle's."""
    if is_whole(setting.plan):
        return batch.judge(setting)
    question = setting.question
    given = Given(
        plan=setting.plan,
        areas=setting.areas,
        start=question.start,
        seed=question.seed,
        origin=setting.history.origin,
    )
    core = Core(given, procedures=False)
    clock = Clock(question.start, question.start)
    core.deliver(_nothing(core.ledger), setting.watch, clock)
    for first in range(0, len(setting.history), DELIVERY):
        rows = np.arange(first, min(first + DELIVERY, len(setting.history)))
        core.deliver(adopt(core.ledger, setting.history, rows), None, clock)
    until = Clock(question.start, question.until)
    core.deliver(_nothing(core.ledger), None, until)
    return _judged(core, setting)


def _nothing(ledger: Ledger) -> Staged:
    return Staged(first=ledger.n, stop=ledger.n, alone=np.empty(0, np.int64))


def adopt(ledger: Ledger, history: History, rows: Ints) -> Staged:
    """Rows of a settled history as a delivery; their place stands for their time."""
    texts = {name: codes.names for name, codes in history.text.items()}
    place = {name: ledger.words.codes(name, names) for name, names in texts.items()}
    whole = {
        name: np.append(place[name], NONE)[history[name].code[rows]] for name in texts
    }
    whole |= {
        "us": history.index[rows],
        "t": history.t[rows],
        "early": history.early[rows],
        "late": history.late[rows],
        "end": history.end[rows],
        "count": history.count[rows],
        "sources": history.sources[rows],
    }
    names = ("value", "p", "lo", "hi", "lon", "lat", "sigma_m")
    real = {name: getattr(history, name)[rows] for name in names}
    ids = history.fact_id.take(rows).to_pylist()
    roots = [history.root_names[code] for code in history.root[rows].tolist()]
    tied = _tied(history)[history.component[rows]]
    choice = np.where(tied, history.component[rows], NONE)
    return ledger.adopt(ids, roots, choice, whole, real)


def _tied(history: History) -> Ints:
    """Which components hold more than one root."""
    pairs = np.unique(np.stack([history.component, history.root]), axis=1)
    size = int(history.component.max(initial=0)) + 1
    return np.asarray(np.bincount(pairs[0], minlength=size) > 1)


# --- as the other engines hand it on -------------------------------------------------


def _judged(core: Core, setting: Setting) -> Judged:
    until = setting.question.until
    literal = core.literal.judged
    parts = [p for unit in core.units.articles.values() for p in unit.everything(until)]
    found = [count.everything() for count in core.units.counts]
    found += [duty.everything(until) for duty in core.units.duties]
    found.append(core.literal.said(until))
    told = [Part.added(one.values()) for one in found]
    place = np.append(setting.history.index, 0)
    episodes = (_placed(core, one, place) for one in core.episodes(until))
    return Judged(
        rows=[_rows(core, joined([*parts, *told]), place)],
        episodes=list(episodes),
        breaches=list(core.breaches(until)),
        duties=[d for d in literal.duties if d.clause in core.literal.clauses],
        issues=list(literal.issues),
        sampled=literal.sampled,
    )


def _placed(core: Core, opened: Opened, place: Ints) -> Opened:
    """An episode whose witness is said as ranges, too."""
    serials = [core.ledger.living(name) for name in opened.facts]
    at = place[np.array(serials, dtype=np.int64)].tolist()
    return msgspec.structs.replace(opened, ranges=ranges_of(at))


def _rows(core: Core, part: Part, place: Ints) -> Rows:
    """Rows of this engine as those of the others; facts by their place in time."""
    words = core.ledger.words
    tables = [core.clauses, *(words.names(n) for n in ("party", "sector", "subject"))]
    names = tuple(name for table in tables for name in table)
    moved, before = [], 0
    for column, table in enumerate(tables):
        code = part.key[:, column]
        moved.append(np.where(code < 0, NONE, code + before))
        before += len(table)
    over = part.verdict == ENDED
    starts, ranges = ranges_of_serials(place[part.serials], part.offsets)
    return Rows(
        names=names,
        clause=moved[0],
        party=moved[1],
        sector=moved[2],
        subject=moved[3],
        t=part.key[:, 4],
        due=part.key[:, 5],
        verdict=np.where(over, 4, part.verdict),
        method=part.method,
        certain=part.certain,
        possible=~over,
        p=part.p,
        offsets=starts,
        ranges=ranges,
    )


def ranges_of_serials(place: Ints, offsets: Ints) -> tuple[Ints, Ints]:
    """Places of the facts of each row as sorted half-open ranges, neighbours joined."""
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((place, row))
    place, row = place[order], row[order]
    fresh = np.ones(len(place), dtype=np.bool_)
    fresh[1:] = (row[1:] != row[:-1]) | (place[1:] > place[:-1] + 1)
    head = np.flatnonzero(fresh)
    tail = np.append(head, len(place))[1:] - 1
    ranges = np.stack([place[head], place[tail] + 1], axis=1).astype(np.int64)
    sizes = np.bincount(row[head], minlength=len(offsets) - 1)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), ranges
