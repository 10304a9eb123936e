"""Procedures, norms, findings, articles: parser's tree to terms, second part."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from lark import Token, v_args

from tocsin.agreement.build_conditions import ConditionBuilder, Part, strings, text
from tocsin.agreement.terms import (
    Article,
    ArticleRef,
    AtAllTimes,
    Before,
    Condition,
    DeadlineNotStated,
    Decision,
    Duration,
    Effect,
    Exception_,
    Excuse,
    FailingThat,
    FindingRule,
    FindingState,
    Forbid,
    InForce,
    Lapses,
    Lead,
    Number,
    Oblige,
    Otherwise,
    Permit,
    Power,
    Procedure,
    Rule,
    Scope,
    Silence,
    Standard,
    TimePoint,
    Trigger,
    Unless,
    VoteAll,
    VoteAny,
    VoteRule,
    Weight,
    Who,
    Within,
)

__all__ = ["RuleBuilder"]

NORMS: Final = {"FORBID": Forbid, "PERMIT": Permit, "OBLIGE": Oblige, "POWER": Power}
SILENCE: Final = {
    "SILENCE_IS_YES_AFTER": "yes",
    "SILENCE_IS_NO_AFTER": "no",
    "SILENCE_IS_ABSTENTION_AFTER": "abstain",
}
TERRITORY: Final = {
    "LINE_AT_ENTRY": "line_at_entry_into_force",
    "NAMED_LINE": "named_line",
    "RECOGNISED_BORDERS": "recognised_borders",
}
REPEATED: Final = {
    "exception": "exceptions",
    "excuse": "excuses",
    "failing_that": "failing_that",
    "then": "then",
}
# Which modifiers go with which rule, where not all do.
NOT_WITH: Final[dict[str, tuple[str, ...]]] = {
    "forbid": ("deadline", "excuse", "lapses", "ends_when", "then"),
    "permit": ("deadline", "excuse", "failing_that", "persists", "then"),
    "oblige": ("lapses", "ends_when"),
    "power": ("excuse", "failing_that", "exception", "persists", "then"),
    "effect": ("exception", "excuse", "failing_that", "persists", "then"),
}


@v_args(inline=True)
class RuleBuilder(ConditionBuilder):
    """Builds rules and articles."""

    # --- modifiers

    def within(self, word: Token, duration: Duration, of: TimePoint | None) -> Part:
        """A time after an instant."""
        deadline = Within(duration=duration, of=of, where=self.where(word))
        return Part("deadline", deadline, word)

    def before(self, word: Token, time: TimePoint) -> Part:
        """An instant."""
        return Part("deadline", Before(time=time, where=self.where(word)), word)

    def at_all_times(self, word: Token) -> Part:
        """Always."""
        return Part("deadline", AtAllTimes(where=self.where(word)), word)

    def deadline_not_stated(self, word: Token) -> Part:
        """The text is silent."""
        return Part("deadline", DeadlineNotStated(where=self.where(word)), word)

    def exception(self, word: Token, name: Token, *parts: Part | None) -> Part:
        """A named exception."""
        fields = self.gather(parts, {})
        term = Exception_(name=str(name), where=self.where(word), **fields)
        return Part("exception", term, word)

    def limited_to(self, word: Token, duration: Duration) -> Part:
        """The limit of an exception."""
        return Part("limited_to", duration, word)

    def excuse(
        self, word: Token, while_: Condition, *limit: Token | Duration | None
    ) -> Part:
        """What stops a clock; the limit comes as its word and its duration."""
        most = limit[-1] if limit else None
        at_most = most if isinstance(most, Duration) else None
        excuse = Excuse(while_=while_, at_most=at_most, where=self.where(word))
        return Part("excuse", excuse, word)

    def failing_that(self, word: Token, to: ArticleRef | FindingState) -> Part:
        """What follows a breach."""
        field = "article" if isinstance(to, ArticleRef) else "finding"
        term = FailingThat(where=self.where(word), **{field: to})  # type: ignore[arg-type]
        return Part("failing_that", term, word)

    def needs(self, word: Token, condition: Condition) -> Part:
        """What must hold."""
        return Part("needs", condition, word)

    def unless(self, word: Token, condition: Condition, *parts: Part | None) -> Part:
        """What stops a rule."""
        procedure = self._procedure(word, parts, by=None)
        term = Unless(condition=condition, procedure=procedure, where=self.where(word))
        return Part("unless", term, word)

    def lapses_after(
        self, word: Token, duration: Duration, of: TimePoint | None
    ) -> Part:
        """After a time."""
        where = self.where(word)
        after = Within(duration=duration, of=of, where=where)
        return Part("lapses", Lapses(after=after, where=where), word)

    def lapses_at(self, word: Token, time: TimePoint) -> Part:
        """At an instant."""
        return Part("lapses", Lapses(at=time, where=self.where(word)), word)

    def ends_when(self, word: Token, condition: Condition) -> Part:
        """Under a condition."""
        return Part("ends_when", condition, word)

    def presence(self, word: Token, duration: Duration) -> Part:
        """How long what was seen stays."""
        return Part("persists", duration, word)

    # --- decisions

    def vote(self, word: Token, first: VoteRule, *rest: Any) -> Part:
        """The rule of a vote."""
        return Part("vote", self.fold(first, rest, _vote_all, _vote_any), word)

    def quorum(self, word: Token, first: VoteRule, *rest: Any) -> Part:
        """Who must take part."""
        return Part("quorum", self.fold(first, rest, _vote_all, _vote_any), word)

    def veto(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Who can stop it."""
        return Part("vetoes", strings(names), word)

    def outside_veto(self, word: Token, names: tuple[Token, ...]) -> Part:
        """Which non-member can stop it."""
        return Part("outside_vetoes", strings(names), word)

    def silence(self, word: Token, after: Duration, of: TimePoint | None) -> Part:
        """What silence counts as."""
        counts_as = SILENCE[word.type]
        where = self.where(word)
        term = Silence(counts_as=counts_as, after=after, of=of, where=where)  # type: ignore[arg-type]
        return Part("silence", term, word)

    def otherwise(self, word: Token, to: ArticleRef | Token) -> Part:
        """What follows without a decision."""
        where = self.where(word)
        if isinstance(to, ArticleRef):
            return Part("otherwise", Otherwise(article=to, where=where), word)
        outcome = to.type.lower()
        return Part("otherwise", Otherwise(outcome=outcome, where=where), word)  # type: ignore[arg-type]

    def consultation_only(self, word: Token) -> Part:
        """Nothing can be decided."""
        return Part("consultation_only", True, word)

    def weights(self, word: Token, *weights: Weight) -> Part:
        """Votes of each member."""
        return Part("weights", weights, word)

    def weight(self, name: Token, votes: Token) -> Weight:
        """Votes of one member."""
        return Weight(name=str(name), votes=int(votes), where=self.where(name))

    def _procedure(
        self, word: Token, parts: tuple[Part | None, ...], *, by: Who | None
    ) -> Procedure | None:
        """A procedure, or None if the text says nothing of one."""
        fields = self.gather(parts, {})
        if not fields and by is None:
            return None
        return Procedure(by=by, where=self.where(word), **fields)

    # --- rules

    def norm_line(self, word: Token, who: Who, _deed: Any) -> Any:
        """Who must do what."""
        return NORMS[word.type](who=who, deed=_deed, where=self.where(word)), word

    def norm(self, line: tuple[Any, Token], *parts: Part | None) -> Any:
        """A norm with its modifiers."""
        norm, word = line
        given = self._fitting(str(word.type).lower(), parts)
        return msgspec.structs.replace(norm, **self.gather(given, REPEATED))

    def then(self, word: Token, line: tuple[Any, Token], *parts: Part | None) -> Part:
        """The norm that holds afterwards."""
        return Part("then", self.norm(line, *parts), word)

    def finding(
        self,
        word: Token,
        name: Token,
        variables: tuple[Token, ...] | None,
        when: Part,
        *parts: Part | None,
    ) -> FindingRule:
        """A finding."""
        return FindingRule(
            name=str(name),
            variables=strings(variables),
            when=when.value,
            where=self.where(word),
            **self.gather(parts, {}),
        )

    def standard(
        self, word: Token, level: Token | Number, *sources: Token | None
    ) -> Part:
        """The evidence that a finding needs."""
        number = level.value if isinstance(level, Number) else None
        standard = Standard(
            level=None if isinstance(level, Number) else str(level),
            probability=number,
            sources=int(sources[-1]) if sources and sources[-1] else None,
            where=self.where(word),
        )
        return Part("standard", standard, word)

    def attribution(self, word: Token, who: Who, *parts: Part | None) -> Part:
        """Who attributes."""
        return Part("attribution", self._procedure(word, parts, by=who), word)

    def decision(
        self, word: Token, name: Token, by: Who | None, *parts: Part | None
    ) -> Decision:
        """A decision."""
        where = self.where(word)
        procedure = self._procedure(word, parts, by=by) or Procedure(where=where)
        return Decision(name=str(name), procedure=procedure, where=where)

    def effect(
        self, word: Token, name: Token, on: Who | None, *parts: Part | None
    ) -> Effect:
        """Something that follows by itself."""
        given = self._fitting("effect", parts)
        fields = self.gather(given, REPEATED)
        return Effect(name=str(name), on=on, where=self.where(word), **fields)

    def _fitting(self, rule: str, parts: tuple[Part | None, ...]) -> list[Part]:
        """The modifiers that go with a rule; the others become issues."""
        given = [part for part in parts if part is not None]
        for part in given:
            if part.field in NOT_WITH[rule]:
                message = f"`{part.token}` does not go with `{rule}`"
                self.refuse(part.token, "syntax", message, "take the line out")
        return [part for part in given if part.field not in NOT_WITH[rule]]

    # --- articles

    def in_force_from(self, word: Token, first: TimePoint, *rest: Any) -> Part:
        """The start, joined by ``and`` (the latest) or ``or`` (the earliest)."""
        words: list[Token] = list(rest[::2])
        self._one_kind(words)
        join = "any" if words and words[0].type == "OR" else "all"
        return Part("start", ((first, *rest[1::2]), join), word)

    def in_force_until(self, word: Token, time: TimePoint) -> Part:
        """The end."""
        return Part("until", time, word)

    def in_force_for(self, word: Token, duration: Duration) -> Part:
        """How long."""
        return Part("for_", duration, word)

    def surviving(self, word: Token, condition: Condition) -> Part:
        """What keeps an article alive."""
        return Part("surviving", condition, word)

    def suspended(self, word: Token, condition: Condition) -> Part:
        """What suspends an article."""
        return Part("suspended_while", condition, word)

    def in_version(self, word: Token, number: Token) -> Part:
        """The version of an article."""
        return Part("version", int(number), word)

    def repealed(self, word: Token) -> Part:
        """The article goes."""
        return Part("repealed", True, word)

    def lead(
        self,
        word: Token,
        name: Token,
        tasks: tuple[Token, ...] | None,
        sectors: tuple[Token, ...] | None,
    ) -> Part:
        """Who leads."""
        lead = Lead(
            name=str(name),
            tasks=strings(tasks),
            sectors=strings(sectors),
            where=self.where(word),
        )
        return Part("lead", lead, word)

    def scope(self, word: Token, territory: Token, line: Token | None = None) -> Part:
        """The territory."""
        scope = Scope(
            territory=TERRITORY[territory.type],  # type: ignore[arg-type]
            line=text(line),
            where=self.where(word),
        )
        return Part("scope", scope, word)

    def upon(self, word: Token, condition: Condition) -> Part:
        """An event that wakes rules."""
        return Part("upon", condition, word)

    def when(self, word: Token, condition: Condition) -> Part:
        """A condition of rules, of a finding or of an exception."""
        return Part("when", condition, word)

    def article(
        self, word: Token, number: Token, title: Token | None, *items: Any
    ) -> Article:
        """An article."""
        frame = [item for item in items if isinstance(item, Part)]
        frame = [item for item in frame if item.field not in {"upon", "when"}]
        fields = self.gather(frame, {"lead": "leads"})
        return Article(
            number=str(number),
            title=text(title),
            rules=self._triggered(items),
            in_force=self._in_force(fields, frame),
            where=self.where(word),
            **fields,
        )

    def _in_force(self, fields: dict[str, Any], frame: list[Part]) -> InForce | None:
        start, join = fields.pop("start", ((), "all"))
        until, for_ = fields.pop("until", None), fields.pop("for_", None)
        words = [item.token for item in frame if item.field in IN_FORCE]
        if not words:
            return None
        where = self.where(words[0])
        return InForce(start=start, join=join, until=until, for_=for_, where=where)

    def _triggered(self, items: tuple[Any, ...]) -> tuple[Rule, ...]:
        """The rules, each with the trigger that stands above it."""
        rules: list[Rule] = []
        trigger: Trigger | None = None
        open_ = False  # an `upon` to which a `when` on the next line belongs
        for item in items:
            if isinstance(item, Part) and item.field in {"upon", "when"}:
                trigger = self._trigger(item, trigger if open_ else None)
                open_ = item.field == "upon"
            elif item is not None and not isinstance(item, Part):
                rules.append(msgspec.structs.replace(item, trigger=trigger))
                open_ = False
        return tuple(_with_deciders(rules))

    def _trigger(self, item: Part, above: Trigger | None) -> Trigger:
        where = above.where if above else self.where(item.token)
        upon = above.upon if above else None
        if item.field == "upon":
            return Trigger(upon=item.value, where=where)
        return Trigger(upon=upon, when=item.value, where=where)


IN_FORCE: Final = frozenset({"start", "until", "for_"})


def _with_deciders(rules: list[Rule]) -> list[Rule]:
    """Decisions that do not say by whom are taken by the body obliged just above."""
    decided: list[Rule] = []
    obliged: Who | None = None
    for rule in rules:
        if isinstance(rule, Oblige):
            obliged = rule.who
        if isinstance(rule, Decision) and rule.procedure.by is None and obliged:
            procedure = msgspec.structs.replace(rule.procedure, by=obliged)
            rule = msgspec.structs.replace(rule, procedure=procedure)
        decided.append(rule)
    return decided


def _vote_all(tests: tuple[VoteRule, ...]) -> VoteRule:
    return VoteAll(tests=tests, where=tests[0].where)


def _vote_any(tests: tuple[VoteRule, ...]) -> VoteRule:
    return VoteAny(tests=tests, where=tests[0].where)
