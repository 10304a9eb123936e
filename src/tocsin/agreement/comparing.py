r"""Two versions of an agreement compared in meaning, clause by clause.

Each text becomes a set of *aspects*: who must or must not do what, by when, under which
exception, from which number on, with whose veto. What differs between the sets is told
in words of consequence (forbidden before, permitted now; the deadline moves from 24 to
72 hours; a veto appears). A change of layout, of the order of lines or of a sentence
above the rules is no change of meaning and is not told.

>>> from tocsin.agreement.parse import parse_rules
>>> old, new = (
...     parse_rules(f"parties A\nArticle 1\n  {m} A to fire").records
...     for m in ("forbid", "permit")
... )
>>> [str(change) for change in compare(old, new)]
['Article 1: A to fire: was forbidden, is now permitted']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, Literal

import msgspec

from tocsin.agreement.say_changes import frame, said
from tocsin.agreement.source import (
    condition_text,
    deed_text,
    number_text,
    time_text,
    vote_text,
    who_text,
)
from tocsin.agreement.terms import (
    Agreement,
    AllOf,
    AnyOf,
    Article,
    AtAllTimes,
    Before,
    Body,
    Compare,
    Condition,
    Deadline,
    DeadlineNotStated,
    Decision,
    Duration,
    Effect,
    FindingRule,
    Group,
    InForce,
    Norm,
    Procedure,
    Rule,
    VoteAll,
    VoteAny,
    VoteRule,
    Within,
)

__all__ = ["Change", "compare", "to_html", "to_text"]

Kind = Literal["act", "deadline", "threshold", "decision", "members", "text"]
MODES: Final = {
    "Forbid": "forbidden",
    "Permit": "permitted",
    "Oblige": "owed",
    "Power": "in somebody's power",
}
NOTHING: Final = "not mentioned"
WHOLE: Final = "the agreement"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference in meaning.

    Attributes:
        clause: e.g. ``Article 1(1)``, or ``the agreement``.
        kind: what it is about: an act, a deadline, a threshold, a decision, members,
            or other words of the text.
        subject: the rule or name concerned.
        aspect: what of it.
        before, after: the two texts; None where one does not have it.
        effect: ``stricter`` or ``looser`` where that can be said of a deadline or
            number, else "".
    """

    clause: str
    kind: Kind
    subject: str
    aspect: str
    before: str | None
    after: str | None
    effect: str = ""

    def __str__(self) -> str:
        return f"{self.clause}: {self.line()}"

    def line(self, language: str = "en") -> str:
        """The change without its clause, in a language."""
        subject, aspect, before, after, effect = self.words(language)
        if self.kind == "act" and self.aspect == "mode":
            nothing = said(NOTHING, language)
            pieces = subject, before or nothing, after or nothing
            return frame("{}: was {}, is now {}", language, *pieces)
        head = frame("{}: {}", language, subject, aspect) if aspect else subject
        tail = f" ({effect})" if effect else ""
        if self.before is None:
            return frame("{} appears: {}", language, head, after) + tail
        if self.after is None:
            return frame("{} is gone: {}", language, head, before) + tail
        return frame("{}: {} -> {}", language, head, before, after) + tail

    def words(self, language: str) -> tuple[str, str, str, str, str]:
        """Subject, aspect, before, after and effect in a language; "" for none."""
        own = self.aspect == "meaning"  # words of the text's author
        values = [self.before or "", self.after or ""]
        before, after = values if own else [said(one, language) for one in values]
        effect = frame(self.effect, language) if self.effect else ""
        subject = said(self.subject, language)
        return subject, said(self.aspect, language), before, after, effect


class Aspect(msgspec.Struct, frozen=True):
    """What is said of a subject, and the number in it, if it is one."""

    kind: Kind
    said: str
    number: float | None = None
    more_is: str = ""


Key = tuple[str, str, str]
Aspects = dict[Key, Aspect]


def compare(
    before: Agreement, after: Agreement, *, common: bool = False
) -> tuple[Change, ...]:
    """Every difference in meaning, in the order of the second text.

    Args:
        before, after: two agreements, mostly two versions of one.
        common: only clauses that both have; for a text of which only a part is known.
    """
    old, new = dict(_aspects(before)), dict(_aspects(after))
    shared = _clauses(before) & _clauses(after)
    keys = [key for key in (*new, *old) if not common or key[0] in shared]
    changes = [
        _change(key, old.get(key), new.get(key))
        for key in dict.fromkeys(keys)
        if _said(old.get(key)) != _said(new.get(key))
    ]
    order = {article.clause: n for n, article in enumerate(after.articles)}
    return tuple(sorted(changes, key=lambda one: order.get(one.clause, len(order))))


