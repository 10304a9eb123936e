"""The smallest change of a text that mends a flaw: searched, checked, with its price.

In: an agreement, its text and a flaw. Out: a :class:`Repair` or None. Candidates are
tried from the smallest: a deadline, a limit, a fallback, a vote, a veto, a finding. One
is taken if the changed agreement passes every check of the language, the flaw is gone,
no graver flaw came in, and the patch of the text gives exactly that tree.

No repair trades a missed for a false activation silently: what it changes in either is
said in ``trade``, or that it changes neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.check import check
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import (
    Agreement,
    Article,
    Compare,
    DeadlineNotStated,
    Decision,
    Duration,
    Effect,
    FindingRule,
    Forbid,
    Norm,
    Number,
    Procedure,
    Rule,
    Within,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.model.records import Record
from tocsin.stresstest import edits
from tocsin.stresstest.compiling import binding
from tocsin.stresstest.edits import Edit
from tocsin.stresstest.falsehood import curve, rates_of
from tocsin.stresstest.flaws import Flaw, Text
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.lint import CHECKS
from tocsin.stresstest.patching import patch
from tocsin.stresstest.slices import Slice, slices_of
from tocsin.stresstest.structure import structure_of

__all__ = ["Repair", "repair", "repair_of_slices", "repair_of_structure"]

FIRST_HOURS: Final = (72, 48, 24, 12, 6)


class Repair(Record, frozen=True, kw_only=True):
    """The smallest change found that mends a flaw.

    Attributes:
        words: what it changes.
        patch: unified diff of the text.
        trade: what it does to missed and to false activations.
        drafters: True where the words are for the drafters to fill in.
    """

    words: str
    patch: str
    trade: str
    drafters: bool = False


def repair(
    agreement: Agreement, text: str, flaw: Flaw, inputs: Inputs | None = None
) -> Repair | None:
    """The smallest edit after which this flaw is gone."""
    held = inputs or Inputs()
    worse = _count(agreement, held)
    for edit in sorted(_candidates(agreement, flaw), key=lambda e: e.size):
        if _sound(edit.after) and _mended(edit.after, flaw, held, worse):
            return _as_patch(agreement, text, edit, held)
    return None


def repair_of_structure(
    agreement: Agreement,
    text: str,
    key: str,
    inputs: Inputs | None = None,
    *,
    idle: bool = False,
) -> Repair | None:
    """The smallest edit after which one guarantee is harder to stop.

    Args:
        agreement: the agreement.
        text: its text.
        key: clause and name of the guarantee.
        inputs: for the price of the repair.
        idle: ask that it come even if nobody acts.
    """
    held = inputs or Inputs()
    before = _strength(agreement, key)
    for edit in _for_structure(agreement):
        after = _strength(edit.after, key)
        better = after[1] > before[1] if idle else after > before
        if better and _sound(edit.after):
            return _as_patch(agreement, text, edit, held)
    return None


def repair_of_slices(
    agreement: Agreement, text: str, cut: Slice, inputs: Inputs | None = None
) -> Repair | None:
    """The trigger lowered to half, so that half as much fits below it.

    It misses less and fires falsely more often; ``trade`` gives both, before and after.
    """
    held = inputs or Inputs()
    for edit in _lower_thresholds(agreement, cut):
        left = [c for c in slices_of(edit.after) if c.clause == cut.clause]
        less = [c.in_one_window for c in left if c.in_one_window is not None]
        if less and less[0] < (cut.in_one_window or 0) and _sound(edit.after):
            return _as_patch(agreement, text, edit, held)
    return None


def _lower_thresholds(agreement: Agreement, cut: Slice) -> Iterator[Edit]:
    for rule in _all(agreement):
        if not isinstance(rule, FindingRule) or rule.name not in cut.finding:
            continue
        for test in find(rule.when, Compare):
            number = test.right
            if isinstance(number, Number) and number.value > 1:
                half = Number(value=float(int(number.value) // 2))
                words = f"let {rule.name} begin at {half.value:g}, not {number.value:g}"
                yield Edit(words=words, after=_changed_number(agreement, number, half))


def _changed_number(agreement: Agreement, old: Number, new: Number) -> Agreement:
    after: Agreement = edits.replaced(agreement, old, new)
    return after


# --- is it mended, and at what price -------------------------------------------------


def _sound(after: Agreement) -> bool:
    issues = check(msgspec.structs.replace(after, mentions=())).issues
    return not any(not i.warning for i in issues)


def _flaws(agreement: Agreement, inputs: Inputs, names: set[str]) -> list[Flaw]:
    text = Text(agreement, fait_accompli_s=inputs.fait_accompli_s)
    return [f for c in CHECKS if c.name in names for f in c.flaws(text)]


GRAVE: Final = {c.name for c in CHECKS if c.severity == "grave"} - {"no_consequence"}


def _count(agreement: Agreement, inputs: Inputs) -> int:
    return len(_flaws(agreement, inputs, GRAVE))


def _mended(after: Agreement, flaw: Flaw, inputs: Inputs, worse: int) -> bool:
    left = _flaws(after, inputs, {flaw.check})
    same = [f for f in left if (f.clause, f.message) == (flaw.clause, flaw.message)]
    again = [f for f in left if f.clause == flaw.clause and f.check == flaw.check]
    return not same and not again and _count(after, inputs) <= worse


def _strength(agreement: Agreement, key: str) -> tuple[int, int, int, int]:
    """How hard a guarantee is to stop; more is better."""
    for found in structure_of(agreement):
        if found.key == key:
            return (
                int(found.can_activate),
                found.automaticity.without_anybody,
                -len(found.veto_players),
                len(found.smallest_blocking),
            )
    return (0, 0, 0, 0)


def _as_patch(agreement: Agreement, text: str, edit: Edit, inputs: Inputs) -> Repair:
    return Repair(
        words=edit.words,
        patch=patch(text, edit.after),
        trade=_trade(agreement, edit.after, inputs),
        drafters=edit.drafters,
    )


def _trade(before: Agreement, after: Agreement, inputs: Inputs) -> str:
    """What changes in missed and false, trigger by trigger; who is easier to start."""
    old, new = (_rates(tree, inputs) for tree in (before, after))
    said = []
    for name, (false, missed) in new.items():
        if name not in old:
            said.append(
                f"adds the trigger {name}: conditional on these inputs false in"
                f" {false:.1%}, missed in {missed:.1%} of its windows"
            )
        elif old[name] != (false, missed):
            was = old[name]
            said.append(
                f"{name}: false {was[0]:.1%} to {false:.1%}, missed {was[1]:.1%} to"
                f" {missed:.1%}, conditional on these inputs"
            )
    eased = _easier(before, after)
    said += [f"{key} needs fewer to act, on a false alarm too" for key in eased]
    return "; ".join(said) or "changes neither what is missed nor what fires falsely"


def _rates(agreement: Agreement, inputs: Inputs) -> dict[str, tuple[float, float]]:
    found = {}
    for finding in plan(agreement).findings:
        at = finding.count.at_least if finding.count else 1
        drawn = curve(rates_of(inputs, finding.sources, "middle"), np.array([at]))
        found[finding.rule.name] = float(drawn.false[0]), float(drawn.missed[0])
    return found


def _easier(before: Agreement, after: Agreement) -> list[str]:
    """Guarantees that more can start, or that fewer can stop than before."""
    old = {s.key: s for s in structure_of(before)}
    return [
        new.key
        for new in structure_of(after)
        if new.key in old
        and (
            len(new.smallest_blocking) > len(old[new.key].smallest_blocking)
            or new.automaticity.without_anybody
            > old[new.key].automaticity.without_anybody
        )
    ]


# --- candidates ----------------------------------------------------------------------


def _at(agreement: Agreement, flaw: Flaw) -> tuple[Article, Rule | None] | None:
    """The article of a flaw, and the rule at its line."""
    for article in binding(agreement):
        if article.clause == flaw.clause:
            for rule in rules_of(article):
                if rule.where == flaw.where:
                    return article, rule
            return article, None
    return None


def _changed(agreement: Agreement, old: Rule, new: object) -> Agreement:
    after: Agreement = edits.replaced(agreement, old, new)
    return after


def _candidates(agreement: Agreement, flaw: Flaw) -> Iterator[Edit]:
    if flaw.check == "members_not_stated":
        yield from _members(agreement, flaw)
    elif flaw.check == "undefined_term":
        yield from _term(agreement, flaw)
    else:
        found = _at(agreement, flaw)
        if found is not None:
            yield from _in_article(agreement, flaw, *found)


def _in_article(
    agreement: Agreement,
    flaw: Flaw,
    article: Article,
    rule: Rule | None,
) -> Iterator[Edit]:
    match flaw.check:
        case "no_deadline":
            yield from _deadlines(agreement, rule)
        case "deadline_too_long":
            yield from _shorter(agreement)
        case "escape_clause":
            yield from _limits(agreement, rule)
        case "consult_only":
            yield from _decisions(agreement, article, rule)
        case "self_judging" | "perverse_unilateral_right":
            yield from _guards(agreement, rule)
        case "cannot_perform":
            yield from _bearers(agreement, rule)
        case "contradiction":
            yield from _struck(agreement, rule)
        case "mandate_without_renewal":
            yield from _renewals(agreement)
        case "no_consequence" | "pays_for_blinding" | "standard_out_of_reach":
            yield from _counted(agreement, article)


def _deadlines(agreement: Agreement, rule: Rule | None) -> Iterator[Edit]:
    if rule is None:
        return
    for number in FIRST_HOURS[:1]:
        new = edits.with_deadline(rule, Within(duration=edits.hours(number)))
        yield Edit(
            words=f"add `within {number} hours`", after=_changed(agreement, rule, new)
        )


def _shorter(agreement: Agreement) -> Iterator[Edit]:
    """One deadline shortened, then all of them."""
    dated = [r for a in binding(agreement) for r in rules_of(a) if _length(r)]
    for share in (2, 4, 8):
        for rule in dated:
            yield Edit(
                words=f"divide one deadline by {share}",
                after=_divided(agreement, [rule], share),
                size=1,
            )
    for share in (2, 4, 8, 16):
        yield Edit(
            words=f"divide every deadline by {share}",
            after=_divided(agreement, dated, share),
            size=len(dated),
        )


def _length(rule: Rule) -> int | None:
    holder = getattr(rule, "procedure", None) or getattr(rule, "attribution", None)
    deadline = getattr(holder or rule, "deadline", None)
    exact = isinstance(deadline, Within) and not deadline.duration.is_calendar
    return deadline.duration.seconds if exact and isinstance(deadline, Within) else None


def _divided(agreement: Agreement, rules: list[Rule], share: int) -> Agreement:
    for rule in rules:
        holder = getattr(rule, "procedure", None) or getattr(rule, "attribution", None)
        old = getattr(holder or rule, "deadline", None)
        assert isinstance(old, Within)
        length = edits.hours(old.duration.seconds / share / edits.HOUR_S)
        new = msgspec.structs.replace(old, duration=length)
        agreement = _changed(agreement, rule, edits.with_deadline(rule, new))
    return agreement


def _limits(agreement: Agreement, rule: Rule | None) -> Iterator[Edit]:
    if not isinstance(rule, Norm):
        return
    exceptions = tuple(
        e if e.limited_to else msgspec.structs.replace(e, limited_to=_minutes(30))
        for e in rule.exceptions
    )
    excuses = tuple(
        e if e.at_most else msgspec.structs.replace(e, at_most=edits.hours(48))
        for e in rule.excuses
    )
    new = msgspec.structs.replace(rule, exceptions=exceptions, excuses=excuses)
    yield Edit(
        words="limit exceptions to 30 minutes and excuses to 48 hours",
        after=_changed(agreement, rule, new),
    )


def _minutes(number: int) -> Duration:
    return Duration(amount=number, unit="minute")


def _decisions(
    agreement: Agreement, article: Article, rule: Rule | None
) -> Iterator[Edit]:
    """A decision in place of talk."""
    deadline = Within(duration=edits.hours(72))
    if isinstance(rule, Decision):
        kept = rule.procedure.deadline
        dated = kept if isinstance(kept, Within) else deadline
        new = edits.with_procedure(
            rule, consultation_only=False, vote=edits.two_thirds(), deadline=dated
        )
        words = "let it decide by two thirds of its members"
        yield Edit(words=words, after=_changed(agreement, rule, new))
    elif isinstance(rule, Norm):
        procedure = Procedure(by=rule.who, vote=edits.two_thirds(), deadline=deadline)
        decision = Decision(name="Response", procedure=procedure, trigger=rule.trigger)
        if any(
            isinstance(r, Decision) and r.name == "Response" for r in _all(agreement)
        ):
            decision = msgspec.structs.replace(decision, name="Further_response")
        after = edits.with_article(
            agreement,
            article,
            lambda a: msgspec.structs.replace(a, rules=(*a.rules, decision)),
        )
        yield Edit(words="add a decision after the consultation", after=after, size=3)


def _all(agreement: Agreement) -> Iterator[Rule]:
    for article in agreement.articles:
        yield from rules_of(article)


def _guards(agreement: Agreement, rule: Rule | None) -> Iterator[Edit]:
    """Woken by a finding that others attribute, instead of one's own judgement."""
    if not isinstance(rule, Norm):
        return
    for found in _all(agreement):
        if isinstance(found, FindingRule):
            new = msgspec.structs.replace(
                rule, trigger=edits.upon_found(found), needs=None
            )
            words = f"let the finding {found.name} wake it"
            yield Edit(words=words, after=_changed(agreement, rule, new), size=2)


