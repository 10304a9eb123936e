"""A sentence for each verdict, all at once.

The same words as ``because`` gives for one, and which facts it rests on, by their place
in time order, counted from 1.

>>> from datetime import UTC, datetime
>>> import pyarrow as pa
>>> from tocsin.agreement.parse import parse_rules
>>> from tocsin.agreement.evaluate import evaluate
>>> agreement = parse_rules('''
... parties Northland, Southland
... act fire is "to open fire"
... Article 1(1)
...   forbid any party to fire
... ''').records
>>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
>>> row = {"fact_id": "a", "kind": "fire", "party": "Northland", "t": noon}
>>> table = evaluate(
...     agreement, pa.Table.from_pylist([row]), start=noon, until=noon.replace(hour=13)
... ).records
>>> print(with_sentences(table, agreement)["sentence"][0].as_py()[:59])
Article 1(1), Northland: breached from 2026-03-01T12:00:00Z
"""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import Agreement

__all__ = ["with_sentences"]

TIME_TEXT: Final = "%Y-%m-%dT%H:%M:%SZ"
VERDICTS: Final = ("met", "breached", "pending", "excused")


def with_sentences(verdicts: pa.Table, agreement: Agreement) -> pa.Table:
    """The verdicts with a column ``sentence`` behind the others."""
    rows = pl.from_arrow(verdicts)
    assert isinstance(rows, pl.DataFrame)
    made = rows.select(_sentence(agreement).alias("sentence"))["sentence"]
    return verdicts.append_column("sentence", made.to_arrow().cast(pa.string()))


def _sentence(agreement: Agreement) -> pl.Expr:
    column = pl.col
    return pl.concat_str(
        column("clause"),
        pl.lit(", "),
        column("party").fill_null("nobody known"),
        _if_known(" in ", column("sector")),
        _if_known(" about ", column("subject")),
        pl.lit(": "),
        column("verdict"),
        pl.lit(" from "),
        column("t").dt.strftime(TIME_TEXT),
        _if_known(", due ", column("due").dt.strftime(TIME_TEXT)),
        _chance(agreement),
        pl.lit("."),
        _rests_on(),
    )


def _if_known(before: str, text: pl.Expr) -> pl.Expr:
    """Words before a text; nothing where it is unknown."""
    return pl.concat_str(pl.lit(before), text).fill_null("")


def _chance(agreement: Agreement) -> pl.Expr:
    """How likely what is said is, and how likely it had to be."""
    p: pl.Expr = pl.lit(None, pl.Float64)
    for name in VERDICTS:
        p = pl.when(pl.col("verdict") == name).then(pl.col(f"p_{name}")).otherwise(p)
    made = plan(agreement)
    own = {f.article.clause: f"{f.standard:g}" for f in made.findings}
    level = pl.col("clause").replace_strict(
        own, default=f"{made.standard:g}", return_dtype=pl.String
    )
    return pl.concat_str(
        pl.lit("; probability "), _short(p), pl.lit(", the standard is "), level
    ).fill_null("")


def _short(p: pl.Expr) -> pl.Expr:
    """Three digits, as people write them."""
    return p.round_sig_figs(3).cast(pl.String).str.strip_suffix(".0")


def _rests_on() -> pl.Expr:
    """The facts of the witness, neighbours as a range."""
    start = pl.element().struct.field("start") + 1
    stop = pl.element().struct.field("stop")
    each = (
        pl.when(stop == start)
        .then(start.cast(pl.String))
        .otherwise(pl.concat_str(start, pl.lit(" to "), stop))
    )
    texts = pl.col("witness").list.eval(each).list.join(", ")
    single = (pl.col("witness").list.len() == 1) & ~texts.str.contains(" to ")
    word = pl.when(single).then(pl.lit("fact ")).otherwise(pl.lit("facts "))
    said = pl.concat_str(pl.lit(" It rests on "), word, texts, pl.lit("."))
    return pl.when(pl.col("witness").list.len() > 0).then(said).otherwise(pl.lit(""))
