"""How long cease-fires have lasted: survival after civil wars, and of which class.

In: the spells of peace of Fortna (2008), which a user supplies (``--data``); they are
not part of the project. Out: Kaplan-Meier curves with and without peacekeepers, Cox
models with delayed entry and robust errors, a Weibull shape. Few cases, selected ones:
peacekeepers go where peace is hard to keep, so a curve is a reference class and never a
forecast for an agreement.

References:
    Fortna (2008), Does Peacekeeping Work?; Kaplan and Meier (1958); Cox (1972).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.stresstest.solver import needs_extra

__all__ = ["SPELLS", "Curve", "Durability", "Effect", "durability_of", "spells"]

SPELLS: Final = "fortna_peace_spells_1944_1999.csv"
YEARS: Final = (0.5, 1.0, 2.0, 5.0)
YEAR_D: Final = 365.25
REFERENCE: Final = (
    "civil wars that ended in 1989 or later, observed to 2004 (Fortna 2008); no war"
    " between states is among them"
)
CONTROLS: Final = ("victory", "treaty", "logdead", "wardur", "lifes", "contraband")


class Curve(Record, frozen=True, kw_only=True):
    """Share of spells in which peace held after so many years, and its interval."""

    group: str
    spells: int
    failures: int
    years: tuple[float, ...]
    survived: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Effect(Record, frozen=True, kw_only=True):
    """A hazard ratio against no peacekeepers, with its robust p value."""

    what: str
    hazard_ratio: float
    p: float
    rows: int


class Durability(Record, frozen=True, kw_only=True):
    """How long peace lasted in the reference class.

    Attributes:
        shape: Weibull shape; below 1 the danger is greatest at the start.
        honouring: the range of shares of alliance commitments honoured, by coding.
        sentence: the result in words, with its reference class inside.
    """

    reference_class: str
    curves: tuple[Curve, ...]
    effects: tuple[Effect, ...]
    shape: float
    honouring: tuple[float, float]
    sentence: str


def spells(folder: Path) -> Any:
    """Fortna's spells since the Cold War, as a pandas table.

    Raises:
        WrongUse: the folder does not hold the file.
    """
    path = folder / SPELLS
    if not path.exists():
        raise WrongUse(f"{folder} holds no {SPELLS}; give its folder with --data")
    try:
        import pandas as pd
    except ImportError as error:
        raise needs_extra("pandas", error) from error
    table = pd.read_csv(path)
    return table[table["pcw"] == 1]


def durability_of(folder: Path) -> Durability:
    """Survival of peace with and without peacekeepers, in the reference class."""
    table = spells(folder)
    curves = tuple(
        curve(table[table["pk_dum"] == flag], name)
        for flag, name in ((0, "without peacekeepers"), (1, "with peacekeepers"))
    )
    return Durability(
        reference_class=REFERENCE,
        curves=curves,
        effects=tuple(effects(table)),
        shape=shape(table),
        honouring=(0.22, 0.75),
        sentence=_sentence(curves, shape(table)),
    )


def curve(table: Any, group: str) -> Curve:
    """Kaplan-Meier with delayed entry."""
    try:
        from lifelines import KaplanMeierFitter
    except ImportError as error:
        raise needs_extra("lifelines", error) from error
    fitted = KaplanMeierFitter().fit(table["_t"], table["_d"], entry=table["_t0"])
    at = [years * YEAR_D for years in YEARS]
    bounds = fitted.confidence_interval_survival_function_.reindex(
        fitted.survival_function_.index
    )
    rows = [bounds[bounds.index <= t].iloc[-1] for t in at]
    return Curve(
        group=group,
        spells=int(table["id"].nunique()),
        failures=int(table["_d"].sum()),
        years=YEARS,
        survived=tuple(float(fitted.predict(t)) for t in at),
        low=tuple(float(row.iloc[0]) for row in rows),
        high=tuple(float(row.iloc[1]) for row in rows),
    )


def effects(table: Any) -> list[Effect]:
    """Hazard ratios: time-varying, time-constant, adjusted, by type of mission."""
    found = [
        effect(table, "pk_dum", (), "peacekeepers, time-varying, no controls"),
        effect(table, "pk_dumC", (), "peacekeepers, time-constant, no controls"),
        effect(table, "pk_dum", CONTROLS, "peacekeepers, time-varying, adjusted"),
        effect(table, "pk_dumC", CONTROLS, "peacekeepers, time-constant, adjusted"),
    ]
    return [*found, *_by_type(table)]


def effect(table: Any, column: str, controls: tuple[str, ...], what: str) -> Effect:
    """One Cox model with delayed entry, errors clustered by conflict."""
    model = _cox(table, [column, *controls])
    row = model.summary.loc[column]
    return Effect(
        what=what,
        hazard_ratio=float(row["exp(coef)"]),
        p=float(row["p"]),
        rows=int(model.event_observed.shape[0]),
    )


def _cox(table: Any, columns: list[str]) -> Any:
    from lifelines import CoxPHFitter

    held = table[["_t0", "_t", "_d", "cluster", *columns]].dropna()
    return CoxPHFitter().fit(
        held,
        duration_col="_t",
        event_col="_d",
        entry_col="_t0",
        cluster_col="cluster",
        robust=True,
    )


TYPES: Final = {
    2: "observers",
    3: "traditional",
    4: "multidimensional",
    5: "enforcement",
}


def _by_type(table: Any) -> list[Effect]:
    held = table.dropna(subset=["pkopC1"]).copy()
    columns = []
    for code, name in TYPES.items():
        held[name] = (held["pkopC1"] == code).astype(float)
        columns.append(name)
    model = _cox(held, columns)
    return [
        Effect(
            what=f"{name}, no controls",
            hazard_ratio=float(model.summary.loc[name, "exp(coef)"]),
            p=float(model.summary.loc[name, "p"]),
            rows=int(model.event_observed.shape[0]),
        )
        for name in columns
    ]


def shape(table: Any) -> float:
    """Weibull shape of all spells."""
    from lifelines import WeibullFitter

    fitted = WeibullFitter().fit(table["_t"], table["_d"], entry=table["_t0"])
    return float(fitted.rho_)


def _sentence(curves: tuple[Curve, ...], weibull: float) -> str:
    without, with_ = curves
    year = YEARS.index(1.0)
    text = (
        f"In the reference class ({REFERENCE}) peace held for a year in"
        f" {without.survived[year]:.0%} of spells without and in"
        f" {with_.survived[year]:.0%} with peacekeepers"
    )
    if weibull < 1:
        text += ", and the first year was the hardest"
    return f"{text}; that is a record of the past and no forecast for this text."