def _bearers(agreement: Agreement, rule: Rule | None) -> Iterator[Edit]:
    if not isinstance(rule, Norm):
        return
    names = [b.name for b in agreement.bodies] + [g.name for g in agreement.groups]
    for name in (*names, *agreement.party_names):
        new = edits.bearer(rule, name)
        yield Edit(words=f"oblige {name}", after=_changed(agreement, rule, new))


def _struck(agreement: Agreement, rule: Rule | None) -> Iterator[Edit]:
    """Without the clause that asks; or due after it begins."""
    if rule is None:
        return
    if isinstance(rule, Norm) and rule.deadline is not None:
        week = Within(duration=edits.hours(14 * 24))
        new = msgspec.structs.replace(rule, deadline=week)
        words = "count its deadline from its own beginning"
        yield Edit(words=words, after=_changed(agreement, rule, new))
    yield Edit(
        words="strike the clause that asks for what another forbids",
        after=_changed(agreement, rule, None),
        size=2,
    )


def _renewals(agreement: Agreement) -> Iterator[Edit]:
    for group in agreement.groups:
        yield Edit(
            words=f"give {group.name} the power to renew",
            after=edits.renewal(agreement, group.name),
            size=2,
        )


def _counted(agreement: Agreement, article: Article) -> Iterator[Edit]:
    """A finding that counts the breaches, of the clause itself or of the blinding."""
    after = edits.count_breaches_of(agreement, article)
    yield Edit(words=f"count breaches of {article.clause}", after=after, size=3)
    for other in binding(agreement):
        if any(_denies(rule) for rule in other.rules):
            counted = edits.count_breaches_of(agreement, other)
            words = f"count breaches of {other.clause}"
            yield Edit(words=words, after=counted, size=3)
    yield Edit(
        words="forbid restricting the monitors, and count it",
        after=edits.forbid_blinding(agreement),
        size=5,
    )
    for rule in article.rules:
        if isinstance(rule, Norm) and rule.excuses:
            new = msgspec.structs.replace(rule, excuses=())
            words = "strike the excuse that its bearer can bring about"
            yield Edit(words=words, after=_changed(agreement, rule, new), size=4)


