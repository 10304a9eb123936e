"""Clauses that cannot both be kept: an interval index finds pairs, z3 decides them.

Two rules contradict where one asks for what the other forbids, of the same party, at
the same place, with the same weapons, at the same time. An index by act, party and time
leaves few pairs; z3 settles those over symbolic dates (``start of Article 1(1)`` is a
number nobody knows yet) and names a case, so that both clauses can be read against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from tocsin.agreement.evaluate.clocks import fixed
from tocsin.agreement.evaluate.plan import who_names
from tocsin.agreement.terms import (
    Agreement,
    Article,
    ArticleTime,
    Before,
    Calendar,
    Duration,
    FilterIn,
    FixedTime,
    Forbid,
    InForce,
    Norm,
    Oblige,
    Permit,
    TimePoint,
)
from tocsin.agreement.walk import find
from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.model.vocabulary import WeaponClass
from tocsin.stresstest.flaws import Flaw, Severity, Text
from tocsin.stresstest.solver import needs_extra

__all__ = ["Contradiction", "candidates", "rules_in_time"]

FOREVER: Final = 10**12
MONTH_S: Final = 31 * 86_400
Span = tuple[str, int, str, int]
"""Base and offset of the begin, base and offset of the end; base "" is 1970."""


class Timed(Record, frozen=True, kw_only=True):
    """A rule as a box: who, what, where, with which weapons, from when to when."""

    clause: str
    asks: bool
    act: str
    who: frozenset[str]
    places: frozenset[str] | None
    weapons: frozenset[str]
    span: Span
    due: tuple[str, int] | None
    rule: Forbid | Oblige | Permit


class Contradiction:
    """Two clauses, or one with its own dates, that cannot be kept."""

    name: ClassVar[str] = "contradiction"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Pairs that z3 finds a common case for; duties due before they begin."""
        timed = rules_in_time(text.agreement, text.articles)
        pairs = list(candidates(timed))
        solver = _Solver() if pairs or any(rule.due for rule in timed) else None
        for rule in timed:
            if rule.due and solver and not solver.can_be_kept(rule):
                yield self._late(rule)
        for asks, forbids in pairs:
            case = solver.case(asks, forbids) if solver else None
            if case is not None:
                yield self._pair(asks, forbids, case)

    def _pair(self, asks: Timed, forbids: Timed, case: str) -> Flaw:
        verb = "permits" if isinstance(asks.rule, Permit) else "asks for"
        return Flaw(
            check=self.name,
            severity=self.severity,
            clause=asks.clause,
            where=asks.rule.where,
            message=f"{asks.clause} {verb} what {forbids.clause} forbids: {case}",
            consequence="who keeps the one breaks the other; each side can choose which"
            " of the two to accuse by",
            repair=f"except the duty of {asks.clause} from {forbids.clause}",
            also=(forbids.clause,),
        )

    def _late(self, rule: Timed) -> Flaw:
        return Flaw(
            check=self.name,
            severity=self.severity,
            clause=rule.clause,
            where=rule.rule.where,
            message=f"{rule.clause} is due before it begins to bind",
            consequence="nobody can keep it: it is broken at the instant it binds",
            repair="set its deadline after the start of the article",
        )


# --- rules as boxes in time ----------------------------------------------------------


def rules_in_time(
    agreement: Agreement, articles: tuple[Article, ...]
) -> tuple[Timed, ...]:
    """Prohibitions and obligations, each with its span of time."""
    return tuple(
        _timed(agreement, article, rule)
        for article in articles
        for outer in article.rules
        if isinstance(outer, Norm)
        for rule in (outer, *outer.then)
        if isinstance(rule, Forbid | Oblige | Permit)
    )


def _timed(
    agreement: Agreement, article: Article, rule: Forbid | Oblige | Permit
) -> Timed:
    start, end = _begin(agreement, article, 0), _end(agreement, article)
    before = rule.deadline.time if isinstance(rule.deadline, Before) else None
    return Timed(
        clause=article.clause,
        asks=not isinstance(rule, Forbid),
        act=rule.deed.act,
        who=frozenset(_who(agreement, rule)),
        places=_places(agreement, rule.deed.in_),
        weapons=_weapons(agreement, rule),
        span=(*start, *end),
        due=_instant(agreement, before, 0) if before else None,
        rule=rule,
    )


def _who(agreement: Agreement, rule: Norm) -> tuple[str, ...]:
    named = who_names(agreement, rule.who)
    return agreement.party_names if set(named) & {"party", "opponent"} else named


def _places(agreement: Agreement, name: str | None) -> frozenset[str] | None:
    """Sectors of a zone, or the zone's own name; None: everywhere."""
    if name is None or name == "sector":
        return None
    zone = next((z for z in agreement.zones if z.name == name), None)
    return frozenset(zone.covers or (name,)) if zone else frozenset({name})


def _weapons(agreement: Agreement, rule: Norm) -> frozenset[str]:
    """Weapon classes that the rule speaks of."""
    every = frozenset(weapon.value for weapon in WeaponClass)
    lets = {let.name: let.filter for let in agreement.lets}
    names = [n for n in (rule.deed.thing, rule.deed.with_) if n in lets]
    for test in (t for n in names if n for t in find(lets[n], FilterIn)):
        if test.attribute == "weapon":
            named = frozenset(test.values)
            every &= (every - named) if test.negated else named
    return every


