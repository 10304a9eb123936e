"""The stress test: structure of a large text, draws in one process, imagined histories.

The bars stand in the design: all structure of 35 guarantors and 50 articles in 5 s,
1e5 draws in 1 s (after imports), 1,000 imagined 90-day histories in 10 minutes.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import RUNS, Page, Timing, timed

GUARANTORS, ARTICLES, DRAWS = 35, 50, 100_000
PER_DAY, TEN_MINUTES = 200, 10


def text(guarantors: int, articles: int) -> str:
    """Decisions by weight, heads and veto, each with a power that needs it."""
    names = ", ".join(f"G{n}" for n in range(1, guarantors + 1))
    parts = [
        (
            f"parties A, B\ngroup Coalition of {names}\n"
            'act fire is "to open fire"\nact deploy is "to deploy"\n'
            "Article 1\n  forbid any party to fire\n"
            "Article 2\n  finding storm for party, sector\n  when count of breaches of"
            " Article 1 by party in sector over 72 hours >= 10\n  attributed by"
            " Coalition\n"
            "    vote two thirds of members\n    within 48 hours of alleged\n"
        )
    ]
    parts += [_pair(n) for n in range(3, articles + 1, 2)]
    return "".join(parts)


def _pair(n: int) -> str:
    return (
        f"Article {n}\n  upon found storm on party, sector\n  decide D{n} by"
        " Coalition\n    vote 66 percent of votes\n    and at least 15 members\n"
        "    veto G1, G2, G3\n    within 72 hours of found\n"
        "    weights G1 29, G2 28, G4 7\n"
        f"Article {n + 1}\n  power Coalition to deploy\n  needs adopted D{n}\n"
        "    and consent of B\n    and mandate of each contributor\n"
    )


def run(*, quick: bool) -> Page:
    """The page of figures; CPU seconds, median of the runs."""
    page = Page(
        title="Stress test: structure, draws, imagined histories",
        about="A text of 35 guarantors and 50 articles; 100,000 draws by Saltelli's"
        " scheme with Sobol indices, in one process after imports; imagined histories"
        " of 90 days at 200 observations a day through the whole pipeline.",
        columns=("work", "size", "time"),
    )
    runs = 1 if quick else RUNS
    _structure(page, runs)
    _draws(page, runs)
    _imagined(page, quick=quick)
    return page


def _structure(page: Page, runs: int) -> None:
    from tocsin.agreement.parse import parse_rules
    from tocsin.stresstest.structure import structure_of

    tree = parse_rules(text(GUARANTORS, ARTICLES)).records
    took = timed(lambda: structure_of(tree), runs=runs)
    size = f"{GUARANTORS} guarantors, {ARTICLES} articles"
    page.rows.append(("all structure", size, f"{took.median_s:.2f} s"))
    _bar(page, "all structure in 5 s", took, 5.0)


def _draws(page: Page, runs: int) -> None:
    from tocsin.agreement.parse import parse_rules
    from tocsin.stresstest.compiling import guarantees_of
    from tocsin.stresstest.inputs import Inputs
    from tocsin.stresstest.strategy import draw, judged
    from tocsin.stresstest.worlds import chances

    inputs, rng = Inputs(), np.random.Generator(np.random.PCG64(1))
    tree = guarantees_of(parse_rules(text(GUARANTORS, 4)).records)[0].tree
    table = chances(tree, inputs, rng)
    took = timed(lambda: judged(table, inputs, draw(inputs, DRAWS, 1), 1), runs=runs)
    work = "draws, game and Sobol indices"
    page.rows.append((work, f"{DRAWS:,}", f"{took.median_s:.2f} s"))
    _bar(page, "100,000 draws in 1 s", took, 1.0)


def _imagined(page: Page, *, quick: bool) -> None:
    """Two processes side by side, every adversary in turn, their start included."""
    from tocsin.stresstest.imagined import ADVERSARIES, imagine

    histories = len(ADVERSARIES) * (1 if quick else 8)
    took = timed(lambda: imagine(histories, seed=7, processes=2), runs=1)
    each = took.median_s / histories
    size = f"{histories} of 90 days, {PER_DAY} observations a day, 2 processes"
    page.rows.append(("imagined histories", size, f"{each:.2f} s each"))
    # 1,000 in 10 minutes is 0.6 s each, side by side
    minutes = each * 1_000 / 60
    page.bars.append(
        (
            "1,000 histories in 10 minutes on 2 cores",
            f"{minutes:.1f} min",
            minutes <= TEN_MINUTES,
        )
    )


def _bar(page: Page, name: str, took: Timing, bar_s: float) -> None:
    page.bars.append((name, f"{took.median_s:.2f} s", took.median_s <= bar_s))