def _denies(rule: Rule) -> bool:
    from tocsin.stresstest.flaws import DENIALS

    return isinstance(rule, Forbid) and rule.deed.act in DENIALS


def _members(agreement: Agreement, flaw: Flaw) -> Iterator[Edit]:
    """Names that the text already knows, for the drafters to confirm."""
    known = [m for g in agreement.groups for m in g.members] or list(
        agreement.party_names
    )
    names = tuple(dict.fromkeys(known))
    for field in ("groups", "bodies"):
        held = tuple(
            msgspec.structs.replace(g, members=names, members_stated=True)
            if g.name == flaw.clause
            else g
            for g in getattr(agreement, field)
        )
        after = msgspec.structs.replace(agreement, **{field: held})
        words = f"say who belongs to {flaw.clause}; these names are a placeholder"
        if held != getattr(agreement, field):
            yield Edit(words=words, after=after, drafters=True)


def _term(agreement: Agreement, flaw: Flaw) -> Iterator[Edit]:
    terms = tuple(
        msgspec.structs.replace(t, meaning="TO BE WRITTEN BY THE DRAFTERS")
        if t.name == flaw.clause
        else t
        for t in agreement.terms
    )
    after = msgspec.structs.replace(agreement, terms=terms)
    yield Edit(words=f"define {flaw.clause}", after=after, drafters=True)


