"""Definitions at the margin of the text: parser's tree to terms, third part."""

from __future__ import annotations

from typing import Any, TypeAlias

from lark import Token, v_args

from tocsin.agreement.build_conditions import Part, strings, text
from tocsin.agreement.build_rules import RuleBuilder
from tocsin.agreement.terms import (
    Act,
    ActLabel,
    Body,
    Calendar,
    ConditionLet,
    Definition,
    Filter,
    FilterAll,
    FilterAny,
    FixedTime,
    Group,
    Instrument,
    Label,
    Let,
    Line,
    Named,
    Number,
    Party,
    StandardLevel,
    Status,
    TimePoint,
    UndefinedTerm,
    Version,
    Zone,
)

__all__ = ["DefinitionBuilder", "PartOfAgreement"]

PartOfAgreement: TypeAlias = Definition | Part
"""A definition, or names and settings as a field of the agreement and its value."""


@v_args(inline=True)
class DefinitionBuilder(RuleBuilder):
    """Builds definitions; with what it inherits, the whole language."""

    def label(self, word: Token, name: Token, title: Token | None) -> Label:
        """The agreement's name."""
        return Label(name=str(name), title=text(title), where=self.where(word))

    def parties(self, word: Token, names: tuple[Token, ...]) -> Part:
        """The parties."""
        parties = [Party(name=str(name), where=self.where(name)) for name in names]
        return Part("parties", tuple(parties), word)

    def sectors(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Sectors."""
        return Part("sectors", self._named(names), word)

    def sites(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Sites."""
        return Part("sites", self._named(names), word)

    def _named(self, names: tuple[Token, ...]) -> tuple[Named, ...]:
        return tuple(Named(name=str(name), where=self.where(name)) for name in names)

    def status(self, word: Token, name: Token, claim: Token, by: Token) -> Status:
        """A claimed status."""
        where = self.where(word)
        return Status(name=str(name), claim=str(claim), claimed_by=str(by), where=where)

    def group(
        self,
        word: Token,
        name: Token,
        members: tuple[Token, ...] | None,
        *parts: Part | None,
    ) -> Group:
        """A group."""
        return Group(
            name=str(name),
            members=strings(members),
            where=self.where(word),
            **self.gather(parts, {}),
        )

    def body(
        self,
        word: Token,
        name: Token,
        members: tuple[Token, ...] | None,
        lead: Token | None,
        *parts: Part | None,
    ) -> Body:
        """A body."""
        return Body(
            name=str(name),
            members=strings(members),
            lead=text(lead),
            where=self.where(word),
            **self.gather(parts, {}),
        )

    def members_not_stated(self, word: Token) -> Part:
        """Who belongs to it is left open."""
        return Part("members_stated", False, word)

    def line(
        self, word: Token, name: Token, description: Token | None, by: Token | None
    ) -> Line:
        """A line."""
        return Line(
            name=str(name),
            description=text(description),
            published_by=text(by),
            where=self.where(word),
        )

    def zone_near(self, word: Token, name: Token, near: Part) -> Zone:
        """A strip along a line."""
        return Zone(name=str(name), near=near.value, where=self.where(word))

    def zone_covers(
        self,
        word: Token,
        name: Token,
        covers: tuple[Token, ...],
        except_: tuple[Token, ...] | None,
    ) -> Zone:
        """Sectors together."""
        return Zone(
            name=str(name),
            covers=strings(covers),
            except_=strings(except_),
            where=self.where(word),
        )

    def let(self, word: Token, name: Token, first: Filter, *rest: Any) -> Let:
        """A filter."""
        filter_ = self.fold(first, rest, _filter_all, _filter_any)
        return Let(name=str(name), filter=filter_, where=self.where(word))

    def condition_let(
        self, word: Token, name: Token, variables: tuple[Token, ...], when: Part
    ) -> ConditionLet:
        """A named condition."""
        return ConditionLet(
            name=str(name),
            variables=strings(variables),
            when=when.value,
            where=self.where(word),
        )

    def act(self, word: Token, name: Token, label: Token, *parts: Part | None) -> Act:
        """A verb."""
        fields = self.gather(parts, {"label": "labels"})
        return Act(name=str(name), label=str(label), where=self.where(word), **fields)

    def act_label(self, word: Token, language: Token, words: Token) -> Part:
        """What it is called elsewhere."""
        where = self.where(word)
        label = ActLabel(language=str(language), text=str(words), where=where)
        return Part("label", label, word)

    def performed_by(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Who can do it."""
        return Part("performed_by", strings(names), word)

    def kinds(self, word: Token, names: tuple[Token, ...]) -> Part:
        """What shows it."""
        return Part("kinds", strings(names), word)

    def weapons(self, word: Token, names: tuple[Token, ...]) -> Part:
        """What it is done with."""
        return Part("weapons", strings(names), word)

    def term_defined(self, word: Token, name: Token, meaning: Token) -> UndefinedTerm:
        """What a term means."""
        where = self.where(word)
        return UndefinedTerm(name=str(name), meaning=str(meaning), where=where)

    def term_open(self, word: Token, name: Token) -> UndefinedTerm:
        """A term that the text leaves open."""
        return UndefinedTerm(name=str(name), where=self.where(word))

    def instrument(
        self, word: Token, name: Token, title: Token, *parts: Part | None
    ) -> Instrument:
        """A linked text."""
        where = self.where(word)
        fields = self.gather(parts, {})
        return Instrument(name=str(name), title=str(title), where=where, **fields)

    def signed_by(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Signatories."""
        return Part("signed_by", strings(names), word)

    def dated(self, word: Token, date: Token) -> Part:
        """Its date."""
        return Part("dated", FixedTime(text=str(date), where=self.where(date)), word)

    def state(self, word: Token, state: Token) -> Part:
        """How far it has come."""
        return Part("state", str(state), word)

    def force(self, word: Token, force: Token) -> Part:
        """Legal or political."""
        return Part("force", str(force), word)

    def version(
        self, word: Token, number: Token, title: Token | None, start: TimePoint | None
    ) -> Version:
        """A version."""
        where = self.where(word)
        return Version(number=int(number), title=text(title), start=start, where=where)

    def calendar(self, word: Token, zone: Token, rounded: Token) -> Calendar:
        """How dates are read."""
        side = "down" if rounded.type == "ROUNDED_DOWN" else "up"
        return Calendar(zone=str(zone), rounded=side, where=self.where(word))  # type: ignore[arg-type]

    def standard_level(self, word: Token, name: Token, level: Number) -> StandardLevel:
        """A level of evidence."""
        where = self.where(word)
        return StandardLevel(name=str(name), probability=level.value, where=where)


def _filter_all(filters: tuple[Filter, ...]) -> Filter:
    return FilterAll(filters=filters, where=filters[0].where)


def _filter_any(filters: tuple[Filter, ...]) -> Filter:
    return FilterAny(filters=filters, where=filters[0].where)
