"""Checks of names: each is declared, once, and is of the kind that its place needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import singledispatch
from typing import Any, Final

from tocsin.agreement.common_acts import ANCHORS
from tocsin.agreement.names import KINDS_OF_ACTORS, VARIABLES, Declared
from tocsin.agreement.terms import (
    Act,
    Aggregate,
    Article,
    ArticleRef,
    Body,
    Breaches,
    DecisionIs,
    Deed,
    Effect,
    Episodes,
    EventTime,
    FailingThat,
    FilterCompare,
    FilterIn,
    FilterNamed,
    FindingState,
    Group,
    Instrument,
    Lead,
    Names,
    Near,
    Otherwise,
    Scope,
    Standard,
    Term,
    VariableIs,
    Who,
    Zone,
)
from tocsin.agreement.walk import all_rules, find, walk
from tocsin.model.records import Issue, Where
from tocsin.model.standards import load_standards
from tocsin.model.vocabulary import ObservationKind, WeaponClass

__all__ = ["check_names"]

WEAPONS: Final = frozenset(weapon.value for weapon in WeaponClass)
KINDS: Final = frozenset(kind.value for kind in ObservationKind)
ATTRIBUTES: Final = frozenset(
    {
        *("weapon", "kind", "party", "target_party", "sector", "site", "subject"),
        *("count", "number", "value", "vote"),
    }
)
STATES: Final = frozenset({"draft", "declared", "signed", "ratified", "in_force"})
FORCES: Final = frozenset({"legal", "political"})
ROLES: Final = frozenset({"party", "group", "body", "member", "nobody"})


def check_names(declared: Declared) -> Iterator[Issue]:
    """Every name that is not declared, or declared twice."""
    yield from _declared_twice(declared)
    yield from _articles_twice(declared)
    lenient = _consequences(declared)
    for term in walk(declared.agreement):
        if id(term) not in lenient:
            yield from _unknown_in(term, declared)


def _consequences(declared: Declared) -> set[int]:
    """References to paragraphs left out, which only earn a warning (below)."""
    failing = [end.article for end in find(declared.agreement, FailingThat)]
    otherwise = [end.article for end in find(declared.agreement, Otherwise)]
    articles = [article for article in (*failing, *otherwise) if article is not None]
    return {id(article) for article in articles if _left_out(article, declared)}


# --- declared twice


def _declared_twice(declared: Declared) -> Iterator[Issue]:
    """Names of actors and places share one space; acts have their own."""
    agreement = declared.agreement
    nouns = (
        *agreement.parties,
        *agreement.groups,
        *agreement.bodies,
        *agreement.sectors,
        *agreement.sites,
        *agreement.lines,
        *agreement.zones,
        *agreement.lets,
    )
    findings = [
        rule
        for article, rule in all_rules(agreement)
        if _is_named(rule) and not _is_amended(article, declared)
    ]
    for space in (
        nouns,
        (*agreement.acts, *agreement.conditions),
        agreement.terms,
        agreement.instruments,
        agreement.standards,
        agreement.versions,
        findings,
    ):
        yield from _twice(space, declared)


def _is_named(rule: Term) -> bool:
    """Findings and decisions carry a name of their own; effects may recur."""
    return hasattr(rule, "name") and not isinstance(rule, Effect)


def _is_amended(article: Article, declared: Declared) -> bool:
    """A later version of the article says its names again."""
    return any(
        other.number == article.number and other.version > article.version
        for other in declared.agreement.articles
    )


def _twice(terms: Collection[Any], declared: Declared) -> Iterator[Issue]:
    first: dict[str, Where] = {}
    for term in terms:
        name = str(getattr(term, "name", None) or getattr(term, "number", ""))
        if name not in first:
            first[name] = term.where
            continue
        yield Issue(
            code="defined_twice",
            where=declared.where(name, term.where),
            message=f"`{name}` is declared a second time",
            repair="give one of the two another name",
            also=(declared.where(name, first[name]),),
        )


def _articles_twice(declared: Declared) -> Iterator[Issue]:
    first: dict[tuple[str, int], Article] = {}
    for article in declared.agreement.articles:
        earlier = first.setdefault((article.number, article.version), article)
        if earlier is not article:
            yield Issue(
                code="defined_twice",
                where=article.where,
                message=f"{article.clause} stands here a second time",
                repair="give one of the two another number, or add `in version N`",
                also=(earlier.where,),
            )


# --- not declared


@singledispatch
def _unknown_in(term: Term, declared: Declared) -> Iterator[Issue]:
    """Names in the term's own fields that nothing declares."""
    del term, declared
    return iter(())


def _each(
    kind: str, names: Names, known: Collection[str], declared: Declared, near: Where
) -> Iterator[Issue]:
    for name in names:
        if name not in known:
            yield declared.unknown(kind, name, known, near)


