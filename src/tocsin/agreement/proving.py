"""Proofs: verdicts bound to the text and the facts, for a checker that trusts nobody.

A proof file is JSON: the hashes of the agreement, the facts and the coverage; the
question; the standards; and each verdict with its chances and its witnesses (positions
in the facts by time). :mod:`~tocsin.agreement.checker` reads the clause and the tables
again and accepts the proof only where every verdict follows. The engines already carry
the witnesses, so writing proofs costs little.

Not everything can be proved yet: plain prohibitions, and duties that an act calls for
with a time, in force between dates, events, and the edges of other articles.
:func:`provable` says which clauses; what is left out is counted, by clause, in the file
itself.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import (
    Agreement,
    Article,
    ArticleTime,
    Forbid,
    Happened,
    Oblige,
    Rule,
    Within,
)
from tocsin.agreement.walk import find

__all__ = ["FORMAT", "proofs", "provable"]

FORMAT: Final = "tocsin-proof/1"
PLAIN: Final = (
    *("exceptions", "excuses", "then"),
    *("needs", "unless", "lapses", "ends_when", "persists"),
)
TEXTS: Final = ("clause", "party", "sector", "subject", "verdict")
CHANCES: Final = ("p_met", "p_breached", "p_pending", "p_excused")
FRAME: Final = re.compile(
    r"^\s*(?:lead .*|in force (?:from|until) (?:(?:start|end) of Article \S+|\S+)"
    r"(?: \+ \d+ (?:second|minute|hour|day|week)s?)?)\s*$"
)


def provable(agreement: Agreement, text: str) -> frozenset[str]:
    """The clauses whose verdicts a proof can be written for."""
    if agreement.language != "en" or len(agreement.versions) > 1:
        return frozenset()
    lines = text.splitlines()
    blocked = {issue.where.line for issue in plan(agreement).issues}
    return frozenset(
        article.clause
        for article in agreement.articles
        if _is_plain(article, lines)
        and article.rules[0].where.line not in blocked
        and _stands_alone(agreement, article)
    )


def proofs(
    verdicts: pa.Table,
    agreement: Agreement,
    *,
    file: Path,
    facts: Path,
    coverage: Path | None,
    start: datetime,
    until: datetime,
    as_known_at: datetime | None = None,
) -> bytes:
    """The proof file for these verdicts.

    Args:
        verdicts: as the engine gave them for these files and this question.
        agreement: the agreement of ``file``.
        file, facts, coverage: what the verdicts rest on; their hashes are written.
        start, until, as_known_at: the question.
    """
    made = plan(agreement)
    can = provable(agreement, file.read_text(encoding="utf-8"))
    column = verdicts["clause"]
    kept = pc.is_in(column, value_set=pa.array(sorted(can), pa.string()))
    kept = pc.and_(kept, pc.equal(verdicts["method"], "exact"))
    kept = pc.and_(kept, _in_known_sectors(verdicts, agreement, facts, coverage))
    chosen = verdicts.select([*TEXTS, *CHANCES, "t", "due", "witness"])
    if not pc.all(kept).as_py():
        chosen = chosen.filter(kept)
    left = pc.value_counts(column.filter(pc.invert(kept)))
    head = {
        "format": FORMAT,
        "agreement_sha256": _sha256(file),
        "facts_sha256": _sha256(facts),
        "coverage_sha256": None if coverage is None else _sha256(coverage),
        "question": {
            "start": int(start.timestamp()),
            "until": int(until.timestamp()),
            "known_at": None if as_known_at is None else _micros(as_known_at),
        },
        "standard": made.standard,
        "watched": made.watched,
        "not_proved": {one["values"]: one["counts"] for one in left.to_pylist()},
    }
    return msgspec.json.encode({**head, "verdicts": _columns(chosen)})


def _in_known_sectors(
    verdicts: pa.Table, agreement: Agreement, facts: Path, coverage: Path | None
) -> pa.ChunkedArray:
    """False for sectors that only a map knows; the checker reads none."""
    files = [path for path in (facts, coverage) if path is not None]
    known = {sector.name for sector in agreement.sectors}
    for path in files:
        if "sector" in pq.read_schema(path).names:
            column = pq.read_table(path, columns=["sector"])["sector"]
            known |= {name for name in column.unique().to_pylist() if name is not None}
    inside = pc.is_in(
        verdicts["sector"], value_set=pa.array(sorted(known), pa.string())
    )
    return pc.or_(inside, pc.is_null(verdicts["sector"]))


def _columns(verdicts: pa.Table) -> dict[str, Any]:
    """The verdicts column by column; all but the instants as codes, -1 for null."""
    coded = {name: verdicts[name] for name in (*TEXTS, *CHANCES)}
    coded["due"] = _seconds(verdicts["due"])
    columns: dict[str, Any] = {name: _coded(held) for name, held in coded.items()}
    columns["t"] = _listed(_seconds(verdicts["t"]))
    whole = verdicts["witness"].combine_chunks()
    ranges = whole.flatten()
    counts = pc.fill_null(pc.list_value_length(whole), 0)
    columns["witness"] = {
        "counts": _listed(counts),
        "start": _listed(ranges.field("start")),
        "length": _listed(pc.subtract(ranges.field("stop"), ranges.field("start"))),
    }
    return columns


def _coded(column: pa.ChunkedArray) -> dict[str, Any]:
    encoded = column.combine_chunks().dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1)
    return {"names": _listed(encoded.dictionary), "codes": _listed(codes)}


def _seconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.divide(column.cast(pa.int64()), 1_000_000)


def _listed(column: Any) -> list[Any]:
    """As a list; numbers without a null by way of NumPy, which is far quicker."""
    if column.null_count or pa.types.is_string(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]
    return np.asarray(column).tolist()  # type: ignore[no-any-return]


def _is_plain(article: Article, lines: list[str]) -> bool:
    """One rule without anything that the checker does not read."""
    if len(article.rules) != 1 or article.suspended_while or article.surviving:
        return False
    if article.scope or article.version != 1 or article.repealed:
        return False
    return _frame_is_plain(article, lines) and _rule_is_plain(article.rules[0])


def _stands_alone(agreement: Agreement, article: Article) -> bool:
    """Its times run from articles that stand there once and have plain times."""
    if agreement.find(article.number) != (article,):
        return False
    times = find(article.in_force, ArticleTime) if article.in_force else ()
    for time in times:
        meant = agreement.find(time.article.number)
        if [one.number for one in meant] != [time.article.number]:
            return False
        if not _stands_alone(agreement, meant[0]) or meant[0].suspended_while:
            return False
    return article.in_force is None or article.in_force.for_ is None


def _frame_is_plain(article: Article, lines: list[str]) -> bool:
    """Its times stand on one line each, as an instant or the name of an event."""
    start = (article.where.line or 1) - 1
    end = (article.rules[0].where.line or 1) - 1
    trigger = article.rules[0].trigger
    end = min(end, (trigger.where.line or 1) - 1) if trigger else end
    frame = (" ".join(line.split("#")[0].split()) for line in lines[start + 1 : end])
    return all(FRAME.match(line) for line in frame if line)


def _rule_is_plain(rule: Rule) -> bool:
    if not isinstance(rule, Forbid | Oblige):
        return False
    if any(getattr(rule, name) for name in PLAIN):
        return False
    deed = rule.deed
    if deed.thing or deed.with_ or deed.against or deed.near:
        return False
    if isinstance(rule, Forbid):
        return rule.trigger is None and deed.at is None and deed.in_ is None
    return _is_called(rule)


def _is_called(rule: Oblige) -> bool:
    """``when ACT of party [at site]``, ``within`` a time of that act."""
    trigger, deadline = rule.trigger, rule.deadline
    if trigger is None or trigger.upon is not None or not isinstance(deadline, Within):
        return False
    when = trigger.when
    if not isinstance(when, Happened) or when.in_last is not None:
        return False
    called = when.deed
    named = called.by is not None and called.by.names == ("party",)
    bare = not (called.thing or called.with_ or called.near)
    same = called.at == rule.deed.at and called.at in {None, "site"}
    same = same and called.in_ == rule.deed.in_ and called.in_ in {None, "sector"}
    same = same and None in {called.at, called.in_}
    own = deadline.of is None or getattr(deadline.of.base, "event", "") == called.act
    plus = deadline.of is not None and deadline.of.plus is not None
    whole = not deadline.duration.is_calendar and rule.who.names == ("party",)
    plain = rule.who.quantifier is None and not called.against
    return named and bare and same and own and not plus and whole and plain


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _micros(at: datetime) -> int:
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond
