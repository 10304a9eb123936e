r"""An agreement read aloud: each clause in words, with examples and pictures.

A *paraphrase* is the clause in the words of the language itself, in one canonical form
and in the reader's own language. It is exact: read back it gives the same tree, in
English, French and Ukrainian (:func:`paraphrase`, held by a test). Below it stands, in
English, the same as free prose, which no program reads back.

>>> from tocsin.agreement.parse import parse_rules
>>> tree = parse_rules("parties A, B\nArticle 1\n  forbid any party to fire").records
>>> print(paraphrase(tree, language="fr"))
# rules
<BLANKLINE>
```tocsin fr
accord rules
parties A, B
```
<BLANKLINE>
```tocsin fr
Article 1
  interdire à toute partie : tirer
```
<BLANKLINE>
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import msgspec

from tocsin.agreement.examples import Example, examples
from tocsin.agreement.fmt import fmt_rules
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.literate import read_blocks
from tocsin.agreement.localise import localise, word
from tocsin.agreement.prose import to_english
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement, Article, Deed
from tocsin.agreement.timeline import marks_of, svg, text
from tocsin.agreement.walk import find
from tocsin.model.places import Areas
from tocsin.model.records import Issue

__all__ = ["Clause", "Reading", "paraphrase", "read_aloud", "to_html", "to_text"]


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One clause as a reader sees it.

    Attributes:
        number, title, sentence: of the text.
        rules: its lines in the language asked for.
        prose: the same as sentences, in English only; else ().
        words: acts and what they are called.
        keeps, breaks: an example each, or the reason why there is none.
        issues: what `check` says of it.
    """

    number: str
    title: str
    sentence: str
    rules: tuple[str, ...]
    prose: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    keeps: Example
    breaks: Example
    issues: tuple[Issue, ...]
    opens: bool = False


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A whole agreement as a reader sees it."""

    agreement: Agreement
    language: str
    clauses: tuple[Clause, ...]


def paraphrase(agreement: Agreement, *, language: str = "en") -> str:
    """The agreement in canonical words of a language; read back, the same tree."""
    source = to_source(agreement)
    lines = source.splitlines()
    if language == "en":
        return source
    for block in reversed(read_blocks(source)):
        start = block.first_line - 1
        made = fmt_rules(block.lines, source="en", target=language)
        lines[start : start + len(block.lines)] = made
        fence = lines[start - 1]
        lines[start - 1] = fence.replace("tocsin", f"tocsin {language}", 1)
    return "\n".join(lines) + "\n"


def read_aloud(
    agreement: Agreement,
    areas: Areas,
    issues: Sequence[Issue] = (),
    *,
    language: str = "en",
) -> Reading:
    """Each clause with its paraphrase, its examples and what is open about it.

    Args:
        agreement: a checked agreement.
        areas: its map.
        issues: what ``check`` said, in English or in the language of the file.
        language: of the reading.
    """
    shown = examples(agreement, areas)
    bounds = [article.where.line or 0 for article in agreement.articles]
    clauses = []
    for n, article in enumerate(agreement.articles):
        if article.clause not in shown:
            continue
        last = bounds[n + 1] if n + 1 < len(bounds) else 1 << 30
        own = [i for i in issues if bounds[n] <= (i.where.line or 0) < last]
        keeps, breaks = shown[article.clause]
        clauses.append(_clause(agreement, article, keeps, breaks, own, language))
    return Reading(agreement=agreement, language=language, clauses=tuple(clauses))


def _clause(
    agreement: Agreement,
    article: Article,
    keeps: Example,
    breaks: Example,
    issues: Sequence[Issue],
    language: str,
) -> Clause:
    return Clause(
        number=article.clause.replace("Article", word_of_article(language)),
        title=article.title or "",
        sentence=article.sentence,
        rules=_rules(article, language),
        prose=to_english(article, agreement=agreement) if language == "en" else (),
        words=_words(agreement, article, language),
        keeps=keeps,
        breaks=breaks,
        issues=tuple(localise(issue, language) for issue in issues),
        opens=bool(OPENING & {keeps.outcome, breaks.outcome}),
    )


def word_of_article(language: str) -> str:
    """``Article`` in a language."""
    return LANGUAGES[language].phrases["ARTICLE"]


def _rules(article: Article, language: str) -> tuple[str, ...]:
    """The lines of an article below its heading."""
    alone = Agreement(name="x", articles=(msgspec.structs.replace(article),))
    blocks = read_blocks(to_source(alone))
    lines = fmt_rules(blocks[-1].lines, source="en", target=language)
    return tuple(line[2:] for line in lines[1:])


def _words(
    agreement: Agreement, article: Article, language: str
) -> tuple[tuple[str, str], ...]:
    """The acts of a clause as it writes them, and what each is called."""
    acts = {act.name: act for act in agreement.acts}
    table = LANGUAGES[language]
    found = {}
    for deed in find(article, Deed):
        name = deed.act.removeprefix("unexcused_")
        own = acts.get(name)
        labels = {one.language: one.text for one in own.labels} if own else {}
        said = labels.get(language) or table.labels.get(name)
        said = said or (own.label if own else "")
        if said:
            found[table.nouns.get(name, name)] = said.removeprefix("to ")
    return tuple(found.items())


# --- the terminal


def to_text(reading: Reading) -> str:
    """The reading as lines for a terminal."""
    say = _Say(reading.language)
    out = [reading.agreement.title or reading.agreement.name, ""]
    for clause in reading.clauses:
        out.append(f"{clause.number} {clause.title}".rstrip())
        out += [f"    {line}" for line in clause.rules]
        out += [f"    ≈ {sentence}" for sentence in clause.prose]
        for example, heading in say.shown(clause):
            out += ["", f"    {heading}"]
            if not example.outcome:
                out.append(f"      {say(example.reason)}")
                continue
            marks = marks_of(example, reading.agreement, language=reading.language)
            drawn = text(example, marks, language=reading.language)
            out += [f"      {line}" for line in drawn]
        for issue in clause.issues:
            out.append(f"    ! {issue.message}")
        out.append("")
    out.append(say("IMAGINED: no party did any of this"))
    return "\n".join(out) + "\n"


class _Say:
    """The words of the page in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, phrase: str, *pieces: object) -> str:
        if self.language == "en" and phrase in ENGLISH:
            return ENGLISH[phrase]
        return word(phrase, self.language, *pieces)

    def shown(self, clause: Clause) -> list[tuple[Example, str]]:
        """The examples with their headings."""
        if {clause.keeps.outcome, clause.breaks.outcome} & POWERS:
            opens = self("An imagined history in which it can be used")
            stays = self("An imagined history in which it cannot be used")
            return [(clause.keeps, opens), (clause.breaks, stays)]
        kept = "An imagined history that keeps it"
        broken = "An imagined history that breaks it"
        if clause.opens:
            kept = "An imagined history that falls short of it"
            broken = "An imagined history that opens it"
        return [(clause.keeps, self(kept)), (clause.breaks, self(broken))]