@_unknown_in.register
def _(term: Who, declared: Declared) -> Iterator[Issue]:
    if term.quantifier is not None:
        kinds = KINDS_OF_ACTORS | declared.groups | declared.bodies
        yield from _each("actor", term.names, kinds, declared, term.where)
    else:
        known = declared.actors | {"party", "opponent", "member"}
        yield from _each("actor", term.names, known, declared, term.where)
    if term.of is not None:
        known = declared.groups | declared.bodies
        yield from _each("actor", (term.of,), known, declared, term.where)


@_unknown_in.register
def _(term: Deed, declared: Declared) -> Iterator[Issue]:
    act = term.act.removeprefix("unexcused_")
    if act not in declared.acts:
        known = declared.acts
        yield declared.unknown("act", term.act, known, term.where)
    yield from _narrowed(term.in_, term.at, declared, term.where)
    if term.with_ is not None:
        known = declared.filters | WEAPONS
        yield from _each("filter", (term.with_,), known, declared, term.where)
    if term.thing is not None:
        yield from _unknown_thing(term.thing, declared, term.where)


def _unknown_thing(thing: str, declared: Declared, near: Where) -> Iterator[Issue]:
    """A thing that looks like a `let` is an error, another one only a warning."""
    terms = {term.name for term in declared.agreement.terms}
    known = declared.filters | WEAPONS | KINDS | terms | declared.actors
    if thing in known:
        return
    issue = declared.unknown("thing", thing, known, near)
    if "did you mean" in issue.message:
        yield issue
    else:
        yield Issue(
            code="undefined_name",
            where=issue.where,
            message=f"the text does not say what `{thing}` is",
            repair=f'declare `term {thing} is "..."` or `term {thing} not stated`',
            warning=True,
        )


def _narrowed(
    in_: str | None, at: str | None, declared: Declared, near: Where
) -> Iterator[Issue]:
    if in_ is not None:
        known = declared.zones | VARIABLES
        yield from _each("zone", (in_,), known, declared, near)
    if at is not None:
        known = declared.sites | VARIABLES
        yield from _each("place", (at,), known, declared, near)


@_unknown_in.register
def _(term: Breaches, declared: Declared) -> Iterator[Issue]:
    yield from _narrowed(term.in_, term.at, declared, term.where)


@_unknown_in.register
def _(term: Episodes, declared: Declared) -> Iterator[Issue]:
    yield from _each(
        "finding", (term.finding,), declared.findings, declared, term.where
    )
    yield from _narrowed(term.in_, None, declared, term.where)


@_unknown_in.register
def _(term: Near, declared: Declared) -> Iterator[Issue]:
    known = declared.sites | VARIABLES
    yield from _each("line", (term.to,), known, declared, term.where)


@_unknown_in.register
def _(term: Zone, declared: Declared) -> Iterator[Issue]:
    if term.near is None:
        names = term.covers + term.except_
        yield from _each("zone", names, declared.zones, declared, term.where)


@_unknown_in.register
def _(term: Scope, declared: Declared) -> Iterator[Issue]:
    if term.line is not None:
        yield from _each("line", (term.line,), declared.lines, declared, term.where)


@_unknown_in.register
def _(term: Lead, declared: Declared) -> Iterator[Issue]:
    yield from _each("actor", (term.name,), declared.actors, declared, term.where)
    yield from _each("zone", term.sectors, declared.zones, declared, term.where)


@_unknown_in.register
def _(term: ArticleRef, declared: Declared) -> Iterator[Issue]:
    if not declared.agreement.find(term.number):
        yield declared.unknown("article", term.number, declared.articles, term.where)


@_unknown_in.register(FailingThat)
@_unknown_in.register(Otherwise)
def _(term: FailingThat | Otherwise, declared: Declared) -> Iterator[Issue]:
    """What follows may stand in a paragraph that an excerpt leaves out."""
    if term.article is not None and _left_out(term.article, declared):
        number = term.article.number
        stem = number.split("(")[0]
        held = dict.fromkeys(
            article.number for article in declared.agreement.find(stem)
        )
        yield Issue(
            code="undefined_name",
            where=declared.where(number, term.where),
            message=f"{term.article} is not in the text, so nothing follows",
            repair=f"correct the number (the text has {', '.join(held)}), or add it",
            warning=True,
        )


def _left_out(article: ArticleRef, declared: Declared) -> bool:
    """True for a missing paragraph of an article that has others in the text."""
    stem = article.number.split("(")[0]
    agreement = declared.agreement
    return not agreement.find(article.number) and bool(agreement.find(stem))


