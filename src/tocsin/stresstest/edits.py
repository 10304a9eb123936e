"""Small changes of a text, each as a change of its tree.

An edit names what it changes in words. Edits never touch a sentence, and none is taken
unless the changed agreement still passes every check of the language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from tocsin.agreement.terms import (
    Act,
    Aggregate,
    Agreement,
    Article,
    ArticleRef,
    Breaches,
    Compare,
    Deadline,
    Deed,
    Duration,
    FindingRule,
    FindingState,
    Forbid,
    Fraction,
    Norm,
    Number,
    Otherwise,
    Power,
    Procedure,
    Rule,
    Term,
    Trigger,
    VoteShare,
    Who,
    Within,
)

__all__ = [
    "Edit",
    "add_article",
    "count_breaches_of",
    "forbid_blinding",
    "hours",
    "new_number",
    "replaced",
    "two_thirds",
    "upon_found",
    "with_article",
    "with_deadline",
    "with_procedure",
]

HOUR_S: Final = 3_600


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A changed agreement and what was changed, in words.

    Attributes:
        size: how many lines it touches, for "the smallest".
        drafters: True where only the drafters can fill in the words.
    """

    words: str
    after: Agreement
    size: int = 1
    drafters: bool = False


def replaced(term: Any, old: Term, new: object) -> Any:
    """The tree with one node replaced (by identity), or taken out where new is None."""
    if term is old:
        return new
    if isinstance(term, tuple):
        parts = (replaced(part, old, new) for part in term)
        return tuple(part for part in parts if part is not None)
    if not isinstance(term, Term):
        return term
    changed = {
        name: after
        for name in term.__struct_fields__
        if (after := replaced(value := getattr(term, name), old, new)) is not value
        and after != value
    }
    return msgspec.structs.replace(term, **changed) if changed else term


def with_article(
    agreement: Agreement, article: Article, change: Callable[[Article], Article]
) -> Agreement:
    """The agreement with one article changed."""
    articles = tuple(
        change(held) if held is article else held for held in agreement.articles
    )
    return msgspec.structs.replace(agreement, articles=articles)


def hours(number: float) -> Duration:
    """So many hours, as a text writes them."""
    whole = max(1, int(number))
    if whole % 24 == 0 and whole > 96:  # noqa: PLR2004 - up to four days in hours
        return Duration(amount=whole // 24, unit="day")
    return Duration(amount=whole, unit="hour")


def with_deadline(rule: Any, deadline: Deadline) -> Any:
    """A rule with this deadline, wherever it keeps it."""
    if hasattr(rule, "procedure"):
        procedure = msgspec.structs.replace(rule.procedure, deadline=deadline)
        return msgspec.structs.replace(rule, procedure=procedure)
    if isinstance(rule, FindingRule) and rule.attribution is not None:
        attribution = msgspec.structs.replace(rule.attribution, deadline=deadline)
        return msgspec.structs.replace(rule, attribution=attribution)
    return msgspec.structs.replace(rule, deadline=deadline)


def with_procedure(rule: Any, **fields: Any) -> Any:
    """A decision, or the attribution of a finding, with its procedure changed."""
    name = "attribution" if isinstance(rule, FindingRule) else "procedure"
    procedure: Procedure = getattr(rule, name)
    return msgspec.structs.replace(
        rule, **{name: msgspec.structs.replace(procedure, **fields)}
    )


def two_thirds() -> VoteShare:
    """Two thirds of all members."""
    return VoteShare(share=Fraction(numerator=2, denominator=3), of="members")


def within(length: Duration) -> Within:
    """A deadline so long after the trigger."""
    return Within(duration=length)


def upon_found(rule: FindingRule) -> Trigger:
    """The trigger that this finding is made."""
    state = FindingState(finding=rule.name, state="found", arguments=rule.variables)
    return Trigger(upon=state)


def fallback(number: str) -> Otherwise:
    """What follows where no decision is taken in time."""
    return Otherwise(article=ArticleRef(number=number))


def new_number(agreement: Agreement) -> str:
    """A number that no article has."""
    held = {article.number.split("(")[0] for article in agreement.articles}
    numbers = [int(number) for number in held if number.isdigit()]
    return str(max(numbers, default=0) + 1)


def add_article(agreement: Agreement, title: str, *rules: Rule) -> Agreement:
    """The agreement with one more article at its end."""
    article = Article(number=new_number(agreement), title=title, rules=rules)
    return msgspec.structs.replace(agreement, articles=(*agreement.articles, article))


def count_breaches_of(agreement: Agreement, article: Article) -> Agreement:
    """With a finding that counts the breaches of an article."""
    number = article.number.replace("(", "_").replace(")", "")
    sectors = any(
        isinstance(rule, Forbid) and rule.deed.at is None for rule in article.rules
    )
    names = ("party", "sector") if sectors else ("party",)
    breaches = Breaches(
        article=ArticleRef(number=article.number),
        by=Who(names=("party",)),
        in_="sector" if sectors else None,
    )
    count = Aggregate(function="count", subject=breaches, over=hours(72))
    finding = FindingRule(
        name=f"breach_of_{number}",
        variables=names,
        when=Compare(left=count, operator=">=", right=Number(value=3.0)),
    )
    title = f"Breach of Article {article.number}"
    return add_article(agreement, title, finding)


def forbid_blinding(agreement: Agreement) -> Agreement:
    """With a prohibition to restrict the monitors, and a finding that counts it."""
    deed = Deed(act="restrict")
    rule = Forbid(who=Who(names=("party",), quantifier="any"), deed=deed)
    more = add_article(agreement, "Freedom of the monitors", rule)
    known = {act.name for act in agreement.acts}
    if "restrict" not in known:
        act = Act(name="restrict", label="to restrict the monitors")
        more = msgspec.structs.replace(more, acts=(*more.acts, act))
    return count_breaches_of(more, more.articles[-1])


def renewal(agreement: Agreement, who: str) -> Agreement:
    """With a power to renew, and who holds it."""
    act = Act(name="renew", label="to renew")
    power = Power(who=Who(names=(who,)), deed=Deed(act="renew"))
    more = msgspec.structs.replace(agreement, acts=(*agreement.acts, act))
    return add_article(more, "Renewal", power)


def bearer(rule: Norm, name: str) -> Norm:
    """A norm with another bearer."""
    return msgspec.structs.replace(rule, who=Who(names=(name,)))
