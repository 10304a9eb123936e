"""The stress test as one page: pictures first, caveats beside them.

In: a :class:`tocsin.stresstest.StressTest`. Out: one page of HTML that loads nothing
and runs nothing. It is watermarked as imagined wherever it shows, printed pages too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from tocsin.report import stress_figures
from tocsin.report.render import _drawing, _read
from tocsin.report.stress_figures import plain
from tocsin.store import write_durably
from tocsin.stresstest.result import GuaranteeResult, StressTest

__all__ = ["stress_page", "write_stress_page"]

PAGE: Final = "stress.html.jinja"
STYLES: Final = ("daily.css", "stress.css")
FILE: Final = "stress.html"


def write_stress_page(test: StressTest, out: Path) -> Path:
    """Write the page into the folder of the stress test; gives its path."""
    path = out / FILE
    write_durably(path, stress_page(test).encode())
    return path


def stress_page(test: StressTest) -> str:
    """One page of HTML that opens offline."""
    style = "\n".join(_read(name) for name in STYLES)
    return _template().render(
        test=test,
        figures=_figures(test),
        lead=_lead(test),
        confirmed=sum(one.confirmed for one in test.weaknesses),
        contents=_contents(test),
        horizon=test.slices[0].horizon_s // 86_400 if test.slices else 0,
        style=Markup(style),  # noqa: S704  # our own files
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["raw_svg"] = _drawing
    environment.globals.update(points=_points, controls=_controls, covers=_covers)
    environment.filters.update(plain=plain, capitalised=_capitalised)
    return environment.get_template(PAGE)


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _points(found: GuaranteeResult) -> Iterator[str]:
    """On whom or what everything hangs, one sentence each."""
    for point in found.single_points:
        kind, name = plain(point.kind), plain(point.name)
        why = plain(point.why).removeprefix(f"{name}: ")
        yield f"Hangs on one {kind}: {name} ({why})."


def _controls(found: GuaranteeResult) -> Iterator[str]:
    """What a party can keep from happening, being itself the one in breach."""
    held: dict[tuple[str, bool], list[str]] = {}
    for one in found.violator_controlled:
        words = plain(one.condition).removeprefix(f"{plain(one.violator)}: ")
        held.setdefault((words, one.stops_alone), []).append(plain(one.violator))
    for (words, alone), who in held.items():
        enough = ", which is enough alone" if alone else ""
        yield f"In the hand of {' or '.join(who)} if in breach: {words}{enough}."


def _covers(found: GuaranteeResult) -> Iterator[str]:
    """Which territory is covered, under each line that is claimed."""
    covered = found.covers
    if covered.territory == "not stated":
        yield "Which territory it covers is not stated: each side may claim its own."
        return
    for line, words in covered.per_line.items():
        yield f"Covers, read by {plain(line)}: {plain(words)}."


class _Figures(msgspec.Struct, kw_only=True):
    clock: str
    blockers: str
    trees: list[str]
    curves: list[str]
    worth: str
    slices: str
    durability: str


def _figures(test: StressTest) -> _Figures:
    found = test.guarantees
    cuts = [(c.clause, c.in_one_window, c.over_horizon) for c in test.slices]
    return _Figures(
        clock=stress_figures.clocks(found, float(test.inputs.fait_accompli_s)),
        blockers=stress_figures.blockers(found),
        trees=[stress_figures.tree(one) for one in found],
        curves=[
            stress_figures.curve(one.false_activation) if one.false_activation else ""
            for one in found
        ],
        worth=stress_figures.worth(found),
        slices=stress_figures.slices(cuts),
        durability=stress_figures.durability(test.durability)
        if test.durability
        else "",
    )


def _lead(test: StressTest) -> str:
    """The result in two sentences."""
    able = [g for g in test.guarantees if g.can_activate and g.kind != "consultation"]
    alone = {name for g in able for name in g.veto_players}
    by_itself = sum(bool(g.automaticity.without_anybody) for g in able)
    if not able:
        return (
            "Nothing in this text acts: every guarantee is talk, or can never activate."
        )
    talk = sum(g.kind == "consultation" for g in test.guarantees)
    only = f" ({talk} more is only talk)" if talk else ""
    who = f"{len(alone)} can each stop something alone" if alone else "nobody can alone"
    return (
        f"{len(able)} of {len(test.guarantees)} guarantees can act{only}; {who};"
        f" {by_itself or 'none'} of them would act if nobody did anything."
    )


def _contents(test: StressTest) -> list[tuple[str, Any]]:
    held = [("summary", "At a glance")]
    held += [(f"g{at}", g.key) for at, g in enumerate(test.guarantees, start=1)]
    held += [("worth", "Required against delivered"), ("slices", "Slices")]
    if test.durability:
        held.append(("durability", "Durability"))
    held += [("weaknesses", "Weaknesses"), ("inputs", "Inputs"), ("limits", "Limits")]
    return held
