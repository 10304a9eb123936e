"""One stress test from end to end: text in, result and histories out.

Reading and writing happen here and nowhere else in the room; chance is made from the
seed that the caller gives. The HTML page is written by :mod:`tocsin.report.stress`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq

from tocsin.agreement.load import AGREEMENT_FILE, load
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement
from tocsin.stresstest.comparing import compare, strength
from tocsin.stresstest.compiling import Guarantee, guarantees_of
from tocsin.stresstest.falsehood import false_activation
from tocsin.stresstest.flaws import Flaw
from tocsin.stresstest.inputs import Inputs, Range, read_inputs
from tocsin.stresstest.lint import lint
from tocsin.stresstest.result import GuaranteeResult, StressTest
from tocsin.stresstest.slices import Slice, slices_of
from tocsin.stresstest.strategy import credibility, draw, judged
from tocsin.stresstest.structure import Structure, structure_of
from tocsin.stresstest.survival import durability_of
from tocsin.stresstest.weaknesses import Found, Weakness, weaknesses_of

__all__ = ["DRAWS", "Progress", "examine", "stress"]

DRAWS = 100_000
Progress = Callable[[str, float], None]
"""Told what is done and the share of the whole, 0 to 1."""


def stress(
    agreement: Path,
    *,
    out: Path,
    against: Path | None = None,
    inputs: Path | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    data: Path | None = None,
    progress: Progress | None = None,
) -> StressTest:
    """Test a text, write ``stress.json``, the histories and the patches into ``out``.

    Args:
        agreement: a Markdown file, or a folder with ``agreement.md``.
        out: folder for the result; made if missing.
        against: another text to compare with, or None.
        inputs: TOML file with ranges, or None: the defaults, marked as assumptions.
        draws: about how many draws from the ranges.
        seed: of every chance in the test; the same seed gives the same bytes.
        data: folder with the durability records, or None: no durability section.
        progress: told what is done.

    Raises:
        InputRefused: an input has errors; all of them are listed.
        WrongUse: the request cannot be met.
    """
    held = read_inputs(inputs) if inputs else Inputs()
    tell = progress or (lambda _what, _share: None)
    result, found = _tested(agreement, held, draws, seed, tell)
    if against is not None:
        tell("the other text", 0.9)
        other, _ = _tested(against, held, draws, seed, lambda _w, _s: None)
        result = msgspec.structs.replace(result, against=compare(result, other))
    if data is not None:
        result = msgspec.structs.replace(result, durability=durability_of(data))
    _write(out, result, found)
    tell("done", 1.0)
    return result


def _tested(
    path: Path, inputs: Inputs, draws: int, seed: int, tell: Progress
) -> tuple[StressTest, tuple[Found, ...]]:
    file = path / AGREEMENT_FILE if path.is_dir() else path
    tree = load(path)
    text = file.read_text(encoding="utf-8")
    return examine(tree, text, inputs, draws=draws, seed=seed, progress=tell)


def examine(
    agreement: Agreement,
    text: str,
    inputs: Inputs,
    *,
    draws: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[StressTest, tuple[Found, ...]]:
    """Test a text that is already read; nothing is written."""
    tell = progress or (lambda _what, _share: None)
    tell("structure", 0.0)
    structures = structure_of(agreement)
    flaws = lint(agreement, fait_accompli_s=inputs.fait_accompli_s)
    cuts = slices_of(agreement)
    tell("strategy", 0.2)
    guarantees = tuple(
        _result(agreement, promised, found, flaws, cuts, inputs, draws, seed)
        for promised, found in zip(guarantees_of(agreement), structures, strict=True)
    )
    tell("weaknesses", 0.6)
    found = weaknesses_of(
        agreement,
        text,
        flaws=flaws,
        structures=structures,
        slices=cuts,
        inputs=inputs,
    )
    result = StressTest(
        agreement=agreement.name,
        title=agreement.title or agreement.name,
        draws=draws,
        seed=seed,
        inputs=inputs,
        guarantees=guarantees,
        weaknesses=tuple(one.weakness for one in found),
        lint=flaws,
        slices=cuts,
        instruments=tuple(_instruments(agreement)),
        rank=strength(structures, flaws),
    )
    return result, found


def _instruments(agreement: Agreement) -> list[str]:
    """Linked texts that are not in force, in words."""
    return [
        f"{text.title}: {(text.state or 'state not stated').replace('_', ' ')}"
        + (f", {text.force}ly binding only" if text.force == "political" else "")
        for text in agreement.instruments
        if text.state != "in_force" or text.force == "political"
    ]


def _result(
    agreement: Agreement,
    promised: Guarantee,
    found: Structure,
    flaws: tuple[Flaw, ...],
    cuts: tuple[Slice, ...],
    inputs: Inputs,
    draws: int,
    seed: int,
) -> GuaranteeResult:
    rng = np.random.Generator(np.random.PCG64(seed))
    worth = _for_kind(inputs, promised)
    _, table = credibility(promised.tree, worth, draws=64, seed=seed, rng=rng)
    weighed = judged(table, worth, draw(worth, draws, seed), seed)
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    del fields["cuts_complete"]
    fields["time"] = msgspec.structs.replace(found.time, median=table.median_s)
    own = false_activation(agreement, promised, inputs)
    return GuaranteeResult(
        **fields,
        false_activation=own,
        slices=tuple(c for c in cuts if own and own.finding in c.finding.split(", ")),
        credibility=weighed,
        lint=tuple(flaw for flaw in flaws if flaw.clause == found.clause),
        tree=promised.tree,
    )


def _for_kind(inputs: Inputs, promised: Guarantee) -> Inputs:
    """Talk delivers no capability, whatever the guarantors hold."""
    if promised.kind != "consultation":
        return inputs
    none = Range(low=0.0, high=0.0, source="a consultation delivers nothing by itself")
    return msgspec.structs.replace(inputs, ranges={**inputs.ranges, "capability": none})


# --- writing -------------------------------------------------------------------------


def _write(out: Path, result: StressTest, found: tuple[Found, ...]) -> None:
    """The result last, so that a folder with ``stress.json`` is whole."""
    for one in found:
        _write_one(out, one)
    out.mkdir(parents=True, exist_ok=True)
    (out / "stress.json").write_bytes(result.as_json())


def _write_one(out: Path, one: Found) -> None:
    weakness = one.weakness
    if one.played is not None:
        folder = out / weakness.history
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(one.played.history.facts, folder / "facts.parquet")
        if one.played.history.coverage is not None:
            pq.write_table(one.played.history.coverage, folder / "coverage.parquet")
        source = to_source(one.played.agreement)
        (folder / AGREEMENT_FILE).write_text(source, encoding="utf-8")
        (folder / "claim.json").write_bytes(_claim(one, weakness))
    if weakness.repair is not None:
        folder = out / "repairs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{weakness.id}.patch").write_text(
            weakness.repair.patch, encoding="utf-8"
        )


def _claim(one: Found, weakness: Weakness) -> bytes:
    assert one.played is not None
    history = one.played.history
    held = {
        "origin": "imagined",
        "names": "aliases only",
        "kind": weakness.kind,
        "start": history.start,
        "until": history.until,
        "claims": weakness.claims,
        "confirmed": weakness.confirmed,
        "command": weakness.command,
        "marking": weakness.marking,
    }
    return msgspec.json.format(msgspec.json.encode(held), indent=2)
