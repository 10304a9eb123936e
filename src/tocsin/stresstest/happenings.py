r"""What must be on record so that a condition of the text holds.

In: an agreement (aliased), a condition of it and an instant. Out: rows for a FACTS
table: the breaches, events and ballots after which the condition is true, each a second
or so after the other. The first party is the one in breach, in the first sector.

>>> from tocsin.agreement.parse import parse_rules
>>> text = 'parties A, B\nact raid is "to raid"\nArticle 1\n  upon raid of party\n'
>>> tree = parse_rules(text + "  effect alarm on party\n").records
>>> trigger = tree.articles[0].rules[0].trigger
>>> [(row["kind"], row["party"]) for row in Happenings(tree, EARLIEST).of(trigger)]
[('raid', 'A')]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tocsin.agreement.evaluate.plan import (
    Pattern,
    Plan,
    Prohibition,
    pattern,
    plan,
    who_names,
)
from tocsin.agreement.terms import (
    Aggregate,
    Agreement,
    AllOf,
    AnyOf,
    ArticleIs,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Decision,
    DecisionIs,
    Deed,
    Episodes,
    FilterIn,
    FindingRule,
    FindingState,
    Happened,
    Not,
    Number,
    Procedure,
    Since,
    Trigger,
    VariableIs,
    Who,
)
from tocsin.agreement.terms import (
    Sequence as InSequence,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.errors import WrongUse
from tocsin.model.times import instant
from tocsin.stresstest.compiling import binding, procedure_members

__all__ = ["EARLIEST", "Happenings", "Row", "breaches"]

EARLIEST: Final = instant("2025-01-01T00:00:00Z")
SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
DELIBERATE: Final = timedelta(seconds=600)
"""After which ballots are cast."""

Row = dict[str, Any]


class Happenings:
    """Facts that make conditions of one agreement true, from one instant on."""

    def __init__(self, agreement: Agreement, at: datetime, *, sources: int = 1) -> None:
        self.agreement = agreement
        self.made: Plan = plan(agreement)
        self.at = at
        self.sources = sources
        parties = agreement.party_names or ("Party_A",)
        self.party, self.opponent = parties[0], parties[-1]
        named = agreement.sectors
        self.sector: str | None = named[0].name if named else "Sector_1"
        self.inside: list[object] = []

    def of(self, term: Trigger | Condition | None) -> list[Row]:
        """The facts after which it holds; none where it holds by itself.

        Raises:
            WrongUse: it says why no facts can be written for it.
        """
        if isinstance(term, Trigger):
            parts = [part for part in (term.upon, term.when) if part is not None]
            return _unique([row for part in parts for row in self.of(part)])
        if term is None:
            return []
        if term in self.inside:
            raise WrongUse("it waits for itself")
        self.inside.append(term)
        try:
            return _unique(self._of(term))
        finally:
            self.inside.pop()

    def _of(self, term: Condition) -> list[Row]:  # noqa: PLR0911  # one case each
        match term:
            case AllOf():
                return [row for part in term.conditions for row in self.of(part)]
            case AnyOf():
                return self._any(term.conditions)
            case FindingState():
                return self.finding(term.finding, found=term.state == "found")
            case DecisionIs():
                return self._decision(term)
            case Happened():
                return self._happened(term)
            case BreachOf():
                return self.broken(term.breaches.article.number)
            case Compare():
                return self._counted(term)
            case Since():
                return [*self.of(term.start), *self.of(term.holds)]
            case InSequence():
                steps = (step.condition for step in term.steps)
                return self._in_order((term.first, *steps))
            case ArticleIs() | Not() | VariableIs():
                return []
        raise WrongUse(f"no facts are written for `{type(term).__name__}`")

    def _any(self, parts: Sequence[Condition]) -> list[Row]:
        """The first of several that can be written."""
        why = ""
        for part in parts:
            try:
                return self.of(part)
            except WrongUse as error:
                why = why or str(error)
        raise WrongUse(why)

    def _in_order(self, parts: Iterable[Condition]) -> list[Row]:
        rows: list[Row] = []
        for number, part in enumerate(parts):
            later = Happenings(self.agreement, self.at + number * SECOND)
            rows += later.of(part)
        return rows

    # -- findings and decisions

    def finding(self, name: str, *, found: bool = True) -> list[Row]:
        """The breach that opens a finding, and the ballots that attribute it."""
        rule = self._rule(FindingRule, name)
        if rule is None:
            raise WrongUse(f"no clause defines the finding {name}")
        sources = (rule.standard.sources or 1) if rule.standard else 1
        rows = Happenings(self.agreement, self.at, sources=sources).of(rule.when)
        if found and rule.attribution is not None:
            rows += self.ballots(rule.attribution, name)
        return rows

    def _decision(self, term: DecisionIs) -> list[Row]:
        name = term.decision or self._decided_in(term)
        rule = self._rule(Decision, name or "")
        if rule is None:
            raise WrongUse(f"no clause calls for the decision {name}")
        vote = {"adopted": "yes", "rejected": "no"}.get(term.outcome)
        ballots = self.ballots(rule.procedure, rule.name, vote) if vote else []
        return [*self.of(rule.trigger), *ballots]

    def _decided_in(self, term: DecisionIs) -> str | None:
        number = term.article.number if term.article else ""
        for article in self.agreement.find(number):
            for rule in article.rules:
                if isinstance(rule, Decision):
                    return rule.name
        return None

    def ballots(
        self, procedure: Procedure, subject: str, vote: str = "yes"
    ) -> list[Row]:
        """A ballot of each member, deliberate time after the beginning."""
        accused = {"target_party": self.party, "t": self.at + DELIBERATE}
        return [
            {
                "kind": "ballot",
                "party": name,
                "vote": vote,
                "subject": subject,
                **accused,
            }
            for name in procedure_members(self.agreement, procedure)
        ]

    def _rule(self, kind: type, name: str) -> Any:
        for article in binding(self.agreement):
            for rule in rules_of(article):
                if isinstance(rule, kind) and getattr(rule, "name", "") == name:
                    return rule
        return None

    # -- acts, breaches, numbers

    def _happened(self, term: Happened) -> list[Row]:
        for let in self.agreement.conditions:
            if let.name == term.deed.act:
                return self.of(let.when)
        return self.deed(term.deed)

    def deed(self, deed: Deed, *, by: Who | None = None, times: int = 1) -> list[Row]:
        """An act of each who is meant, so many times, a second apart."""
        said = pattern(self.agreement, deed)
        if said.zone or said.near:
            raise WrongUse("only a map can tell whether it happens there")
        who = deed.by or by
        names = self._names(who) if who else (None,)
        return [
            {**self._row(said, deed), "party": name, "t": self.at + n * SECOND}
            for name in names
            for n in range(times)
        ]

    def _row(self, said: Pattern, deed: Deed) -> Row:
        against = self._names(deed.against)[0] if deed.against else None
        here = self.sector if said.sector_variable else None
        return {
            "kind": said.act,
            "target_party": against,
            "sector": said.sectors[0] if said.sectors else here,
            "subject": said.subject or self._site(said),
            "weapon": weapon_of(said),
            "n_independent": self.sources,
        }

    def _site(self, said: Pattern) -> str | None:
        sites = self.agreement.sites
        if said.subject_variable is None:
            return None
        return sites[0].name if sites else "Site_1"

    def _names(self, who: Who) -> tuple[str | None, ...]:
        bound = {"party": self.party, "parties": self.party, "opponent": self.opponent}
        if who.quantifier is None and who.of is None:
            return tuple(bound.get(name, name) for name in who.names)
        names = who_names(self.agreement, who) or who.names
        one = who.quantifier == "any" or who.names[0] in {"party", "parties"}
        return names[:1] if one else names

    def breach(self, subject: Breaches, *, times: int = 1) -> list[Row]:
        """Breaches of an article by the party in breach."""
        at = [self.at + n * SECOND for n in range(times)]
        number = subject.article.number
        return breaches(self.made, number, times=at, sources=self.sources)

    def broken(self, number: str) -> list[Row]:
        """One breach of an article: an act, or the call for what nobody then does."""
        try:
            return breaches(self.made, number, times=[self.at], sources=self.sources)
        except WrongUse:
            duties = self.made.duties(number)
            if not duties:
                raise
            return self.of(duties[0].trigger)

    def again(self, name: str, times: int) -> list[Row]:
        """So many episodes of a finding, each after the one before has closed."""
        rule = self._rule(FindingRule, name)
        windows = [a.over.seconds for a in find(rule, Aggregate) if a.over]
        apart = max(windows, default=0) * SECOND + DAY
        rows: list[Row] = []
        for number in range(times):
            later = Happenings(self.agreement, self.at + number * apart)
            rows += later.finding(name)
        return rows

    def _counted(self, term: Compare) -> list[Row]:
        if not isinstance(term.right, Number) or term.operator not in {">", ">="}:
            raise WrongUse("no facts are written for a comparison of this kind")
        times = int(term.right.value) + (term.operator == ">")
        subject, over = term.left.subject, term.left.over
        if term.left.function != "count" or times > MOST:
            raise WrongUse(f"no facts are written for a {term.left.function}")
        if isinstance(subject, Episodes) and over is not None:
            return self.again(subject.finding, times)
        if isinstance(subject, Breaches):
            return self.breach(subject, times=times)
        if isinstance(subject, Deed):
            return self.deed(subject, times=times)
        raise WrongUse("no facts are written for episodes that repeat")


MOST: Final = 10_000


def _unique(rows: list[Row]) -> list[Row]:
    return list({str(sorted(row.items(), key=str)): row for row in rows}.values())


# --- breaches ------------------------------------------------------------------------


def breaches(
    made: Plan,
    number: str,
    *,
    times: Sequence[datetime],
    sources: int = 1,
    party: str | None = None,
    sector: str | None = None,
) -> list[Row]:
    """Breaches of an article, one at each time, by one party in one sector.

    Raises:
        WrongUse: no prohibition of the article can be broken without a map.
    """
    prohibition, said = _breakable(made, number)
    who = party or prohibition.parties[0]
    where = sector or _sector_of(made, said)
    return [
        {
            "kind": said.act,
            "party": who,
            "target_party": _suffering(made, said, who),
            "sector": where,
            "weapon": weapon_of(said),
            "subject": said.subject,
            "t": t,
            "n_independent": sources,
        }
        for t in times
    ]


def _suffering(made: Plan, said: Pattern, who: str) -> str | None:
    """Against whom, where the text says it."""
    if said.against:
        return said.against[0]
    others = [name for name in made.agreement.party_names if name != who]
    return others[-1] if said.against_variable and others else None


def _breakable(made: Plan, number: str) -> tuple[Prohibition, Pattern]:
    if not made.prohibition(number):
        raise WrongUse(f"Article {number} forbids nothing: it is broken by an omission")
    for prohibition in made.prohibition(number):
        for rule in prohibition.rules:
            if rule.pattern.zone is None and rule.after is None:
                return prohibition, rule.pattern
    raise WrongUse(f"Article {number}: only a map can tell whether it is broken")


def _sector_of(made: Plan, said: Pattern) -> str:
    if said.sectors:
        return said.sectors[0]
    named = made.agreement.sectors
    return named[0].name if named else "Sector_1"


def weapon_of(said: Pattern) -> str | None:
    """A weapon that passes the filter; None: any does, or none that is named."""
    return next(_named(said), None)


def _named(said: Pattern) -> Iterator[str]:
    for tests in said.filter.any_of:
        for test in tests:
            named = isinstance(test, FilterIn) and not test.negated
            if named and test.attribute == "weapon":
                yield str(test.values[0])  # type: ignore[union-attr]
