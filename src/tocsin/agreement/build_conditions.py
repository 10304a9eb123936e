"""Words, times, deeds, conditions and votes: parser's tree to terms, first part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from lark import Token, Transformer, v_args

from tocsin.agreement.keywords import PLURALS
from tocsin.agreement.terms import (
    Aggregate,
    AllOf,
    AnyOf,
    ArticleIs,
    ArticleRef,
    ArticleTime,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Counted,
    DecisionIs,
    Deed,
    Distance,
    Duration,
    Episodes,
    EventTime,
    Filter,
    FilterCompare,
    FilterIn,
    FilterNamed,
    FindingState,
    FixedTime,
    Fraction,
    Happened,
    Lasting,
    Names,
    Near,
    Not,
    Number,
    SequenceStep,
    Since,
    SuspendedBy,
    TimeBase,
    TimePoint,
    Until,
    VariableIs,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteShare,
    VoteUnanimous,
    Who,
)
from tocsin.agreement.terms import (
    Sequence as SequenceOf,
)
from tocsin.model.records import Issue, Where

__all__ = ["ConditionBuilder", "Part"]

AGGREGATES = {
    "COUNT_OF": "count",
    "COUNT_DISTINCT": "count_distinct",
    "SUM_OF": "sum",
    "MAX_OF": "max",
    "DURATION_OF": "duration",
}
SINGULARS = {plural: kind for kind, plural in PLURALS.items()}
Piece = TypeVar("Piece")


class Part(NamedTuple):
    """A modifier on its way into the field of a term."""

    field: str
    value: Any
    token: Token


@v_args(inline=True)
class ConditionBuilder(Transformer[Token, Any]):
    """Builds everything that stands within a line, and folds ``and``/``or`` lines."""

    def __init__(self, file: str) -> None:
        super().__init__(visit_tokens=False)
        self.file = file
        self.issues: list[Issue] = []

    # --- places in the text

    def where(self, token: Token) -> Where:
        """The place of a token."""
        return Where(file=self.file, line=token.line, column=token.column)

    def refuse(
        self,
        token: Token,
        code: str,
        message: str,
        repair: str,
        *,
        also: Token | None = None,
    ) -> None:
        """Keeps an issue at the place of a token; building goes on."""
        places = () if also is None else (self.where(also),)
        self.issues.append(
            Issue(
                code=code,
                where=self.where(token),
                message=message,
                repair=repair,
                also=places,
            )
        )

    # --- names, numbers, times

    def names(self, *names: Token) -> tuple[Token, ...]:
        """Names stay tokens until a term takes them, so that it knows its place."""
        return names

    def speaker(self, token: Token) -> Token:
        """Who publishes or claims something."""
        return token

    def number(self, token: Token) -> Number:
        """A number."""
        return Number(value=float(token), where=self.where(token))

    def duration(self, amount: Token, unit: Token) -> Duration:
        """A duration."""
        where = self.where(amount)
        return Duration(amount=int(amount), unit=str(unit), where=where)  # type: ignore[arg-type]

    def distance(self, amount: Token, unit: Token) -> Distance:
        """A distance."""
        where = self.where(amount)
        return Distance(amount=float(amount), unit=str(unit), where=where)  # type: ignore[arg-type]

    def article_ref(self, word: Token, number: Token) -> ArticleRef:
        """A reference to an article."""
        return ArticleRef(number=str(number), where=self.where(word))

    def article_time(self, edge: Token, article: ArticleRef) -> ArticleTime:
        """The start or end of an article."""
        side = "start" if edge.type == "START_OF" else "end"
        return ArticleTime(edge=side, article=article, where=self.where(edge))  # type: ignore[arg-type]

    def fixed_time(self, token: Token) -> FixedTime:
        """A date or instant."""
        return FixedTime(text=str(token), where=self.where(token))

    def event_time(self, event: Token, of: Who | None) -> EventTime:
        """The instant of an event."""
        return EventTime(event=str(event), of=of, where=self.where(event))

    def time(self, base: TimeBase, plus: Duration | None) -> TimePoint:
        """An instant."""
        return TimePoint(base=base, plus=plus, where=base.where)

    # --- who does what where

    def who_named(self, names: tuple[Token, ...]) -> Who:
        """Named actors."""
        return Who(names=strings(names), where=self.where(names[0]))

    def who_quantified(self, word: Token, kind: Token, of: Token | None) -> Who:
        """Every one of a kind."""
        return Who(
            names=(SINGULARS.get(str(kind), str(kind)),),
            quantifier=str(word.type).lower(),  # type: ignore[arg-type]
            of=text(of),
            where=self.where(word),
        )

    def with_(self, name: Token) -> Part:
        """Weapons."""
        return Part("with_", str(name), name)

    def against(self, who: Who) -> Part:
        """Who suffers."""
        return Part("against", who, _at(who.where))

    def in_(self, name: Token) -> Part:
        """Zone or sector."""
        return Part("in_", str(name), name)

    def at(self, name: Token) -> Part:
        """Site or request."""
        return Part("at", str(name), name)

    def near(self, distance: Distance, to: Token) -> Part:
        """A distance to something."""
        near = Near(distance=distance, to=str(to), where=distance.where)
        return Part("near", near, _at(distance.where))

    def deed(
        self, act: Token, thing: Token | None, by: Who | None, *parts: Part
    ) -> Deed:
        """An act with its qualifiers."""
        fields = self.gather(parts, {})
        where = self.where(act)
        return Deed(act=str(act), thing=text(thing), by=by, where=where, **fields)

    # --- conditions

    def condition_lines(self, first: Condition, *rest: Any) -> Condition:
        """A condition with the ``and``/``or`` lines below it."""
        return self.fold(first, rest, _all_of, _any_of)

    def junction(self, word: Token) -> Token:
        """``and`` or ``or``."""
        return word

    def negation(self, word: Token, condition: Condition) -> Not:
        """``not``."""
        return Not(condition=condition, where=self.where(word))

    def happened(self, deed: Deed, in_last: Duration | None) -> Happened:
        """A deed, now or in a window."""
        return Happened(deed=deed, in_last=in_last, where=deed.where)

    def finding_state(
        self, state: Token, finding: Token, arguments: tuple[Token, ...] | None
    ) -> FindingState:
        """A finding is alleged or found."""
        return FindingState(
            finding=str(finding),
            state=state.type.lower(),  # type: ignore[arg-type]
            arguments=strings(arguments),
            where=self.where(state),
        )

    def breaches(
        self,
        word: Token,
        article: ArticleRef,
        by: Who | None,
        in_: Token | None,
        at: Token | None,
    ) -> Breaches:
        """Breaches of an article."""
        where = self.where(word)
        return Breaches(article=article, by=by, in_=text(in_), at=text(at), where=where)

    def breach_of(self, word: Token, *narrowed: Any) -> BreachOf:
        """An article is breached."""
        breaches: Breaches = self.breaches(word, *narrowed)
        return BreachOf(breaches=breaches, where=breaches.where)

    def episodes(
        self, word: Token, finding: Token, by: Who | None, in_: Token | None
    ) -> Episodes:
        """Openings of a finding."""
        where = self.where(word)
        return Episodes(finding=str(finding), by=by, in_=text(in_), where=where)

    def decision_is(self, outcome: Token, of: Token | ArticleRef) -> DecisionIs:
        """A decision has an outcome."""
        named = isinstance(of, Token)
        return DecisionIs(
            outcome=outcome.type.lower(),  # type: ignore[arg-type]
            decision=str(of) if named else None,
            article=None if named else of,  # type: ignore[arg-type]
            where=self.where(outcome),
        )

    def article_is(self, article: ArticleRef, state: Token) -> ArticleIs:
        """An article is in force, or not."""
        word = state.type.lower()
        return ArticleIs(article=article, state=word, where=article.where)  # type: ignore[arg-type]

    def suspended_by(self, word: Token, who: Who) -> SuspendedBy:
        """Somebody suspended the rule."""
        return SuspendedBy(who=who, where=self.where(word))

    def variable_is(self, variable: Token, names: tuple[Token, ...]) -> VariableIs:
        """A variable is one of some names."""
        return self._variable(variable, names, negated=False)

    def variable_is_not(self, variable: Token, names: tuple[Token, ...]) -> VariableIs:
        """A variable is none of some names."""
        return self._variable(variable, names, negated=True)

    def _variable(
        self, variable: Token, names: tuple[Token, ...], *, negated: bool
    ) -> VariableIs:
        where = self.where(variable)
        return VariableIs(
            variable=str(variable), names=strings(names), negated=negated, where=where
        )

    def since(self, holds: Condition, start: Condition) -> Since:
        """One thing ever since another; the window of the other is its bound."""
        within = None
        if isinstance(start, Happened):
            within = start.in_last
            start = Happened(deed=start.deed, where=start.where)
        return Since(holds=holds, start=start, within=within, where=holds.where)

    def until(self, holds: Condition, end: Condition, within: Duration) -> Until:
        """One thing until another."""
        return Until(holds=holds, end=end, within=within, where=holds.where)

    def sequence(self, first: Condition, *steps: SequenceStep) -> SequenceOf:
        """One thing after another."""
        return SequenceOf(first=first, steps=steps, where=first.where)

    def sequence_step(self, condition: Condition, within: Duration) -> SequenceStep:
        """The next thing."""
        return SequenceStep(condition=condition, within=within, where=condition.where)

    # --- numbers over windows

    def compare(
        self,
        left: Aggregate,
        operator: Token,
        right: Number | Duration | Aggregate,
        until_below: Number | Duration | None,
    ) -> Compare:
        """A comparison with its hysteresis."""
        return Compare(
            left=left,
            operator=str(operator),  # type: ignore[arg-type]
            right=right,
            until_below=until_below,
            where=left.where,
        )

    def lasting(self, word: Token, subject: Counted, longer_than: Duration) -> Lasting:
        """Something that goes on."""
        where = self.where(word)
        return Lasting(subject=subject, longer_than=longer_than, where=where)

    def plain_aggregate(
        self, word: Token, subject: Counted, window: Duration | TimePoint
    ) -> Aggregate:
        """Count or duration."""
        return self._aggregate(word, None, subject, window)

    def attribute_aggregate(
        self, word: Token, attribute: Token, subject: Counted, window: Any
    ) -> Aggregate:
        """Distinct count, sum or maximum."""
        return self._aggregate(word, str(attribute), subject, window)

    def _aggregate(
        self,
        word: Token,
        attribute: str | None,
        subject: Counted,
        window: Duration | TimePoint,
    ) -> Aggregate:
        return Aggregate(
            function=AGGREGATES[word.type],  # type: ignore[arg-type]
            subject=subject,
            attribute=attribute,
            over=window if isinstance(window, Duration) else None,
            since=window if isinstance(window, TimePoint) else None,
            where=self.where(word),
        )

    # --- filters

    def filter_in(self, attribute: Token, values: tuple[Token, ...]) -> Filter:
        """One of some values."""
        return self._filter_in(attribute, values, negated=False)

    def filter_not_in(self, attribute: Token, values: tuple[Token, ...]) -> Filter:
        """None of some values."""
        return self._filter_in(attribute, values, negated=True)

    def _filter_in(
        self, attribute: Token, values: tuple[Token, ...], *, negated: bool
    ) -> Filter:
        return FilterIn(
            attribute=str(attribute),
            values=strings(values),
            negated=negated,
            where=self.where(attribute),
        )

    def filter_compare(
        self, attribute: Token, operator: Token, right: Number
    ) -> Filter:
        """A comparison with a number."""
        return FilterCompare(
            attribute=str(attribute),
            operator=str(operator),  # type: ignore[arg-type]
            number=right.value,
            where=self.where(attribute),
        )

    def filter_named(self, name: Token) -> Filter:
        """Another filter."""
        return FilterNamed(name=str(name), where=self.where(name))

    # --- tests of a vote

    def fraction(self, token: Token) -> Fraction:
        """A share such as 2/3."""
        upper, lower = token.split("/")
        where = self.where(token)
        return Fraction(numerator=int(upper), denominator=int(lower), where=where)

    def percent(self, token: Token) -> Fraction:
        """A share in hundredths."""
        where = self.where(token)
        return Fraction(numerator=int(token), denominator=100, where=where)

    def vote_of(
        self, least: Token, total: Token | None, names: tuple[Token, ...]
    ) -> VoteOf:
        """So many of these."""
        return VoteOf(
            at_least=int(least),
            names=strings(names),
            total=None if total is None else int(total),
            where=self.where(least),
        )

    def vote_share(self, more: Token | None, share: Fraction, of: Token) -> VoteShare:
        """A share of all votes or members."""
        return VoteShare(
            share=share,
            of=of.type.lower(),  # type: ignore[arg-type]
            more_than=more is not None,
            where=self.where(more) if more is not None else share.where,
        )

    def vote_number(self, least: Number, of: Token) -> VoteNumber:
        """So many votes or members."""
        kind = of.type.lower()
        return VoteNumber(at_least=least.value, of=kind, where=least.where)  # type: ignore[arg-type]

    def vote_unanimous(self, word: Token, of: Token | tuple[Token, ...]) -> Any:
        """All."""
        names: Names = () if isinstance(of, Token) else strings(of)
        return VoteUnanimous(names=names, where=self.where(word))

    def vote_consensus(self, word: Token) -> VoteConsensus:
        """Nobody against."""
        return VoteConsensus(where=self.where(word))

    # --- what the grammar leaves to us

    def gather(
        self, parts: Sequence[Part | None], many: dict[str, str]
    ) -> dict[str, Any]:
        """Fields of a term from its modifiers; only those in ``many`` may repeat."""
        fields: dict[str, Any] = {}
        first: dict[str, Token] = {}
        for part in parts:
            if part is None:
                continue
            if part.field in many:
                field = many[part.field]
                fields[field] = (*fields.get(field, ()), part.value)
            elif part.field in fields:
                self._refuse_second(part, first[part.field])
            else:
                fields[part.field] = part.value
                first[part.field] = part.token
        return fields

    def _refuse_second(self, part: Part, first: Token) -> None:
        message = f"`{part.token}` says again what the rule has said: see both lines"
        repair = "keep one of the two"
        self.refuse(part.token, "defined_twice", message, repair, also=first)

    def fold(
        self,
        first: Piece,
        rest: Sequence[Any],
        all_of: Callable[[tuple[Piece, ...]], Piece],
        any_of: Callable[[tuple[Piece, ...]], Piece],
    ) -> Piece:
        """Nests ``and``/``or`` lines by their columns: the deeper, the tighter."""
        words: list[Token] = list(rest[::2])
        if not words:
            return first
        depth = min(word.column or 0 for word in words)
        outer = [at for at, word in enumerate(words) if word.column == depth]
        self._one_kind([words[at] for at in outer])
        starts = [0, *(2 * at + 2 for at in outer)]
        pieces = [first, *rest]  # piece, word, piece, word, piece
        ends = [*(start - 1 for start in starts[1:]), len(pieces)]
        groups = tuple(
            self.fold(pieces[start], pieces[start + 1 : end], all_of, any_of)
            for start, end in zip(starts, ends, strict=True)
        )
        return (all_of if words[outer[0]].type == "AND" else any_of)(groups)

    def _one_kind(self, words: list[Token]) -> None:
        for word in words:
            if word.type != words[0].type:
                message = f"`{word}` beside `{words[0]}`: what belongs together?"
                repair = f"indent the `{word}` line deeper, under what it belongs to"
                self.refuse(word, "syntax", message, repair, also=words[0])
                return


def text(token: Token | None) -> str | None:
    """The words of a token, or None."""
    return None if token is None else str(token)


def strings(tokens: Sequence[Token] | None) -> Names:
    """The words of tokens."""
    return tuple(str(token) for token in tokens or ())


def _at(where: Where) -> Token:
    return Token("PLACE", "", line=where.line, column=where.column)


def _all_of(conditions: tuple[Condition, ...]) -> Condition:
    return AllOf(conditions=conditions, where=conditions[0].where)


def _any_of(conditions: tuple[Condition, ...]) -> Condition:
    return AnyOf(conditions=conditions, where=conditions[0].where)
