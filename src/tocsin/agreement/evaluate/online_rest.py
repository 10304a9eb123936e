"""What the online engine does not keep up to date fact by fact.

Clauses without an incremental form (self-defence, presence that persists, excuses that
stop a clock ...) are judged anew by the batch engine, alone and over their own facts
only, whenever one of these changes or an instant comes at which they may. Attribution,
decisions and effects follow anew when an episode, a breach or an act on record moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate import batch, rounds
from tocsin.agreement.evaluate.force import EVER
from tocsin.agreement.evaluate.history import NONE, Ints
from tocsin.agreement.evaluate.judged import Judged, Opened, Stated
from tocsin.agreement.evaluate.online_intake import Vocabulary
from tocsin.agreement.evaluate.online_kernels import ENDED
from tocsin.agreement.evaluate.online_rows import RowKey, Told, ended
from tocsin.agreement.evaluate.plan import Plan
from tocsin.agreement.evaluate.procedure import Proceeded
from tocsin.agreement.evaluate.rows import Row, Rows, rows_of
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import Deed, EventTime, Term, Until
from tocsin.agreement.walk import find
from tocsin.model.times import seconds

__all__ = ["Literal", "acts_of", "next_waking", "told_rows"]

UNEXCUSED: Final = "unexcused_"


class Literal:
    """The clauses that the batch engine judges, and what it said last.

    Args:
        plan: only these clauses, and those whose breaches they count.
        articles: numbers of the articles whose rows are wanted.
        kinds: acts of which they speak.
        whole: these are all clauses; what follows from them is judged with them.
    """

    def __init__(
        self,
        plan: Plan,
        articles: frozenset[str],
        kinds: frozenset[str],
        *,
        whole: bool = False,
    ) -> None:
        self.plan, self.articles, self.kinds = plan, articles, kinds
        self.clauses = {
            a.clause for a in plan.agreement.articles if a.number in articles
        }
        self.judged = Judged()
        self.after: Proceeded | None = None
        self.whole = whole
        self.bounded = self.whole or any(
            True
            for article in plan.agreement.articles
            if article.number in articles
            for _ in find(article, Until)
        )
        self.rows: dict[RowKey, Told] = {}
        self.ahead = False
        self.stale = True

    def judge(self, setting: Setting, serials: Ints, words: Words, now: int) -> None:
        """Judge anew, as far ahead as nothing else happens.

        Args:
            setting: with the facts of :attr:`kinds`, whatever its question.
            serials: of its facts, in time order.
            now: of facts dated later nothing may be known yet.
        """
        self.ahead = self.bounded or bool((setting.history.t >= now).any())
        until = now if self.ahead else EVER
        question = msgspec.structs.replace(setting.question, until=until)
        asked = msgspec.structs.replace(setting, plan=self.plan, question=question)
        single = self._judged(asked)
        found = told_rows([*self.judged.rows, rows_of(single)], words, serials)
        if self.whole:
            found = _taken_over(found)
        clauses = {words.clause(clause) for clause in self.clauses}
        self.rows = {key: told for key, told in found.items() if key.clause in clauses}
        self.stale = False

    def _judged(self, setting: Setting) -> list[Row]:
        """Judge; gives the single rows, those of procedures among them (rule G7)."""
        if not self.whole:
            self.judged = batch.judge(setting)
            return self.judged.single
        _, self.judged, self.after = rounds.settled(setting, batch.judge)
        return [*self.judged.single, *self.after.rows]

    def said(self, now: int) -> dict[RowKey, Told]:
        """The rows before an instant."""
        return {key: told for key, told in self.rows.items() if key.t < now}

    def wakes(self, was: int, now: int) -> bool:
        """True where an instant lies between at which more is said."""
        if self.stale or (self.ahead and now > was):
            return True
        return any(was <= key.t < now for key in self.rows)

    def episodes(self, now: int) -> Iterator[Opened]:
        """The episodes that opened before an instant."""
        for opened in self.judged.episodes:
            if opened.finding.article.number in self.articles and opened.alleged < now:
                late = opened.closed is not None and opened.closed >= now
                yield msgspec.structs.replace(opened, closed=None) if late else opened

    def breaches(self, now: int) -> Iterator[Stated]:
        """The breaches that stood before an instant."""
        for stated in self.judged.breaches:
            if stated.article in self.articles and stated.t < now:
                yield stated


def _taken_over(rows: dict[RowKey, Told]) -> dict[RowKey, Told]:
    """Where one version follows another at once, the clause does not cease (A1)."""
    binding = {key[:5] for key, told in rows.items() if told.verdict != ENDED}
    return {
        key: told
        for key, told in rows.items()
        if told.verdict != ENDED or key[:5] not in binding
    }


class Words(msgspec.Struct):
    """Names as codes, clauses among them."""

    vocabulary: Vocabulary
    clauses: dict[str, int]

    def clause(self, name: str) -> int:
        """The number of a clause."""
        return self.clauses[name]


def told_rows(parts: Iterable[Rows], words: Words, serials: Ints) -> dict[RowKey, Told]:
    """Rows of the other engines; ranges become the serial numbers of their facts."""
    found: dict[RowKey, Told] = {}
    for part in parts:
        for told in _told(part, words, serials):
            key = told.key
            while key in found:
                key = key._replace(root=min(key.root, NONE) - 1)
            found[key] = told if key is told.key else told._replace(key=key)
    return found


def _told(part: Rows, words: Words, serials: Ints) -> Iterator[Told]:
    names, code = part.names, words.vocabulary.code

    def coded(column: str, values: Ints) -> list[int]:
        held = {int(v): code(column, names[v]) for v in np.unique(values) if v >= 0}
        return [held.get(value, NONE) for value in values.tolist()]

    party, sector = coded("party", part.party), coded("sector", part.sector)
    subject = coded("subject", part.subject)
    for n in range(len(part)):
        key = RowKey(
            words.clause(names[part.clause[n]]),
            party[n],
            sector[n],
            subject[n],
            int(part.t[n]),
            int(part.due[n]),
            NONE,
        )
        if not part.possible[n] and np.isnan(part.p[n, 0]):
            yield ended(key)
            continue
        held = part.ranges[part.offsets[n] : part.offsets[n + 1]].tolist()
        yield Told(
            key,
            int(part.verdict[n]),
            int(part.method[n]),
            bool(part.certain[n]),
            tuple(part.p[n].tolist()),
            tuple(int(serials[i]) for lo, hi in held for i in range(lo, hi)),
        )


# --- which facts, and when -----------------------------------------------------------


def acts_of(terms: Iterable[Term]) -> frozenset[str]:
    """Every act and event of which these terms speak."""
    found: set[str] = set()
    for term in terms:
        found |= {deed.act.removeprefix(UNEXCUSED) for deed in find(term, Deed)}
        found |= {time.event for time in find(term, EventTime)}
    return frozenset(found)


def next_waking(after: Proceeded, now: int, silences: Sequence[int], t: Ints) -> int:
    """The next instant at which procedures may move with nobody doing anything.

    Args:
        after: how they stand.
        silences: how long after a proposal silence counts, by any procedure.
        t: of the acts on record.
    """
    found: set[int] = {int(at) for at in t[t >= now]}
    found |= set(_seconds(e.attribution_due for e in after.episodes))
    for decision in after.decisions:
        proposed = list(_seconds([decision.proposal_at]))
        found |= {
            *_seconds([decision.due]),
            *(p + s for p in proposed for s in silences),
        }
    found |= set(_seconds(duty.due for duty in after.duties))
    found |= set(_seconds(effect.due for effect in after.effects))
    return min((at for at in found if at >= now), default=EVER)


def _seconds(times: Iterable[datetime | None]) -> Iterator[int]:
    return (seconds(at) for at in times if at is not None)
