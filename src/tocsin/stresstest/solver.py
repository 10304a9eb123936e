"""Smallest groups under compound votes, by OR-Tools' CP-SAT.

Loaded only where a vote mixes named groups or alternatives; everything simpler has an
exact algorithm of its own in :mod:`tocsin.stresstest.votes`. A name is 1 where it
belongs to the group that is looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from tocsin.errors import WrongUse

__all__ = ["Model", "needs_extra"]


class _Test(Protocol):
    """A threshold or tests; see :mod:`tocsin.stresstest.votes`."""

    def passed(self, group: Collection[str]) -> bool:
        """True where the group passes."""


def needs_extra(package: str, error: ImportError) -> WrongUse:
    """What to tell a user whose installation lacks a library of the extra."""
    return WrongUse(
        f"this part of the stress test needs {package}: install `tocsin[stress]`"
        f" ({error})"
    )


class Model:
    """A question for the smallest group of these names."""

    def __init__(self, names: Collection[str]) -> None:
        try:
            from ortools.sat.python import cp_model
        except ImportError as error:
            raise needs_extra("ortools", error) from error
        self._cp = cp_model
        self._model: Any = cp_model.CpModel()
        self._in = {name: self._model.new_bool_var(name) for name in sorted(names)}

    def require(self, literal: Any) -> None:
        """This must hold."""
        self._model.add_bool_or([literal])

    def member(self, name: str) -> Any:
        """The name belongs to the group."""
        return self._in[name]

    def some(self, literals: Iterable[Any]) -> Any:
        """At least one of these holds; the literal implies it."""
        return self._joined(list(literals), every=False)

    def every(self, literals: Iterable[Any]) -> Any:
        """All of these hold; the literal implies it."""
        return self._joined(list(literals), every=True)

    def passes(self, test: _Test) -> Any:
        """The group passes the test."""
        return self._held(test, inside=True)

    def fails(self, test: _Test) -> Any:
        """The others fail the test without the group."""
        return self._held(test, inside=False)

    def smallest(self) -> tuple[str, ...]:
        """A smallest group, in the order of its names; () where there is none."""
        self._model.minimize(sum(self._in.values()))
        solver: Any = self._cp.CpSolver()
        solver.parameters.num_search_workers = 1
        solver.parameters.random_seed = 0
        if solver.solve(self._model) != self._cp.OPTIMAL:
            return ()
        return tuple(name for name, var in self._in.items() if solver.value(var))

    def _joined(self, literals: list[Any], *, every: bool) -> Any:
        whole = self._model.new_bool_var("")
        if every:
            self._model.add_bool_and(literals).only_enforce_if(whole)
        else:
            self._model.add_bool_or(literals).only_enforce_if(whole)
        return whole

    def _held(self, test: Any, *, inside: bool) -> Any:
        """A literal that implies: inside, the group passes; else the rest fails."""
        if hasattr(test, "parts"):
            parts = [self._held(part, inside=inside) for part in test.parts]
            return self._joined(parts, every=test.every == inside)
        weight = sum(w * self._in[name] for name, w in test.weights)
        total = sum(w for _, w in test.weights)
        whole = self._model.new_bool_var("")
        if inside:
            self._model.add(weight >= test.at_least).only_enforce_if(whole)
        else:
            self._model.add(total - weight < test.at_least).only_enforce_if(whole)
        return whole