def _begin(agreement: Agreement, article: Article, depth: int) -> tuple[str, int]:
    force = article.in_force or InForce()
    if not force.start or depth > len(agreement.articles):
        return "", -FOREVER
    return max(_instant(agreement, point, depth + 1) for point in force.start)


def _end(agreement: Agreement, article: Article) -> tuple[str, int]:
    force = article.in_force or InForce()
    if force.until is not None and not isinstance(force.until.base, ArticleTime):
        return _instant(agreement, force.until, 1)
    if force.for_ is not None:
        base, offset = _begin(agreement, article, 0)
        return base, offset + _length(force.for_)
    return "", FOREVER


def _instant(agreement: Agreement, point: TimePoint, depth: int) -> tuple[str, int]:
    plus = _length(point.plus) if point.plus else 0
    base = point.base
    if isinstance(base, ArticleTime):
        other = next(iter(agreement.find(base.article.number)), None)
        if other is None or base.edge == "end":
            return f"{base.edge} of {base.article}", plus
        name, offset = _begin(agreement, other, depth + 1)
        return name, offset + plus
    if isinstance(base, FixedTime):
        calendar = agreement.calendar or Calendar(zone="UTC", rounded="down")
        try:
            return "", fixed(base, calendar) + plus
        except WrongUse:  # a date that `check` has already refused
            return base.text, plus
    return base.event, plus


def _length(length: Duration) -> int:
    return length.months * MONTH_S if length.is_calendar else length.seconds


# --- the index -----------------------------------------------------------------------


def candidates(rules: tuple[Timed, ...]) -> Iterator[tuple[Timed, Timed]]:
    """Pairs that might contradict: same act, and spans that might overlap."""
    by_act: dict[str, tuple[list[Timed], list[Timed]]] = {}
    for rule in rules:
        by_act.setdefault(rule.act, ([], []))[rule.asks].append(rule)
    for forbids, asks in by_act.values():
        by_begin = sorted(forbids, key=lambda rule: (not rule.span[0], rule.span[1]))
        for duty in asks:
            for ban in by_begin:
                if _is_dated(duty, ban) and ban.span[1] >= duty.span[3]:
                    break  # it, and every one after it, begins too late
                if _may_overlap(duty, ban):
                    yield duty, ban


def _is_dated(one: Timed, other: Timed) -> bool:
    return not (one.span[2] or other.span[0])


def _may_overlap(one: Timed, other: Timed) -> bool:
    apart = one.places and other.places and not one.places & other.places
    if apart or not one.who & other.who or not one.weapons & other.weapons:
        return False
    bases = {one.span[0], one.span[2], other.span[0], other.span[2]} - {""}
    if bases:
        return True
    return one.span[1] < other.span[3] and other.span[1] < one.span[3]


# --- z3 ------------------------------------------------------------------------------


class _Solver:
    """z3 over instants: each named event is an unknown number of seconds."""

    def __init__(self) -> None:
        try:
            import z3
        except ImportError as error:
            raise needs_extra("z3-solver", error) from error
        self._z3: Any = z3
        self._t: Any = z3.Int("t")

    def case(self, asks: Timed, forbids: Timed) -> str | None:
        """A common case in words, or None where there is none."""
        solver = self._z3.Solver()
        who = self._pick(solver, "who", asks.who, forbids.who)
        weapon = self._pick(solver, "weapon", asks.weapons, forbids.weapons)
        for rule in (asks, forbids):
            self._during(solver, rule)
        if asks.due:  # a duty can wait for its last moment
            solver.add(self._t == self._at(asks.due))
        if solver.check() != self._z3.sat:
            return None
        found = solver.model()
        name = sorted(asks.who | forbids.who)[found[who].as_long()]
        with_ = sorted(asks.weapons | forbids.weapons)[found[weapon].as_long()]
        narrow = len(asks.weapons & forbids.weapons) < len(WeaponClass)
        return f"{name}" + (f" with {with_}" if narrow else "")

    def can_be_kept(self, rule: Timed) -> bool:
        """Whether some instant lies after the start and not after the deadline."""
        solver = self._z3.Solver()
        assert rule.due is not None
        self._during(solver, rule)
        solver.add(self._t <= self._at(rule.due))
        return bool(solver.check() == self._z3.sat)

    def _during(self, solver: Any, rule: Timed) -> None:
        begin, end = rule.span[:2], rule.span[2:]
        solver.add(self._t >= self._at(begin), self._t < self._at(end))

    def _at(self, point: tuple[str, int]) -> Any:
        base, offset = point
        if not base:
            return self._z3.IntVal(offset)
        return self._z3.Int(f"instant of {base}") + offset

    def _pick(
        self, solver: Any, name: str, one: frozenset[str], other: frozenset[str]
    ) -> Any:
        """A number for one of the names, in both sets."""
        held = sorted(one | other)
        var = self._z3.Int(name)
        for group in (one, other):
            solver.add(self._z3.Or([var == held.index(n) for n in group]))
        return var
