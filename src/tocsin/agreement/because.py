"""Why a verdict is what it is: in a sentence, in facts, in what would have changed it.

Four questions are answered for one row of VERDICTS: what is said, on which facts, what
else would have been needed, and what was known when. The last two ask the engine again:
without a fact, or as known at an earlier instant; nothing here judges by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate import evaluate
from tocsin.agreement.evaluate.history import time_order
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.localise import word
from tocsin.agreement.terms import Agreement, Article, Deed, Forbid, Oblige
from tocsin.agreement.walk import find
from tocsin.errors import WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Instant
from tocsin.model.tables import FACTS, conform

__all__ = ["Answer", "Known", "because", "to_text", "why_not"]

SHOWN: Final = ("fact_id", "t", "kind", "party", "sector", "subject", "weapon", "p")
SHOWN_TOO: Final = ("root", "received_at")
MOST_TRIED: Final = 8
NEARBY: Final = timedelta(hours=24)
SECOND: Final = timedelta(seconds=1)
CHANCES: Final = ("p_met", "p_breached", "p_pending", "p_excused")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was said with what was known at an instant."""

    at: Instant
    verdict: str
    p: float | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one verdict.

    Attributes:
        sentence: the verdict in words.
        text: the treaty sentence it is about.
        witness: the facts it rests on, as rows.
        needed: what else would have been needed for another verdict.
        known: what was said as known at each arrival of a fact.
        language: of the agreement, and so of the answer.
    """

    sentence: str
    text: str
    witness: tuple[dict[str, Any], ...] = ()
    needed: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()
    language: str = "en"


class _Case:
    """An agreement with its evidence, asked about one clause."""

    def __init__(
        self,
        agreement: Agreement,
        facts: pa.Table,
        coverage: pa.Table | None,
        areas: Areas,
        start: datetime,
    ) -> None:
        self.agreement = agreement
        self.facts = conform(facts, FACTS, what="facts")
        self.coverage = coverage
        self.areas = areas
        self.start = start
        self.standard = plan(agreement).standard
        self.language = agreement.language

    def say(self, text: str, *pieces: object) -> str:
        """A sentence of this module in the language of the agreement."""
        return word(text, self.language, *pieces)

    def act(self, name: str) -> str:
        """An act as the language writes it."""
        return LANGUAGES[self.language].nouns.get(name, name)

    def clause(self, clause: str) -> str:
        """``Article 1(1)`` in the language."""
        return clause.replace("Article", LANGUAGES[self.language].phrases["ARTICLE"])

    def ordered(self) -> pa.Table:
        """The facts in time order, as witnesses count them."""
        return self.facts.take(pa.array(time_order(self.facts)))

    def at(
        self,
        row: dict[str, Any],
        *,
        facts: pa.Table | None = None,
        known_at: datetime | None = None,
    ) -> dict[str, Any] | None:
        """The verdict of the row's key at the row's instant, asked anew."""
        given = self.facts if facts is None else facts
        start = min(self.start, row["t"])
        verdicts = evaluate(
            self.agreement,
            given,
            coverage=self.coverage,
            areas=self.areas,
            start=start,
            until=row["t"] + SECOND,
            as_known_at=known_at,
        ).records
        key = ("clause", "party", "sector", "subject")
        same = [
            one
            for one in verdicts.to_pylist()
            if all(one[k] == row[k] for k in key) and one["t"] <= row["t"]
        ]
        return same[-1] if same else None

    def article(self, clause: str) -> Article:
        """The article of a clause."""
        for article in self.agreement.articles:
            if article.clause == clause:
                return article
        known = ", ".join(article.clause for article in self.agreement.articles)
        raise WrongUse(f"there is no `{clause}` in the agreement; it has {known}")


def because(
    verdicts: pa.Table,
    row: int,
    agreement: Agreement,
    facts: pa.Table,
    *,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
) -> Answer:
    """The answer for one row of VERDICTS.

    Raises:
        WrongUse: there is no such row, or the facts are not those of the verdicts.
    """
    if not 0 <= row < verdicts.num_rows:
        raise WrongUse(
            f"--row {row}: the verdicts have rows 0 to {verdicts.num_rows - 1}"
        )
    start = pc.min(verdicts["t"]).as_py()
    case = _Case(agreement, facts, coverage, areas or Areas(), start)
    (held,) = verdicts.slice(row, 1).to_pylist()
    witness = _witness(case, held)
    return Answer(
        sentence=_sentence(held, case),
        text=case.article(held["clause"]).sentence,
        witness=tuple(witness),
        needed=tuple(_needed(case, held, witness)),
        known=tuple(_known(case, held)),
        language=case.language,
    )


def why_not(
    agreement: Agreement,
    facts: pa.Table,
    *,
    clause: str,
    party: str | None,
    sector: str | None,
    at: datetime,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
) -> Answer:
    """Why a clause is not called breached by a party in a sector at an instant."""
    case = _Case(agreement, facts, coverage, areas or Areas(), at - 30 * NEARBY)
    article = case.article(clause)
    asked = {
        "clause": clause,
        "party": party,
        "sector": sector,
        "subject": None,
        "t": at,
    }
    held = case.at(asked)
    if held is None:
        said = case.say(
            "Of {}, {} in {} nothing is said at {}: the clause is not in force then, or"
            " nothing called for it, or no such party or sector is known.",
            case.clause(clause),
            party or case.say("nobody"),
            sector or case.say("no sector"),
            _time(at),
        )
        near = tuple(_nearby(case, article, asked))
        return Answer(
            sentence=said, text=article.sentence, needed=near, language=case.language
        )
    now = {**held, "t": at}
    needed = [*_needed(case, now, _witness(case, held)), *_nearby(case, article, asked)]
    return Answer(
        sentence=_sentence(held, case),
        text=article.sentence,
        witness=tuple(_witness(case, held)),
        needed=tuple(needed),
        known=tuple(_known(case, now)),
        language=case.language,
    )


# --- the sentence and the facts


def _sentence(row: dict[str, Any], case: _Case) -> str:
    say = case.say
    where = say(" in {}", row["sector"]) if row["sector"] else ""
    about = say(" about {}", row["subject"]) if row["subject"] else ""
    who = row["party"] or say("nobody known")
    verdict = say(row["verdict"])
    text = f"{case.clause(row['clause'])}, {who}{where}{about}: {verdict}"
    text += say(" from {}", _time(row["t"]))
    if row["due"] is not None:
        text += say(", due {}", _time(row["due"]))
    p = row.get(f"p_{row['verdict']}")
    if p is not None:
        number = f"{p:.3g}", f"{case.standard:g}"
        text += say("; probability {}, the standard is {}", *number)
    return text + "."


def _witness(case: _Case, row: dict[str, Any]) -> list[dict[str, Any]]:
    ordered = case.ordered()
    out = []
    for part in row["witness"] or []:
        if part["stop"] > ordered.num_rows:
            raise WrongUse("these verdicts were not made from these facts")
        taken = ordered.slice(part["start"], part["stop"] - part["start"])
        out += taken.select([*SHOWN, *SHOWN_TOO]).to_pylist()
    return out


# --- what else would have been needed


def _needed(
    case: _Case, row: dict[str, Any], witness: Sequence[dict[str, Any]]
) -> Iterator[str]:
    match row["verdict"]:
        case "breached" | "excused":
            yield from _without(case, row, witness)
        case "met":
            article = case.article(row["clause"])
            if any(isinstance(rule, Forbid) for rule in article.rules):
                acts = ", ".join(case.act(act) for act in _acts(article))
                who = row["party"] or case.say("the party")
                yield case.say("one sure act ({}) of {} here would break it", acts, who)
            else:
                yield from _without(case, row, witness)
        case "pending":
            owed = _acts(case.article(row["clause"]), Oblige)
            acts = ", ".join(case.act(act) for act in owed)
            by = _time(row["due"])
            yield case.say("{} of {} by {} would meet it", acts, row["party"], by)
            yield case.say("the same left undone then breaches it")
        case _:
            yield from _settles(case, row)


def _without(
    case: _Case, row: dict[str, Any], witness: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """The verdict with each fact of the witness taken away."""
    for fact in witness[:MOST_TRIED]:
        root = fact["root"] or fact["fact_id"]
        roots = pc.coalesce(case.facts["root"], case.facts["fact_id"])
        fewer = case.facts.filter(pc.not_equal(roots, root))
        found = case.at(row, facts=fewer)
        said = case.say(found["verdict"] if found else "nothing said")
        name = fact["fact_id"]
        yield case.say("without {} (root {}) it would be: {}", name, root, said)
    if len(witness) > MOST_TRIED:
        rest = len(witness) - MOST_TRIED
        yield case.say("{} further facts were not tried one by one", rest)


def _settles(case: _Case, row: dict[str, Any]) -> Iterator[str]:
    """What would take an undetermined verdict out of doubt."""
    if row["party"] is None:
        yield case.say("who did it: an attribution to a party")
        return
    breached, met = row["p_breached"], row["p_met"]
    if breached is None or met is None:
        yield case.say("the clause is not in force at that instant")
        return
    if 0 < breached < case.standard:
        missing = 1.0 - (1.0 - case.standard) / (1.0 - breached)
        yield case.say(
            "p(breached) is {}: one more independent root of the same act with p at"
            " least {} would reach {}",
            f"{breached:.3g}",
            f"{missing:.3g}",
            f"{case.standard:g}",
        )
    if met < case.standard:
        yield case.say(
            "p(met) is {}: it takes somebody who watched at least {} of the sector at"
            " that instant",
            f"{met:.3g}",
            f"{max(case.standard, 0.5):g}",
        )


def _nearby(case: _Case, article: Article, asked: dict[str, Any]) -> Iterator[str]:
    """Acts of the clause within a day, and why each is not the one asked for."""
    acts = set(_acts(article))
    at = asked["t"]
    near = [
        fact
        for fact in case.ordered().to_pylist()
        if fact["kind"] in acts and abs(fact["t"] - at) <= NEARBY
    ]
    if not near:
        named = case.say(" or ").join(case.act(act) for act in sorted(acts))
        yield case.say("no {} is on record within a day of then", named)
    for fact in near[:MOST_TRIED]:
        why = "; ".join(_differences(case, fact, asked))
        p = 1.0 if fact["p"] is None else fact["p"]
        said = why or case.say("it counts, with p {}", f"{p:.3g}")
        what = case.act(fact["kind"])
        yield f"{fact['fact_id']} ({what}, {_time(fact['t'])}): {said}"


def _differences(
    case: _Case, fact: dict[str, Any], asked: dict[str, Any]
) -> Iterator[str]:
    if fact["party"] is None:
        yield case.say("of no known party")
    elif fact["party"] != asked["party"]:
        yield case.say("of {}", fact["party"])
    if fact["sector"] != asked["sector"]:
        yield case.say("in {}", fact["sector"] or case.say("no known sector"))
    if abs(fact["t"] - asked["t"]) >= SECOND:
        yield case.say("at another time")


def _acts(article: Article, *kinds: type) -> list[str]:
    rules = [rule for rule in article.rules if isinstance(rule, Forbid | Oblige)]
    rules = [rule for rule in rules if not kinds or isinstance(rule, kinds)]
    return list(dict.fromkeys(rule.deed.act for rule in rules)) or list(
        dict.fromkeys(deed.act for deed in find(article, Deed))
    )


# --- what was known when


def _known(case: _Case, row: dict[str, Any]) -> Iterator[Known]:
    """The verdict as known at each arrival that changed it."""
    arrivals = {at for at in case.facts["received_at"].to_pylist() if at is not None}
    if case.coverage is not None and "known_at" in case.coverage.column_names:
        arrivals |= {at for at in case.coverage["known_at"].to_pylist() if at}
    last: str | None = None
    shown = 0
    for at in sorted(arrivals):
        found = case.at(row, known_at=at)
        said = found["verdict"] if found else "nothing"
        if said != last and shown < MOST_TRIED:
            p = found.get(f"p_{said}") if found else None
            yield Known(at=at, verdict=said, p=p)
            shown += 1
        last = said


# --- as text


def to_text(answer: Answer) -> str:
    """The answer as lines for a terminal, in the language of the agreement."""
    tongue = answer.language
    lines = [answer.sentence, "", f"    {answer.text}" if answer.text else ""]
    if answer.witness:
        lines += ["", word("On these facts:", tongue), *_table(answer.witness)]
    if answer.needed:
        lines += ["", word("What else would have been needed:", tongue)]
        lines += [f"  - {one}" for one in answer.needed]
    if answer.known:
        lines += ["", word("What was known when:", tongue)]
        for known in answer.known:
            p = "" if known.p is None else f" (p {known.p:.3g})"
            said = word(known.verdict, tongue)
            lines.append(f"  {_time(known.at)}  {said}{p}")
    elif answer.witness:
        told = word("Nobody recorded when these facts became known.", tongue)
        lines += ["", told]
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    names = [n for n in (*SHOWN, *SHOWN_TOO) if any(row[n] is not None for row in rows)]
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(names))]
    return [
        "  "
        + "  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return _time(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _time(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