OPENING = frozenset({"found", "not_found"})
POWERS = frozenset({"open", "shut"})
ENGLISH = {
    "no_rule": "no rule",
    "permission": "a permission: nothing can break it",
    "not_evaluated": "this version reads the clause and does not evaluate it yet",
    "no_deadline": "the text sets no deadline: nothing can break it",
    "no_course": "the line has no course on the map: nothing is known to lie near it",
    "members_open": "the text does not say who belongs to those who hold it: nobody is"
    " known who could use it",
    "nobody_decides": "the text does not say who decides: nobody can find it",
    "consultation_only": "consultation only: nothing is decided, so nothing is kept or"
    " broken",
    "unconditional": "it needs nothing: it can always be used",
    "no_example": "no example was found and confirmed by the engine",
}


# --- the page


def to_html(reading: Reading) -> str:
    """The reading as one page that opens without a network."""
    say = _Say(reading.language)
    title = escape(reading.agreement.title or reading.agreement.name)
    cards = "".join(_card(reading, clause, say) for clause in reading.clauses)
    return (
        f'<!doctype html><html lang="{reading.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><header>"
        f'<p class="mark">{escape(say("IMAGINED: no party did any of this"))}</p>'
        f"<h1>{title}</h1><p>{escape(say('What it says, clause by clause'))}. "
        f"{escape(say(BINDS))}</p></header>"
        f"<main>{cards}</main></body></html>\n"
    )


BINDS = "This page is made from the rules. What binds is the text itself."


def _card(reading: Reading, clause: Clause, say: _Say) -> str:
    rules = "\n".join(_keywords(line, reading.language) for line in clause.rules)
    prose = "".join(f"<p>{escape(one)}</p>" for one in clause.prose)
    words = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(said)}</dd>"
        for name, said in clause.words
    )
    glossary = f"<dl>{words}</dl>" if words else ""
    shown = "".join(_figure(reading, *one, say) for one in say.shown(clause))
    heading = f"{clause.number} <span>{escape(clause.title)}</span>"
    return (
        f'<section><h2>{heading}</h2><div class="two"><div>'
        f"<h3>{escape(say('Treaty sentence'))}</h3>"
        f"<blockquote>{escape(_plain(clause.sentence))}</blockquote></div><div>"
        f"<h3>{escape(say('In the words that Tocsin runs'))}</h3>"
        f"<pre>{rules}</pre>{prose}{glossary}</div></div>"
        f'<div class="two">{shown}</div>{_notes(clause, say)}</section>'
    )


def _plain(sentence: str) -> str:
    """A treaty sentence without Markdown."""
    return (
        re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", sentence)
        .replace("**", "")
        .replace("`", "")
    )