# --- candidates for who can stop it --------------------------------------------------


def _for_structure(agreement: Agreement) -> Iterator[Edit]:
    """A fallback, a veto less, a lower vote: for each vote in the text."""
    effects = [
        article.number
        for article in binding(agreement)
        if any(isinstance(rule, Effect) for rule in rules_of(article))
    ]
    votes = [r for r in _all(agreement) if isinstance(r, Decision | FindingRule)]
    for rule in votes:
        procedure = rule.procedure if isinstance(rule, Decision) else rule.attribution
        if procedure is None:
            continue
        if procedure.otherwise is None and not isinstance(
            procedure.deadline, DeadlineNotStated | None
        ):
            for number in effects:
                new = edits.with_procedure(rule, otherwise=edits.fallback(number))
                words = f"let Article {number} follow where {rule.name} lapses"
                yield Edit(words=words, after=_changed(agreement, rule, new))
        for name in procedure.vetoes:
            left = tuple(other for other in procedure.vetoes if other != name)
            new = edits.with_procedure(rule, vetoes=left)
            words = f"take the veto of {name} out of {rule.name}"
            yield Edit(words=words, after=_changed(agreement, rule, new))
        if procedure.quorum is not None:
            new = edits.with_procedure(rule, quorum=None)
            words = f"take the quorum out of {rule.name}: who stays away stops nothing"
            yield Edit(words=words, after=_changed(agreement, rule, new))
        if procedure.vote is not None:
            new = edits.with_procedure(rule, vote=edits.two_thirds(), vetoes=())
            words = f"decide {rule.name} by two thirds, without a veto"
            yield Edit(words=words, after=_changed(agreement, rule, new), size=2)
