"""What a name in an agreement can mean: the declared names, and the nearest one.

Built once for an agreement and asked by every check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from tocsin.agreement.common_acts import common_acts
from tocsin.agreement.terms import Agreement, Body, Decision, FindingRule, Group
from tocsin.agreement.walk import all_rules
from tocsin.model.records import Issue, Where

__all__ = ["COMMON_LINES", "KINDS_OF_ACTORS", "VARIABLES", "Declared", "nearest"]

VARIABLES: Final = frozenset(
    {"party", "opponent", "sector", "site", "subject", "place", "member"}
)
"""Names that stand for whatever the rule is about."""

KINDS_OF_ACTORS: Final = frozenset(
    {"party", "member", "contributor", "group", "body", "guarantor", "state"}
)
"""What may follow ``each``, ``any`` and ``all``."""

COMMON_LINES: Final = frozenset({"contact_line"})
"""Lines that an agreement need not declare."""


class Declared:
    """The names that an agreement declares.

    Args:
        agreement: the agreement.
        areas: names from its map, beside those of the text.
    """

    def __init__(self, agreement: Agreement, areas: Collection[str] = ()) -> None:
        self.agreement = agreement
        self.areas = frozenset(areas)

    @cached_property
    def parties(self) -> frozenset[str]:
        """Names of the parties."""
        return frozenset(self.agreement.party_names)

    @cached_property
    def groups(self) -> frozenset[str]:
        """Names of the groups."""
        return frozenset(group.name for group in self.agreement.groups)

    @cached_property
    def bodies(self) -> frozenset[str]:
        """Names of the bodies."""
        return frozenset(body.name for body in self.agreement.bodies)

    @cached_property
    def members(self) -> frozenset[str]:
        """Names of all members and leads of groups and bodies."""
        listed = {name for group in self.agreement.groups for name in group.members}
        listed |= {name for body in self.agreement.bodies for name in body.members}
        return frozenset(
            listed | {body.lead for body in self.agreement.bodies if body.lead}
        )

    @cached_property
    def actors(self) -> frozenset[str]:
        """Everybody who can act."""
        return self.parties | self.groups | self.bodies | self.members

    @cached_property
    def lines(self) -> frozenset[str]:
        """Lines, and what else a distance can be measured to by its name."""
        declared = {line.name for line in self.agreement.lines}
        return self.areas | declared | COMMON_LINES

    @cached_property
    def zones(self) -> frozenset[str]:
        """Zones and sectors."""
        declared = {zone.name for zone in self.agreement.zones}
        sectors = {sector.name for sector in self.agreement.sectors}
        return self.areas | declared | sectors

    @cached_property
    def sites(self) -> frozenset[str]:
        """Sites, and every other place."""
        sites = {site.name for site in self.agreement.sites}
        return self.zones | self.lines | sites

    @cached_property
    def filters(self) -> frozenset[str]:
        """Names of filters."""
        return frozenset(let.name for let in self.agreement.lets)

    @cached_property
    def acts(self) -> frozenset[str]:
        """Acts, and named conditions, which are asked in the same way."""
        own = {act.name for act in self.agreement.acts}
        named = {condition.name for condition in self.agreement.conditions}
        return common_acts() | own | named

    @cached_property
    def findings(self) -> dict[str, FindingRule]:
        """Findings by their names."""
        return {
            rule.name: rule
            for _, rule in all_rules(self.agreement)
            if isinstance(rule, FindingRule)
        }

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """Decisions by their names."""
        return {
            rule.name: rule
            for _, rule in all_rules(self.agreement)
            if isinstance(rule, Decision)
        }

    @cached_property
    def articles(self) -> frozenset[str]:
        """Numbers of the articles."""
        return frozenset(article.number for article in self.agreement.articles)

    def is_open(self, name: str) -> bool:
        """A group or body whose members the text leaves open."""
        both: tuple[Group | Body, ...]
        both = (*self.agreement.groups, *self.agreement.bodies)
        return any(one.name == name and not one.members_stated for one in both)

    def where(self, name: str, near: Where) -> Where:
        """The place of a name: where it is mentioned first at or after ``near``."""
        start = (near.line or 0, near.column or 0)
        places = [
            (line, column)
            for mentioned, line, column in self.agreement.mentions
            if mentioned == name and (line, column) >= start
        ]
        if not places:
            return near
        line, column = min(places)
        return Where(file=near.file, line=line, column=column)

    def unknown(self, kind: str, name: str, known: Iterable[str], near: Where) -> Issue:
        """The issue for a name that nothing declares, with the nearest that is."""
        close = _nearest_article(name, known) if kind == "article" else ""
        close = close or nearest(name, known)
        hint = f"; did you mean `{close}`?" if close else ""
        repair = f"write `{close}`" if close else _DECLARE[kind]
        return Issue(
            code="undefined_name",
            where=self.where(name, near),
            message=f"unknown {kind} `{name}`{hint}",
            repair=repair.format(name=name),
        )


_DECLARE: Final = {
    "actor": "declare it with `parties`, `group` or `body`",
    "party": "declare it with `parties`",
    "member": "name it among the members of a group or body",
    "line": 'declare `line {name} is "..."`',
    "zone": "declare `zone {name} ...`, or name it with `sectors`",
    "place": "declare it with `zone`, `line`, `sectors` or `sites`",
    "filter": "declare `let {name} is weapon in ...`",
    "thing": 'declare `term {name} is "..."`',
    "act": 'declare `act {name} is "to ..."`',
    "event": 'declare `act {name} is "..."`',
    "finding": "add an article with `finding {name}`",
    "decision": "add `decide {name}` to an article",
    "article": "correct the number, or add the article",
    "standard": "declare `standard {name} is` and a number up to 1",
    "version": "declare the version",
    "weapon": "use a class of weapon, such as `mlrs`, `tank` or `mortar_ge_120`",
    "kind": "use a kind of observation, such as `explosion`, `shot` or `convoy`",
    "attribute": "use weapon, kind, party, sector, site, subject, count or value",
    "state": "use draft, declared, signed, ratified or in_force",
    "force": "use legal or political",
    "time zone": "use a name such as Europe/Kyiv",
}


def _nearest_article(number: str, known: Iterable[str]) -> str:
    """The nearest paragraph of the same article."""
    stem = number.split("(", maxsplit=1)[0]
    return nearest(number, [other for other in known if other.split("(")[0] == stem])


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that looks most like this one, or ""."""
    candidates = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.casefold(), candidates, n=1, cutoff=0.7)
    return candidates[close[0]] if close else ""