def _keywords(line: str, language: str) -> str:
    """A line with the keyword that opens it in bold."""
    bare = line.lstrip()
    table = LANGUAGES[language].line
    phrases = sorted(
        (" ".join(words).replace("' ", "'") for words in table), key=len, reverse=True
    )
    for phrase in phrases:
        if bare == phrase or bare.startswith((f"{phrase} ", f"{phrase}:")):
            indent = line[: len(line) - len(bare)]
            return f"{indent}<b>{escape(phrase)}</b>{escape(bare[len(phrase) :])}"
    return escape(line)


def _figure(reading: Reading, example: Example, heading: str, say: _Say) -> str:
    if not example.outcome:
        body = f'<p class="none">{escape(say(example.reason))}</p>'
    else:
        marks = marks_of(example, reading.agreement, language=reading.language)
        body = svg(example, marks, language=reading.language)
        body += svg(example, marks, language=reading.language, shape="narrow")
    return f"<figure><figcaption>{escape(heading)}</figcaption>{body}</figure>"


def _notes(clause: Clause, say: _Say) -> str:
    if not clause.issues:
        return ""
    lines = "".join(
        f"<li>{_ticks(_capital(issue.message))}."
        f" <em>{_ticks(_capital(issue.repair))}.</em></li>"
        for issue in clause.issues
    )
    heading = say("Left open by the text, or to be mended")
    return f"<aside><h3>{escape(heading)}</h3><ul>{lines}</ul></aside>"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _ticks(message: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(message))


STYLE = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6675;--page:#f6f4ef;--card:#fff;
--rule:#ddd8cc;--good:#1f7a4d;--bad:#b3261e;--accent:#1f4e8c;--tint:#eef2f8}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a3abb8;--page:#14171c;
--card:#1d2129;--rule:#343a46;--good:#57c08a;--bad:#f2877f;--accent:#8db8f0;
--tint:#232a36}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 "Source Serif 4",Georgia,"DejaVu Serif",serif}
header,main{max-width:1180px;margin:0 auto;padding:0 24px}header{padding-top:28px}
h1{font-size:30px;line-height:1.2;margin:.2em 0}h2{font-size:20px;margin:0 0 14px}
h2 span{font-weight:400;color:var(--soft);margin-left:.4em}
h3{font:600 12px/1.3 system-ui,sans-serif;color:var(--soft);margin:0 0 6px;
letter-spacing:.02em}
.mark{display:inline-block;font:600 12px system-ui,sans-serif;color:var(--bad);
border:1.5px solid var(--bad);border-radius:4px;padding:2px 8px;margin:0}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;
padding:20px 22px;margin:18px 0;break-inside:avoid}
.two{display:grid;grid-template-columns:1fr 1fr;gap:22px;margin-bottom:16px}
@media(max-width:820px){.two{grid-template-columns:1fr}}
blockquote{margin:0;padding-left:14px;border-left:3px solid var(--rule);
overflow-wrap:anywhere}
pre{margin:0 0 8px;padding:10px 12px;background:var(--tint);border-radius:6px;
white-space:pre-wrap;font:14px/1.55 "JetBrains Mono","DejaVu Sans Mono",monospace}
pre b{color:var(--accent)}p{margin:.3em 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 10px;margin:8px 0 0;
font-size:14px;color:var(--soft)}dt{font-style:italic}dd{margin:0}
figure{margin:0;min-width:0}figcaption{font:600 12px/1.3 system-ui,sans-serif;
color:var(--soft);margin-bottom:6px}
.none{color:var(--soft);font-style:italic;padding:14px;border:1px dashed var(--rule);
border-radius:6px}
svg.narrow{display:none}@media(max-width:520px){svg.wide{display:none}
svg.narrow{display:block}header,main{padding:0 12px}section{padding:16px 14px}
h1{font-size:25px}}
svg.line{width:100%;height:auto;background:var(--tint);border-radius:6px}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg .label,svg .duetext{paint-order:stroke;stroke:var(--tint);stroke-width:4px}
svg .day{fill:var(--soft);font-size:11px}svg .axis{stroke:var(--soft)}
svg .tick{stroke:var(--rule);stroke-dasharray:2 3}svg .dot{fill:var(--accent)}
svg .due{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:5 3}
svg .duetext{fill:var(--soft);font-size:11px}svg .outcome{stroke-width:2}
.holds{stroke-width:4}.good .holds{stroke:var(--good)}.bad .holds{stroke:var(--bad)}
.good .outcome{stroke:var(--good)}.bad .outcome{stroke:var(--bad)}
.good .flag{fill:var(--good)}.bad .flag{fill:var(--bad)}
svg .flagtext{fill:var(--card);font-weight:600}
aside{border-top:1px solid var(--rule);padding-top:12px}aside ul{margin:0;
padding-left:20px;font-size:15px}code{font:13px "DejaVu Sans Mono",monospace}
"""
