"""The batch engine's obligations: called for by a deed, due within a time.

Calls and fitting acts are joined by one sort; each instance then looks only at its own
acts. Instances whose facts share a chance are rare and go to the oracle's code.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tocsin.agreement.evaluate.batch_breaches import fitting
from tocsin.agreement.evaluate.chance import TINY
from tocsin.agreement.evaluate.history import Flags, History, Ints, Reals
from tocsin.agreement.evaluate.judged import Judged, Stated
from tocsin.agreement.evaluate.kernels import answers, surely, unions
from tocsin.agreement.evaluate.plan import Obligation
from tocsin.agreement.evaluate.rows import NO_TIME, Rows
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import EventTime, Within

__all__ = ["duties"]

FAR = 1 << 60


class _Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Instances of an obligation, in time order, one array per column."""

    row: Ints
    holder: Ints
    sector: Ints
    subject: Ints
    chance: Reals
    whole: Flags


def duties(setting: Setting, obligation: Obligation, judged: Judged) -> bool:
    """Verdicts of all instances; False where only the oracle's code covers it."""
    if not _columnar(obligation):
        return False
    calls = _calls(setting, obligation)
    if calls is None:
        return False
    history = setting.history
    acts, first, stop = _acts(setting, obligation, calls)
    odd = _odd(history, calls, acts, first, stop)
    if odd.any():
        return False
    due = history.t[calls.row] + _allowance(obligation)
    _judge(setting, obligation, calls, due, acts, first, stop, judged)
    return True


def _columnar(obligation: Obligation) -> bool:
    """A deed calls, no clock stops, and the deadline runs from the call."""
    deadline, called = obligation.deadline, obligation.called_by
    if called is None or obligation.conditional or not isinstance(deadline, Within):
        return False
    if deadline.duration.is_calendar or called.zone or called.near:
        return False
    if obligation.pattern.zone or obligation.pattern.near:
        return False
    if obligation.pattern.act == "clear":
        return False
    if deadline.of is None:
        return True
    base = deadline.of.base
    own = isinstance(base, EventTime) and base.event == called.act
    return own and deadline.of.plus is None


def _allowance(obligation: Obligation) -> int:
    assert isinstance(obligation.deadline, Within)
    return obligation.deadline.duration.seconds


# --- calls ---------------------------------------------------------------------------


