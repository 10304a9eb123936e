"""What of the published record this room reproduces, table by table.

V4, V5 and V6 are computed here and need no data. V1, V3 and V8 run on files that a user
supplies (``--data``), for their licences do not let us ship them. Each row says what
was published, what came out, and whether it agrees; what was not run says why. A table
that cannot be reproduced is reported and never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.stresstest.game import NAMES, Payoffs, solve
from tocsin.stresstest.power import power
from tocsin.stresstest.solver import needs_extra
from tocsin.stresstest.survival import SPELLS, curve, effects, shape, spells
from tocsin.stresstest.votes import Ballots, Threshold

__all__ = ["Row", "Table", "validate"]

State = Literal["reproduced", "partly", "not_reproduced", "not_run"]


class Row(Record, frozen=True, kw_only=True):
    """One published figure beside ours."""

    what: str
    published: float
    ours: float | None
    agrees: bool


class Table(Record, frozen=True, kw_only=True):
    """One published table and how far it was reproduced."""

    id: str
    what: str
    source: str
    state: State
    note: str
    rows: tuple[Row, ...] = ()


def validate(data: Path | None = None) -> tuple[Table, ...]:
    """Every table of the suite, V1 to V8.

    Args:
        data: a folder with the files of other people's studies, or None.
    """
    return tuple(table(data) for table in TABLES)


def _row(what: str, published: float, ours: float | None, digits: int) -> Row:
    """Agreement is agreement at the digits that were published."""
    agrees = ours is not None and abs(ours - published) <= 0.5000001 * 10**-digits
    return Row(what=what, published=published, ours=ours, agrees=agrees)


def _judged(rows: list[Row]) -> State:
    if all(row.agrees for row in rows):
        return "reproduced"
    return "partly" if any(row.agrees for row in rows) else "not_reproduced"


# --- V1: were alliance commitments honoured ------------------------------------------

ALLIANCES: Final = ("alliances.csv", "alliances.parquet", "alliances.dta")
HONOURED: Final = {"all": 50, "before 1945": 66, "since 1945": 22}
BY_TYPE: Final = {"defense": 41, "nonagg": 37, "offense": 74, "neutral": 78}


def _v1(data: Path | None) -> Table:
    path = next((data / n for n in ALLIANCES if data and (data / n).exists()), None)
    what = "alliance commitments honoured, in percent"
    source = "Berkemeier and Fuhrmann 2018, Research and Politics"
    if path is None:
        note = f"supply their records as {', '.join(ALLIANCES)} (columns honorLLM,"
        note += " violateLLM, sample; sample 1 is before 1945)"
        return Table(id="V1", what=what, source=source, state="not_run", note=note)
    rows = list(_honoured(_read(path)))
    note = "by their coding honorLLM; other coding rules give other shares"
    state = _judged(rows)
    return Table(
        id="V1", what=what, source=source, state=state, note=note, rows=tuple(rows)
    )


def _honoured(table: Any) -> Iterator[Row]:
    missing = {"honorLLM", "violateLLM", "sample"} - set(table.columns)
    if missing:
        raise WrongUse(f"the alliances lack the columns {', '.join(sorted(missing))}")
    yield _row("all", HONOURED["all"], _share(table), 0)
    early, late = table[table["sample"] == 1], table[table["sample"] == 0]
    yield _row("before 1945", HONOURED["before 1945"], _share(early), 0)
    yield _row("since 1945", HONOURED["since 1945"], _share(late), 0)
    for name, published in BY_TYPE.items():
        if name in table.columns:
            yield _row(name, published, _share(table[table[name] == 1]), 0)


def _share(table: Any) -> float | None:
    honoured, violated = (table[c].fillna(0).sum() for c in ("honorLLM", "violateLLM"))
    tested = honoured + violated
    return float(100 * honoured / tested) if tested else None


def _read(path: Path) -> Any:
    try:
        import pandas as pd
    except ImportError as error:
        raise needs_extra("pandas", error) from error
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".dta": pd.read_stata}
    return readers[path.suffix](path)


# --- V3 and V8: peace with and without peacekeepers ----------------------------------


def _v3(data: Path | None) -> Table:
    what = "peace kept after the Cold War, in percent of spells"
    source = "Gelman, Hill and Vehtari, Regression and Other Stories, on Fortna's data"
    if data is None or not (data / SPELLS).exists():
        return _without(SPELLS, "V3", what, source)
    table = spells(data)
    failed = table.groupby("id")["failed"].max()
    first = table[table["firstob"] == 1].set_index("id")["pk_dum"]
    kept = {flag: 1 - failed[first[first == flag].index] for flag in (0, 1)}
    rows = [
        _row("with peacekeepers", 56, float(100 * kept[1].mean()), 0),
        _row("without", 34, float(100 * kept[0].mean()), 0),
        _row("spells with", 34, float(len(kept[1])), 0),
        _row("spells without", 62, float(len(kept[0])), 0),
    ]
    note = "the file supplied is the later one: it has one spell without peacekeepers"
    note += " less than the file of the book (pk&pkept_old)"
    return Table(
        id="V3",
        what=what,
        source=source,
        state="reproduced" if all(row.agrees for row in rows[:2]) else _judged(rows),
        note=note,
        rows=tuple(rows),
    )


SURVIVED: Final = {
    "without": ("pk_dum", 0, (0.71, 0.61, 0.55, 0.41)),
    "with": ("pk_dum", 1, (0.85, 0.79, 0.67, 0.54)),
}
HAZARDS: Final = {
    "peacekeepers, time-constant, no controls": (0.475, 3),
    "peacekeepers, time-constant, adjusted": (0.33, 2),
    "observers, no controls": (0.89, 2),
    "traditional, no controls": (0.61, 2),
    "multidimensional, no controls": (0.33, 2),
    "enforcement, no controls": (0.31, 2),
}


def _v8(data: Path | None) -> Table:
    what = "hazard of renewed war with peacekeepers, and survival of peace"
    source = "Fortna 2004, 2008; figures as computed before this project"
    if data is None or not (data / SPELLS).exists():
        return _without(SPELLS, "V8", what, source)
    table = spells(data)
    ours = {found.what: found.hazard_ratio for found in effects(table)}
    rows = [_row(w, p, ours.get(w), digits) for w, (p, digits) in HAZARDS.items()]
    for name, (column, flag, published) in SURVIVED.items():
        found = curve(table[table[column] == flag], name)
        for years, expected, got in zip(
            found.years, published, found.survived, strict=True
        ):
            rows.append(_row(f"{name}, {years:g} years", expected, got, 2))
    rows.append(_row("Weibull shape", 0.486, shape(table), 3))
    varying = ours["peacekeepers, time-varying, no controls"]
    note = "the published .475 is that of peacekeepers as a constant of the spell; with"
    note += f" peacekeepers varying in time the same data give {varying:.3f}"
    return Table(
        id="V8",
        what=what,
        source=source,
        state=_judged(rows),
        note=note,
        rows=tuple(rows),
    )


def _without(file: str, id_: str, what: str, source: str) -> Table:
    note = f"supply {file} with --data"
    return Table(id=id_, what=what, source=source, state="not_run", note=note)


# --- V4, V5, V6: by computation ------------------------------------------------------


def _v4(_data: Path | None) -> Table:
    names = [f"P{n}" for n in range(5)] + [f"E{n}" for n in range(10)]
    nine = Threshold(weights=tuple((name, 1) for name in names), at_least=9)
    found = power(Ballots(actors=tuple(names), vote=nine, vetoes=tuple(names[:5])))
    rows = [
        _row("winning coalitions", 848, float(found.winning), 0),
        _row("Shapley-Shubik, permanent", 0.1963, found.shapley_shubik["P0"], 4),
        _row("Shapley-Shubik, elected", 0.00186, found.shapley_shubik["E0"], 4),
        _row("Banzhaf, permanent", 0.1669, found.banzhaf["P0"], 4),
        _row("Banzhaf, elected", 0.0165, found.banzhaf["E0"], 4),
        _row("Coleman, power to act", 0.0259, found.to_act, 4),
    ]
    return _computed("V4", "voting power in the Security Council", "textbook", rows)


def _v5(_data: Path | None) -> Table:
    worst = max(
        abs(_inspection(n, k) - _dresher(n, k))
        for n in range(2, 30)
        for k in range(1, n)
    )
    published = (-0.1429, -0.2727, -0.375, -0.4545, -0.5172, -0.5676)
    rows = [
        _row(f"value, {n} periods, 2 inspections", value, _inspection(n, 2), 4)
        for n, value in enumerate(published, start=3)
    ]
    rows.append(_row("largest error of the closed form, n < 30", 0.0, worst, 12))
    what = "value of the inspection game, recursion against closed form"
    return _computed("V5", what, "Dresher 1962; von Stengel 2016", rows)


def _dresher(n: int, k: int) -> float:
    return -comb(n - 1, k) / sum(comb(n, i) for i in range(k + 1))


def _inspection(n: int, k: int) -> float:
    """Backward induction over 2 x 2 games: inspect or not, violate or not."""
    value = [[0.0] * (k + 1) for _ in range(n + 1)]
    for periods in range(1, n + 1):
        for left in range(min(k, periods - 1) + 1):
            if left == 0:
                value[periods][0] = -1.0
                continue
            waits = value[periods - 1][left]
            seen = value[periods - 1][left - 1]
            value[periods][left] = _mixed(1.0, seen, -1.0, waits)
    return value[n][k]


def _mixed(caught: float, seen: float, missed: float, waits: float) -> float:
    """Value of the game that has no saddle point."""
    return (caught * waits - seen * missed) / (caught + waits - seen - missed)


GAMES: Final = 300
EPS: Final = 1e-9


def _v6(_data: Path | None) -> Table:
    """Deviations from the closed form never pay, in 300 games drawn in a lattice."""
    rows = [_row("games without a profitable deviation", GAMES, float(_stable()), 0)]
    what = "equilibria of the unilateral deterrence game"
    note = "every equilibrium is enumerated in tests/stresstest/test_game.py"
    made = _computed("V6", what, "Zagare and Kilgour 2000", rows)
    return Table(
        **{n: getattr(made, n) for n in made.__struct_fields__} | {"note": note}
    )


def _stable() -> int:
    """In how many games nobody gains by another move."""
    from scipy.stats import qmc

    points = qmc.Sobol(d=9, scramble=False).random(512)[1 : GAMES + 1]
    c = np.sort(points[:, :4], axis=1) + np.arange(4) * 0.02
    d = np.sort(points[:, 4:7], axis=1) + np.arange(3) * 0.02
    p_d, p_c = (np.clip(points[:, at], 0.02, 0.98) for at in (7, 8))
    held = Payoffs(
        c_cd=c[:, 0],
        c_h=c[:, 1],
        c_sq=c[:, 2],
        c_dc=c[:, 3],
        d_s=d[:, 0],
        d_dc=d[:, 1],
        d_cd=d[:, 2],
    )
    solved = solve(held, p_d=p_d, p_c=p_c)
    hard = solved.code != NAMES.index("certain_deterrence")
    challenged = np.maximum(solved.p_challenge, 1e-12)
    resisted = np.where(hard, 1 - solved.p_conceded / challenged, p_d)
    gain = _gain(held, resisted)
    soft = np.maximum(solved.p_challenge - p_c * hard, 0.0) / (1 - p_c)
    stays = ~hard & (gain[0] <= EPS) | hard & (gain[0] >= -EPS)
    free = (soft <= EPS) & (gain[1] <= EPS) | (soft >= 1 - EPS) & (gain[1] >= -EPS)
    mixed = np.abs(gain[1]) <= EPS
    return int((stays & (free | mixed)).sum())


def _gain(held: Payoffs, resisted: Any) -> tuple[Any, Any]:
    """What a hard and a soft challenger gain by challenging."""
    conceded = (1 - resisted) * held.c_dc
    return (
        conceded + resisted * held.c_h - held.c_sq,
        conceded + resisted * held.c_cd - held.c_sq,
    )


def _computed(id_: str, what: str, source: str, rows: list[Row]) -> Table:
    return Table(
        id=id_,
        what=what,
        source=source,
        state=_judged(rows),
        note="computed; no data needed",
        rows=tuple(rows),
    )


def _v2(_data: Path | None) -> Table:
    return Table(
        id="V2",
        what="strategic probit on Leblang's data",
        source="Kenkel and Signorino 2014, Journal of Statistical Software",
        state="not_run",
        note="not reproduced: its records (leblang2003 of the R package games) were not"
        " at hand, and an estimator that cannot be held against its 19 published"
        " coefficients would claim what nobody checked",
    )


def _v7(_data: Path | None) -> Table:
    return Table(
        id="V7",
        what="honouring of alliances, logit",
        source="Leeds and Anac 2005",
        state="not_run",
        note="not reproduced: the printed table was not at hand, so that there is"
        " nothing to compare with",
    )


TABLES: Final[tuple[Callable[[Path | None], Table], ...]] = (
    _v1,
    _v2,
    _v3,
    _v4,
    _v5,
    _v6,
    _v7,
    _v8,
)