@_unknown_in.register
def _(term: FindingState, declared: Declared) -> Iterator[Issue]:
    yield from _each(
        "finding", (term.finding,), declared.findings, declared, term.where
    )
    finding = declared.findings.get(term.finding)
    if finding and len(term.arguments) not in {0, len(finding.variables)}:
        listed = ", ".join(finding.variables)
        yield Issue(
            code="unbound",
            where=term.where,
            message=f"`{term.finding}` is about {listed or 'nothing'}, not about"
            f" {', '.join(term.arguments)}",
            repair=f"write `on {listed}`" if listed else "take out `on ...`",
            also=(finding.where,),
        )


@_unknown_in.register
def _(term: DecisionIs, declared: Declared) -> Iterator[Issue]:
    if term.decision is not None:
        known = declared.decisions
        yield from _each("decision", (term.decision,), known, declared, term.where)


@_unknown_in.register
def _(term: EventTime, declared: Declared) -> Iterator[Issue]:
    known = declared.acts | ANCHORS
    yield from _each("event", (term.event,), known, declared, term.where)


@_unknown_in.register
def _(term: Standard, declared: Declared) -> Iterator[Issue]:
    if term.level is not None:
        own = {level.name for level in declared.agreement.standards}
        known = own | set(load_standards().level)
        yield from _each("standard", (term.level,), known, declared, term.where)


@_unknown_in.register
def _(term: FilterIn, declared: Declared) -> Iterator[Issue]:
    near = term.where
    yield from _each("attribute", (term.attribute,), ATTRIBUTES, declared, near)
    known = _values_of(term.attribute, declared)
    if known is not None:
        kind = {"target_party": "party", "sector": "zone"}
        name = kind.get(term.attribute, term.attribute)
        yield from _each(name, term.values, known, declared, near)


def _values_of(attribute: str, declared: Declared) -> Collection[str] | None:
    """What an attribute can be; None for those without a list."""
    tables: dict[str, Callable[[], Collection[str]]] = {
        "weapon": lambda: WEAPONS,
        "kind": lambda: KINDS | declared.acts,
        "party": lambda: declared.actors,
        "target_party": lambda: declared.actors,
        "sector": lambda: declared.zones,
    }
    table = tables.get(attribute)
    return table() if table else None


@_unknown_in.register
def _(term: FilterCompare, declared: Declared) -> Iterator[Issue]:
    known = {"count", "value"}
    yield from _each("attribute", (term.attribute,), known, declared, term.where)


@_unknown_in.register
def _(term: FilterNamed, declared: Declared) -> Iterator[Issue]:
    yield from _each("filter", (term.name,), declared.filters, declared, term.where)


@_unknown_in.register
def _(term: Aggregate, declared: Declared) -> Iterator[Issue]:
    if term.attribute is not None:
        name = (term.attribute,)
        yield from _each("attribute", name, ATTRIBUTES, declared, term.where)


@_unknown_in.register
def _(term: VariableIs, declared: Declared) -> Iterator[Issue]:
    yield from _each(
        "attribute", (term.variable,), VARIABLES | ATTRIBUTES, declared, term.where
    )
    known = declared.actors | declared.sites
    yield from _each("actor", term.names, known, declared, term.where)


@_unknown_in.register
def _(term: Act, declared: Declared) -> Iterator[Issue]:
    roles = ROLES | declared.actors
    yield from _each("actor", term.performed_by, roles, declared, term.where)
    yield from _each("kind", term.kinds, KINDS, declared, term.where)
    known = WEAPONS | declared.filters
    yield from _each("weapon", term.weapons, known, declared, term.where)


@_unknown_in.register
def _(term: Instrument, declared: Declared) -> Iterator[Issue]:
    if term.state is not None:
        yield from _each("state", (term.state,), STATES, declared, term.where)
    if term.force is not None:
        yield from _each("force", (term.force,), FORCES, declared, term.where)


@_unknown_in.register
def _(term: Article, declared: Declared) -> Iterator[Issue]:
    versions = {version.number for version in declared.agreement.versions} | {1}
    if term.version not in versions:
        yield Issue(
            code="undefined_name",
            where=term.where,
            message=f"unknown version {term.version}",
            repair=f"declare `version {term.version} from` and an instant",
        )


@_unknown_in.register(Group)
@_unknown_in.register(Body)
def _(term: Group | Body, declared: Declared) -> Iterator[Issue]:
    """Members need no declaration, but a near miss of a party's name is a slip."""
    for name in term.members:
        close = [party for party in declared.parties if _is_slip(name, party)]
        if close and name not in declared.parties:
            yield declared.unknown("member", name, close, term.where)
    weighted = tuple(weight.name for weight in term.weights)
    yield from _each("member", weighted, term.members, declared, term.where)


def _is_slip(name: str, other: str) -> bool:
    """The same letters in another case or order: hardly another name."""
    return sorted(name.casefold()) == sorted(other.casefold())