def to_text(changes: Iterable[Change], *, language: str = "en") -> str:
    """The differences as lines, grouped by clause."""
    lines: list[str] = []
    clause = ""
    for change in changes:
        if change.clause != clause:
            clause = change.clause
            lines += ["", said(clause, language)]
        lines.append(f"  {change.line(language)}")
    nothing = frame("no difference in meaning", language)
    return "\n".join(lines[1:] or [nothing]) + "\n"


def to_html(
    changes: Iterable[Change], *, before: str, after: str, language: str = "en"
) -> str:
    """The differences as one page that opens without a network."""
    rows = "".join(_row(change, language) for change in changes)
    if not rows:
        nothing = frame("no difference in meaning", language)
        rows = f'<tr><td colspan="5">{nothing}</td></tr>'
    heads = (frame("Clause", language), frame("Of what", language), before, after, "")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta'
        ' name="viewport" content="width=device-width"><title>'
        f"{escape(before)} / {escape(after)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{frame('What changed in meaning', language)}</h1><table><thead><tr>"
        f"{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>\n"
    )


def _row(change: Change, language: str) -> str:
    subject, aspect, before, after, effect = map(escape, change.words(language))
    kind = change.effect or change.kind
    return (
        f'<tr class="{kind}"><td>{escape(said(change.clause, language))}</td>'
        f"<td>{subject}<small>{'' if aspect == 'mode' else aspect}</small></td>"
        f"<td>{before or '–'}</td><td>{after or '–'}</td><td>{effect}</td></tr>"
    )