def _calls(setting: Setting, obligation: Obligation) -> _Calls | None:
    """One call for each root, holder, sector and subject; None: holders are named."""
    history, called = setting.history, obligation.called_by
    assert called is not None
    who = obligation.who
    if who.quantifier is not None or who.names != ("party",):
        return None
    span, until = setting.force[obligation.article.number], setting.question.until
    fits = fitting(history, called)
    fits &= (history.t >= span.start) & (history.t < min(span.stop, until))
    rows = np.flatnonzero(fits)
    column = "target_party" if called.against_variable == "party" else "party"
    holder = history[column].code[rows]
    nothing = np.full(len(rows), -1, dtype=np.int64)
    sector = history["sector"].code[rows] if called.sector_variable else nothing
    subject = history["subject"].code[rows] if called.subject_variable else nothing
    key = _joint(holder, sector, subject, history.root[rows])
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    head = first[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return _Calls(
        row=rows[head],
        holder=holder[head],
        sector=sector[head],
        subject=subject[head],
        chance=_union(history, rows, rank[group], len(head)),
        whole=_whole(history, rows, rank[group], len(head)),
    )


def _joint(*codes: Ints) -> Ints:
    """Several columns of codes as one."""
    key = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        key = key * (int(code.max(initial=-1)) + 2) + code + 1
    return key


def _union(history: History, rows: Ints, group: Ints, n: int) -> Reals:
    order = np.lexsort((history.lo[rows], group))
    held = rows[order]
    made: Reals = unions(group[order], history.lo[held], history.hi[held], n)
    return made


def _whole(history: History, rows: Ints, group: Ints, n: int) -> Flags:
    whole = np.zeros(n, dtype=np.bool_)
    every = (history.lo[rows] <= 0.0) & (history.hi[rows] >= 1.0)
    np.logical_or.at(whole, group, every)
    return whole


# --- acts ----------------------------------------------------------------------------


def _acts(
    setting: Setting, obligation: Obligation, calls: _Calls
) -> tuple[Ints, Ints, Ints]:
    """Rows of fitting acts by key and time, and the stretch of each call's acts."""
    history, pattern = setting.history, obligation.pattern
    fits = fitting(history, pattern) & (history.t < setting.question.until)
    rows = np.flatnonzero(fits & (history["party"].code >= 0))
    columns = [(calls.holder, history["party"].code[rows])]
    if pattern.sector_variable is not None:
        columns.append((calls.sector, history["sector"].code[rows]))
    if pattern.subject_variable is not None:
        columns.append((calls.subject, history["subject"].code[rows]))
    both = [np.concatenate(pair) for pair in columns]
    _, key = np.unique(_joint(*both), return_inverse=True)
    own, other = key[: len(calls.row)], key[len(calls.row) :]
    order = np.argsort(other, kind="stable")
    rows, other = rows[order], other[order]
    origin = int(history.t.min(initial=0))
    width = int(history.t.max(initial=0)) - origin + _allowance(obligation) + 2
    when = other * width + history.t[rows] - origin
    since = own * width + history.t[calls.row] - origin
    first = np.searchsorted(when, since)
    stop = np.searchsorted(when, since + _allowance(obligation), side="right")
    stop = np.minimum(stop, np.searchsorted(other, own, side="right"))
    return rows, first, np.maximum(stop, first)


def _odd(history: History, calls: _Calls, acts: Ints, first: Ints, stop: Ints) -> Flags:
    """Where the facts of an instance may share a chance: more careful than need be."""
    used = np.zeros(len(acts) + 1, dtype=np.int64)
    np.add.at(used, first, 1)
    np.add.at(used, stop, -1)
    held = acts[np.cumsum(used)[:-1] > 0]
    component = history.component[held]
    twice = len(np.unique(component)) < len(component)
    shared = np.isin(history.component[calls.row], component)
    return shared | (twice & (stop - first > 1))


# --- verdicts ------------------------------------------------------------------------


def _judge(
    setting: Setting,
    obligation: Obligation,
    calls: _Calls,
    due: Ints,
    acts: Ints,
    first: Ints,
    stop: Ints,
    judged: Judged,
) -> None:
    history = setting.history
    called = history.t[calls.row]
    chance = np.where(calls.holder >= 0, calls.chance, 0.0)
    which, at, verdict, idle, act, last = answers(
        called,
        due,
        chance,
        first,
        stop,
        history.t[acts],
        history.hi[acts] - history.lo[acts],
        setting.question.start,
        setting.question.until,
        setting.plan.standard - TINY,
    )
    certain = _certain(history, calls, due, acts, first, stop, (which, at, verdict))
    wanted = obligation.article.number in setting.plan.breaches_wanted
    if wanted or obligation.failing_that:
        _state(setting, obligation, calls, due, last, judged)
    judged.rows.append(
        _rows(
            setting,
            obligation,
            calls,
            due,
            acts,
            (which, at, verdict, idle, act, certain),
            chance,
        )
    )


def _certain(
    history: History,
    calls: _Calls,
    due: Ints,
    acts: Ints,
    first: Ints,
    stop: Ints,
    rows: tuple[Ints, Ints, Ints],
) -> Flags:
    """The verdict holds in every reading of the times (rule D1)."""
    which, at, verdict = rows
    return np.asarray(
        surely(
            which,
            at,
            verdict,
            calls.whole & (calls.holder >= 0),
            history.t[calls.row] - history.early[calls.row],
            history.late[calls.row],
            due,
            first,
            stop,
            history.t[acts],
            history.early[acts],
            history.late[acts],
            (history.lo[acts] <= 0.0) & (history.hi[acts] >= 1.0),
        )
    )


def _rows(
    setting: Setting,
    obligation: Obligation,
    calls: _Calls,
    due: Ints,
    acts: Ints,
    rows: tuple[Ints, Ints, Ints, Reals, Ints, Flags],
    chance: Reals,
) -> Rows:
    history = setting.history
    which, at, verdict, idle, act, certain = rows
    n = len(which)
    party, sector, subject = (history[c].names for c in ("party", "sector", "subject"))
    names = (*party, *sector, *subject, obligation.article.clause)
    late = at >= due[which]
    p = np.zeros((n, 5))
    p[:, 0] = chance[which] - idle
    p[:, 1] = np.where(late, idle, 0.0)
    p[:, 2] = np.where(late, 0.0, idle)
    p[:, 4] = np.where(verdict == 1, p[:, 1], np.nan)
    offsets, ranges = _ranges(history, calls, acts, which, act)
    return Rows(
        names=names,
        clause=np.full(n, len(names) - 1),
        party=calls.holder[which],
        sector=_moved(calls.sector[which], len(party)),
        subject=_moved(calls.subject[which], len(party) + len(sector)),
        t=at,
        due=np.where(due[which] >= FAR, NO_TIME, due[which]),
        verdict=verdict,
        method=np.zeros(n, dtype=np.int64),
        certain=certain,
        possible=np.ones(n, dtype=np.bool_),
        p=p,
        offsets=offsets,
        ranges=ranges,
    )


def _moved(code: Ints, by: int) -> Ints:
    return np.where(code < 0, -1, code + by)


def _ranges(
    history: History, calls: _Calls, acts: Ints, which: Ints, act: Ints
) -> tuple[Ints, Ints]:
    """The call and the act that answered it, as ranges into the facts."""
    caller = history.index[calls.row[which]]
    answer = np.where(act >= 0, history.index[np.append(acts, 0)[act]], caller)
    low, high = np.minimum(caller, answer), np.maximum(caller, answer)
    two = high > low + 1
    sizes = 1 + two
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    ranges = np.empty((int(offsets[-1]), 2), dtype=np.int64)
    head = offsets[:-1]
    ranges[head, 0] = low
    ranges[head, 1] = np.where(two, low, high) + 1
    ranges[head[two] + 1, 0] = high[two]
    ranges[head[two] + 1, 1] = high[two] + 1
    return offsets, ranges


def _state(
    setting: Setting,
    obligation: Obligation,
    calls: _Calls,
    due: Ints,
    last: Ints,
    judged: Judged,
) -> None:
    """Single breaches, where some rule is woken by them."""
    history = setting.history
    for n in np.flatnonzero((last == 1) & (calls.holder >= 0)):
        judged.breaches.append(
            Stated(
                article=obligation.article.number,
                party=history["party"].name(int(calls.holder[n])),
                sector=history["sector"].name(int(calls.sector[n])),
                subject=history["subject"].name(int(calls.subject[n])),
                t=int(due[n]),
                index=int(history.index[calls.row[n]]),
            )
        )