STYLE = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6675;--page:#f6f4ef;--card:#fff;
--rule:#ddd8cc;--good:#1f7a4d;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a3abb8;--page:#14171c;
--card:#1d2129;--rule:#343a46;--good:#57c08a;--bad:#f2877f}}
body{margin:0 auto;max-width:1180px;padding:24px;background:var(--page);
color:var(--ink);font:16px/1.5 "Source Serif 4",Georgia,"DejaVu Serif",serif}
h1{font-size:28px}table{width:100%;border-collapse:collapse;background:var(--card);
border:1px solid var(--rule)}th{font:600 13px system-ui,sans-serif;color:var(--soft);
text-align:left}th,td{padding:9px 12px;border-bottom:1px solid var(--rule);
vertical-align:top}td:first-child{white-space:nowrap;font-weight:600}
small{display:block;color:var(--soft);font:12px system-ui,sans-serif}
tr.looser td:last-child{color:var(--bad)}tr.stricter td:last-child{color:var(--good)}
"""


def _clauses(agreement: Agreement) -> set[str]:
    return {article.clause for article in agreement.articles}


def _said(aspect: Aspect | None) -> str | None:
    return None if aspect is None else aspect.said


def _change(key: Key, old: Aspect | None, new: Aspect | None) -> Change:
    held = new or old
    assert held is not None  # one of the two has it
    clause, subject, aspect = key
    return Change(
        clause=clause,
        kind=held.kind,
        subject=subject,
        aspect=aspect,
        before=_said(old),
        after=_said(new),
        effect=_effect(old, new),
    )


def _effect(old: Aspect | None, new: Aspect | None) -> str:
    """Stricter or looser, where both are numbers of one kind."""
    if old is None or new is None or old.number is None or new.number is None:
        return ""
    if not new.more_is or old.number == new.number:
        return ""
    other = {"stricter": "looser", "looser": "stricter"}[new.more_is]
    return new.more_is if new.number > old.number else other


# --- what an agreement says


def _aspects(agreement: Agreement) -> Iterator[tuple[Key, Aspect]]:
    yield from _of_names(agreement)
    for article in agreement.articles:
        if not article.repealed:
            yield from _of_article(article)


def _of_names(agreement: Agreement) -> Iterator[tuple[Key, Aspect]]:
    """Who is who: parties, members, leads, weights; what words mean."""
    parties = ", ".join(sorted(agreement.party_names))
    yield (WHOLE, "parties", ""), Aspect("members", parties)
    both: tuple[Group | Body, ...] = (*agreement.groups, *agreement.bodies)
    for one in both:
        members = ", ".join(sorted(one.members))
        said = members if one.members_stated else f"{members} (not stated)".strip()
        if said:
            yield (WHOLE, one.name, "members"), Aspect("members", said)
        for weight in one.weights:
            key = (WHOLE, one.name, f"votes of {weight.name}")
            yield key, Aspect("decision", str(weight.votes))
    for body in agreement.bodies:
        if body.lead:
            yield (WHOLE, body.name, "lead"), Aspect("members", body.lead)
    for term in agreement.terms:
        meaning = term.meaning if term.meaning is not None else "not stated"
        yield (WHOLE, term.name, "meaning"), Aspect("text", meaning)
    for zone in agreement.zones:
        near = (
            f"nearer than {zone.near.distance} to {zone.near.to}" if zone.near else ""
        )
        covers = (
            f"{', '.join(zone.covers)} except {', '.join(zone.except_) or 'nothing'}"
        )
        number = zone.near.distance.metres if zone.near else None
        yield (WHOLE, zone.name, "zone"), Aspect("threshold", near or covers, number)
    for level in agreement.standards:
        said = number_text(level.probability)
        key = (WHOLE, level.name, "standard of evidence")
        yield key, Aspect("threshold", said, level.probability)


def _of_article(article: Article) -> Iterator[tuple[Key, Aspect]]:
    clause = article.clause
    for word, condition in (
        ("suspended while", article.suspended_while),
        ("stays in force while", article.surviving),
    ):
        if condition is not None:
            yield (clause, "the article", word), Aspect("text", _words(condition))
    if article.in_force is not None:
        for aspect, said in _force(article.in_force):
            yield (clause, "the article", aspect), Aspect("deadline", said)
    for lead in article.leads:
        said = f"{', '.join(lead.tasks) or 'all'} in {', '.join(lead.sectors) or 'all'}"
        yield (clause, lead.name, "leads"), Aspect("members", said)
    for rule in article.rules:
        for (subject, aspect), what in _of_rule(rule):
            yield (clause, subject, aspect), what


def _force(force: InForce) -> Iterator[tuple[str, str]]:
    word = " and " if force.join == "all" else " or "
    if force.start:
        yield "in force from", word.join(time_text(point) for point in force.start)
    if force.until is not None:
        yield "in force until", time_text(force.until)
    if force.for_ is not None:
        yield "in force for", str(force.for_)


Told = Iterator[tuple[tuple[str, str], Aspect]]


def _of_rule(rule: Rule) -> Told:
    match rule:
        case Norm():
            yield from _of_norm(rule)
        case FindingRule():
            yield from _of_finding(rule)
        case Decision():
            yield from _of_procedure(rule.name, rule.procedure)
        case Effect():
            on = f" on {who_text(rule.on)}" if rule.on else ""
            subject = f"{rule.name}{on}"
            yield (subject, "mode"), Aspect("act", "a measure that follows by itself")
            yield from _deadline(subject, rule.deadline)
    subject = _subject(rule)
    if rule.trigger is not None:
        if rule.trigger.upon is not None:
            yield (subject, "upon"), Aspect("text", _words(rule.trigger.upon))
        if rule.trigger.when is not None:
            yield (subject, "when"), Aspect("text", _words(rule.trigger.when))


def _subject(rule: Rule | Norm) -> str:
    match rule:
        case Norm():
            who = rule.who
            names = ", ".join(who.names)
            bearer = names if who.quantifier is None else f"{who.quantifier} {names}"
            return f"{bearer} to {deed_text(rule.deed)}"
        case Effect():
            return f"{rule.name} on {who_text(rule.on)}" if rule.on else rule.name
        case FindingRule() | Decision():
            return rule.name


def _of_norm(norm: Norm) -> Told:
    subject = _subject(norm)
    yield (subject, "mode"), Aspect("act", MODES[type(norm).__name__])
    yield from _deadline(subject, norm.deadline)
    for exception in norm.exceptions:
        name = f"exception {exception.name}"
        opens = _words(exception.when) if exception.when else "always"
        yield (subject, name), Aspect("act", opens)
        if exception.limited_to is not None:
            yield _time(subject, f"{name} limited to", exception.limited_to, "looser")
    for excuse in norm.excuses:
        yield (subject, "clock stands while"), Aspect("deadline", _words(excuse.while_))
        if excuse.at_most is not None:
            yield _time(subject, "clock stands at most", excuse.at_most, "looser")
    for failing in norm.failing_that:
        said = str(failing.article) if failing.article else "a finding"
        if failing.finding is not None:
            said = condition_text(failing.finding)
        yield (subject, f"failing that {said}"), Aspect("act", "follows a breach")
    yield from _limits(subject, norm)
    if norm.persists is not None:
        yield _time(subject, "what was seen counts for", norm.persists, "stricter")
    for then in norm.then:
        yield from _of_norm(then)


def _limits(subject: str, norm: Norm) -> Told:
    if norm.needs is not None:
        for part in _parts(norm.needs):
            yield (subject, f"needs {part}"), Aspect("decision", "must hold first")
    if norm.unless is not None:
        yield (subject, "unless"), Aspect("act", _words(norm.unless.condition))
    if norm.lapses is not None:
        lapses = norm.lapses
        said = f"after {lapses.after.duration}" if lapses.after else "at an instant"
        yield (subject, "lapses"), Aspect("deadline", said)
    if norm.ends_when is not None:
        yield (subject, "ends when"), Aspect("deadline", _words(norm.ends_when))


def _deadline(subject: str, deadline: Deadline | None) -> Told:
    match deadline:
        case Within():
            of = f" of {time_text(deadline.of)}" if deadline.of else ""
            said = f"{deadline.duration}{of}"
            number = _length(deadline.duration)
            yield (subject, "deadline"), Aspect("deadline", said, number, "looser")
        case Before():
            said = f"before {time_text(deadline.time)}"
            plus = deadline.time.plus
            after = _length(plus) if plus else None
            yield (subject, "deadline"), Aspect("deadline", said, after, "looser")
        case AtAllTimes():
            yield (subject, "deadline"), Aspect("deadline", "at all times")
        case DeadlineNotStated():
            yield (subject, "deadline"), Aspect("deadline", "not stated")


def _time(
    subject: str, aspect: str, duration: Duration, more_is: str
) -> tuple[tuple[str, str], Aspect]:
    number = _length(duration)
    return (subject, aspect), Aspect("deadline", str(duration), number, more_is)


def _length(duration: Duration) -> float:
    """Seconds; for months about, so that two lengths can be set in order."""
    month = 30.44 * 86_400
    return duration.months * month if duration.is_calendar else duration.seconds


def _of_finding(rule: FindingRule) -> Told:
    numbers = [part for part in _plain(rule.when) if isinstance(part, Compare)]
    for n, compare_ in enumerate(numbers, 1):
        tail = f" {n}" if len(numbers) > 1 else ""
        right = compare_.right
        bar = getattr(right, "value", None)
        left, _, said = condition_text(compare_).rpartition(f" {compare_.operator} ")
        key = (rule.name, f"number{tail} asked for")
        number = Aspect("threshold", f"{compare_.operator} {said}", bar, "looser")
        yield key, number
        window = compare_.left.over
        if window is not None:
            yield _time(rule.name, f"window{tail}", window, "stricter")
            left = left.rpartition(" over ")[0]
        yield (rule.name, f"counts{tail}"), Aspect("threshold", left)
    for part in _plain(rule.when):
        if not isinstance(part, Compare):
            key = (rule.name, f"when {condition_text(part)}")
            yield key, Aspect("threshold", "opens it")
    if rule.standard is not None:
        said = rule.standard.level or number_text(rule.standard.probability or 0.0)
        yield (rule.name, "standard of evidence"), Aspect("threshold", said)
        if rule.standard.sources is not None:
            sources = rule.standard.sources
            what = Aspect("threshold", str(sources), sources, "looser")
            yield (rule.name, "independent sources"), what
    if rule.attribution is not None:
        yield from _of_procedure(f"attribution of {rule.name}", rule.attribution)


def _of_procedure(subject: str, procedure: Procedure) -> Told:
    by = who_text(procedure.by) if procedure.by else "not stated"
    yield (subject, "decided by"), Aspect("decision", by)
    for aspect, vote in (("vote", procedure.vote), ("quorum", procedure.quorum)):
        if vote is not None:
            yield (subject, aspect), Aspect("decision", _vote(vote))
    for name in procedure.vetoes:
        yield (subject, f"veto of {name}"), Aspect("decision", "can stop it")
    for name in procedure.outside_vetoes:
        yield (subject, f"outside veto of {name}"), Aspect("decision", "can stop it")
    if procedure.silence is not None:
        silence = procedure.silence
        said = f"{silence.counts_as} after {silence.after}"
        yield (subject, "silence"), Aspect("decision", said)
    yield from _deadline(subject, procedure.deadline)
    if procedure.otherwise is not None:
        otherwise = procedure.otherwise
        said = str(otherwise.article or otherwise.outcome)
        yield (subject, "without a decision"), Aspect("decision", said)
    for weight in procedure.weights:
        yield (
            (subject, f"votes of {weight.name}"),
            Aspect("decision", str(weight.votes)),
        )
    if procedure.consultation_only:
        yield (subject, "consultation only"), Aspect("decision", "decides nothing")


def _vote(rule: VoteRule) -> str:
    match rule:
        case VoteAll():
            return " and ".join(_vote(test) for test in rule.tests)
        case VoteAny():
            return " or ".join(_vote(test) for test in rule.tests)
    return vote_text(rule)


def _plain(condition: Condition) -> Iterator[Condition]:
    """The parts that ``and`` and ``or`` join."""
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.conditions:
            yield from _plain(part)
    else:
        yield condition


def _parts(condition: Condition) -> list[str]:
    """What must hold, one by one; alternatives stay together."""
    if isinstance(condition, AllOf):
        return [said for part in condition.conditions for said in _parts(part)]
    return [_words(condition)]


def _words(condition: Condition) -> str:
    if isinstance(condition, AllOf):
        return " and ".join(f"({_words(part)})" for part in condition.conditions)
    if isinstance(condition, AnyOf):
        return " or ".join(f"({_words(part)})" for part in condition.conditions)
    return condition_text(condition)
