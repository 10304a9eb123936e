"""An independent check of proofs: the clause read again, the facts counted again.

This module knows nothing of Tocsin's engines: it imports the standard library and
PyArrow alone, reads the shapes of clauses that proofs are written for (a plain
prohibition; a duty that an act calls for, with a time, for a site or a sector; in force
between dates, events, and the starts and ends of other articles), and derives from the
tables, slowly and by its own means, every verdict that a clause has. A proof is
accepted where each of its verdicts is one of them: same instant, words, chances and
witnesses. Alone:

    python checker.py PROOFS.json AGREEMENT.md FACTS.parquet [COVERAGE.parquet]
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow.parquet as pq

__all__ = ["Refused", "check_proofs", "main"]

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = list[Row]
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
NEAR, TINY, FOREVER = 1e-9, 1e-12, 1 << 61
STANDARD, WATCHED = 0.55, 0.5  # where the text sets none
CHANCES = ("p_met", "p_breached", "p_pending", "p_excused")
BAN = re.compile(r"forbid (?:(?:any|each) party|([\w, ]+?)) to (\w+)$")
DUTY = re.compile(r"oblige party to (\w+)( at site| in sector)?$")
CALL = re.compile(r"when (\w+) of party( at site| in sector)?$")
CLOCK = re.compile(r"within (\d+) (\w+?)s?(?: of (\w+))?$")
POINT = r"(?:(start|end) of (Article \S+)|(\S+))(?: \+ (\d+) (\w+?)s?)?$"
FRAME = re.compile(r"in force (from|until) " + POINT)
BESIDE = re.compile(r"(?:failing that|lead) ")  # changes no verdict of its own article
NAMES = ("party", "sector", "subject", "choice")
BROKEN = LookupError, TypeError, ValueError, AttributeError, RuntimeError, StopIteration


class Refused(Exception):
    """The proof does not hold; the text says which claim fails."""


def check_proofs(
    proof: bytes, agreement: Path, facts: Path, coverage: Path | None
) -> int:
    """How many verdicts hold; raises :class:`Refused` at the first that does not."""
    try:
        held = json.loads(proof)
        files = {"agreement": agreement, "facts": facts, "coverage": coverage}
        for name, path in files.items():
            digest = path and hashlib.sha256(path.read_bytes()).hexdigest()
            if held[f"{name}_sha256"] != digest:
                raise Refused(f"the {name} is not what the proof was written for")
        world = World(held, files)
        rows = rows_of(held["verdicts"])
        for number, row in enumerate(rows):
            if not any(agrees(row, one) for one in world.rows(row)):
                raise Refused(f"verdict {number} does not follow: {json.dumps(row)}")
        return len(rows)
    except BROKEN as error:
        raise Refused(f"this has not the form of a proof: {error!r}") from error


def rows_of(columns: Row) -> Rows:
    """The verdicts of a proof, row by row, from its columns."""
    held = {"t": columns["t"]}
    for name in ("due", "clause", "party", "sector", "subject", "verdict", *CHANCES):
        names = dict(enumerate(columns[name]["names"])) | {-1: None}
        held[name] = [names[code] for code in columns[name]["codes"]]
    ranges = columns["witness"]
    pairs = iter(zip(ranges["start"], ranges["length"], strict=True))
    spans = [[next(pairs) for _ in range(count)] for count in ranges["counts"]]
    held["witness"] = [[n for a, b in span for n in range(a, a + b)] for span in spans]
    rows = zip(*held.values(), strict=True)
    return [dict(zip(held, one, strict=True)) for one in rows]


def agrees(row: Row, other: Row) -> bool:
    """The same verdict: every word, every instant, every chance up to rounding."""
    numbers = [key for key in CHANCES if other[key] is not None]
    typed = all(type(row[key]) in (int, float) for key in numbers)
    near = typed and all(abs(row[key] - other[key]) <= NEAR for key in numbers)
    return near and all(row[key] == other[key] for key in row if key not in numbers)


class World:
    """The clauses, the facts that count, and who watched."""

    def __init__(self, held: Row, files: dict[str, Any]) -> None:
        self.lines = lines_of(files["agreement"].read_text(encoding="utf-8"))
        self.parties = self.listed("parties ")
        question = held["question"]
        self.start, self.until = question["start"], question["until"]
        own = [t.split()[3] for _, t in self.lines if t[:21] == "standard probable is "]
        self.standard, self.watched = float(own[-1]) if own else STANDARD, WATCHED
        if (held["standard"], held["watched"]) != (self.standard, self.watched):
            raise Refused("the standards are not those of the text")
        known = question["known_at"]
        self.facts = settled(pq.read_table(files["facts"]).to_pylist(), known)
        rows = pq.read_table(files["coverage"]).to_pylist() if files["coverage"] else []
        self.cover = [
            (one.get("sector"), one.get("kind"), seconds(one["t_start"]),
             seconds(one["t_end"]), min(max(one["share"], 0.0), 1.0))
            for one in rows
            if one.get("share") is not None and came_by(one.get("known_at"), known)
        ]  # fmt: skip
        seen = {fact["sector"] for fact in self.facts} | {one[0] for one in self.cover}
        self.sectors = {*self.listed("sectors "), *seen} - {None}
        self.made: dict[tuple[Any, ...], Rows] = {}

    def listed(self, word: str) -> list[str]:
        """The names that definitions of this keyword list."""
        said = [text for top, text in self.lines if top and text.startswith(word)]
        return [n.strip() for text in said for n in text[len(word) :].split(",")]

    def rows(self, row: Row) -> Rows:
        """Every verdict of the row's clause, party, sector and subject."""
        key = (row["clause"], row["party"], row["sector"], row["subject"])
        if key not in self.made:
            body = self.article(row["clause"])
            shape = self.banned if "ban" in body else self.owed
            self.made[key] = shape(row["clause"], body, *key[1:])
        return self.made[key]

    def article(self, clause: str) -> dict[str, Any]:
        """What an article says; refused where it says more than is known here."""
        shapes = {"ban": BAN, "duty": DUTY, "call": CALL, "clock": CLOCK}
        said: dict[str, Any] = {"span": self.span(clause)}
        for text in self.below(clause):
            if not FRAME.match(text) and not BESIDE.match(text):
                found = {n: m for n, s in shapes.items() if (m := s.match(text))}
                if not found or found.keys() & said.keys():
                    raise Refused(f"{clause}: `{text}` cannot be proved here")
                said |= found
        if said.keys() - {"span"} not in ({"ban"}, {"duty", "call", "clock"}):
            raise Refused(f"{clause} is not of a shape that can be proved here")
        return said

    def below(self, clause: str) -> list[str]:
        """The lines of an article; refused where it does not stand there once."""
        heading = re.compile(re.escape(clause) + r'(?: ".*")?$')
        tops = [n for n, (top, _) in enumerate(self.lines) if top] + [len(self.lines)]
        own = [(a, b) for a, b in pairwise(tops) if heading.match(self.lines[a][1])]
        if len(own) != 1:
            raise Refused(f"{clause} does not stand in the text once")
        return [text for _, text in self.lines[own[0][0] + 1 : own[0][1]]]

    def span(self, clause: str) -> list[int]:
        """From when to when an article binds."""
        span = [-FOREVER, FOREVER]
        for above, text in pairwise(["", *self.below(clause)]):
            joins = above.startswith("in ") and text.startswith(("and ", "or "))
            if joins or text.startswith(("in ", "repealed", "suspended")):
                span[text.startswith("in force until")] = self.instant(text)
        return span

    def instant(self, text: str) -> int:
        """A date, the first record of an event, an edge of an article; plus a time."""
        frame = FRAME.match(text)
        if frame is None:
            raise Refused(f"`{text}` cannot be proved here")
        _, edge, other, word, more, unit = frame.groups()
        base = self.span(other)[edge == "end"] if other else self.moment(word)
        ends = more is None or abs(base) == FOREVER
        return base if ends else base + int(more) * UNITS[unit]

    def moment(self, word: str) -> int:
        """A date, or the first sure record of an event."""
        if word[0].isdigit():
            at = datetime.fromisoformat(word)
            if at.tzinfo is None:
                raise Refused(f"{word} has no time zone")
            return seconds(at)
        sure = [f for f in self.facts if f["hi"] - f["lo"] >= self.standard - TINY]
        return min((f["s"] for f in sure if f["kind"] == word), default=FOREVER)

    def banned(self, clause: str, body: Row, *key: Any) -> Rows:
        """A prohibition: a verdict at each change, and at each breach."""
        party, sector, subject = key
        names, act = body["ban"].groups()
        bound = [n.strip() for n in names.split(",")] if names else self.parties
        fits = [f for f in self.facts if f["kind"] == act]
        one_root = piled(fits, "party", "sector", "root").values()
        groups = [g for g in one_root if g[0]["party"] in (None, *bound)]
        first, last = body["span"]
        groups = [g for g in groups if first <= g[0]["s"] < last]
        begin, end = max(self.start, first), min(last, self.until)
        mine = [g for g in groups if (g[0]["party"], g[0]["sector"]) == (party, sector)]
        base = verdict_of(clause, party, sector, None)
        known = sector in self.sectors if sector else bool(mine or not self.sectors)
        if subject is not None or not known or party not in (None, *bound):
            return []
        if party is None:
            at = {g[0]["s"] for g in mine if begin <= g[0]["s"] < end}
            return [base | {"t": t, "witness": witness(mine, t)} for t in at]
        whose = [g for g in groups if not g[0]["party"]]
        whose = [g for g in whose if g[0]["sector"] in (None, sector)]
        cuts = {t for one in self.cover for t in one[2:4]} | {begin}
        cuts |= {g[0]["s"] + more for g in (*mine, *whose) for more in (0, 1)}
        out: Rows = []
        before = ""
        for t in sorted(t for t in cuts if begin <= t < end):
            now = [g for g in mine if g[0]["s"] == t]
            dark = any(g[0]["s"] == t for g in whose)  # whose act it was is not known
            share = 0.0 if dark else self.share(t, sector, act)
            nothing = none_of(fact for group in now for fact in group)
            p = {"p_met": nothing * share, "p_breached": 1.0 - nothing}
            word = "breached" if p["p_breached"] >= self.standard - TINY else ""
            is_met = p["p_met"] >= self.standard - TINY and share >= self.watched
            word = word or ("met" if is_met else "undetermined")
            if word != before or (word == "breached" and now):
                seen = {"t": t, "verdict": word, "witness": witness(mine, t)}
                out.append(base | p | seen)
            before = word
        if before and end < self.until:
            out.append(base | dict.fromkeys(CHANCES) | {"t": end})
        return out

    def share(self, t: int, sector: Any, act: str) -> float:
        """The largest share that somebody watched."""
        here = [c for c in self.cover if c[0] in (None, sector) and c[1] in (None, act)]
        return max((c[4] for c in here if c[2] <= t < c[3]), default=0.0)

    def owed(self, clause: str, body: Row, *about_whom: Any) -> Rows:
        """A duty: one instance for each root of the act that calls for it."""
        party, sector, subject = about_whom
        call, place = body["call"].groups()
        if body["clock"][3] not in (None, call) or body["duty"][2] != place:
            raise Refused(f"the clock of {clause} cannot be proved here")
        first, last = body["span"][0], min(body["span"][1], self.until)
        calls = [f for f in self.facts if f["kind"] == call and first <= f["s"] < last]
        acts = [f for f in self.facts if f["kind"] == body["duty"][1] and party]
        about = {" at site": "subject", " in sector": "sector"}.get(place, "party")
        asked = {"party": party, "sector": sector, "subject": subject}
        if any(asked[one] is not None for one in {"sector", "subject"} - {about}):
            return []
        key = (party, asked[about])
        mine = [f for f in calls if (f["party"], f[about]) == key]
        done = [f for f in acts if (f["party"], f[about]) == key]
        base = verdict_of(clause, party, sector, subject)
        length = int(body["clock"][1]) * UNITS[body["clock"][2]]
        roots = piled(mine, "root").values()
        return [row for g in roots for row in self.instance(base, g, length, done)]

    def instance(self, base: Row, group: Rows, length: int, done: Rows) -> Rows:
        """Pending, then met; or breached when it falls due."""
        called = group[0]["s"]
        due = called + length
        done = [f for f in done if called <= f["s"] <= min(due, self.until - 1)]
        cuts = {called, due, max(called, self.start), *(f["s"] for f in done)}
        out: Rows = []
        for t in sorted(cuts):
            if not max(called, self.start) <= t <= min(due, self.until - 1):
                continue
            before = [f for f in done if f["s"] <= t]
            own = [f for f in before if f["tie"] == group[0]["tie"]]
            others = none_of(f for f in before if f["tie"] != group[0]["tie"])
            idle = covered(group, own) * others
            waits = "p_breached" if t >= due else "p_pending"
            p = {"p_met": covered(group) - idle, waits: idle}
            p = p if base["party"] is not None else {}
            words = ("breached", "met", "pending")
            high = [w for w in words if p.get(f"p_{w}", 0.0) >= self.standard - TINY]
            word = high[0] if high else "undetermined"
            if not out or out[-1]["verdict"] != word:
                seen = {group[0]["index"]}
                seen |= {f["index"] for f in before[:1]} if word == "met" else set()
                known = {"t": t, "verdict": word, "due": due, "witness": sorted(seen)}
                out.append(base | p | known)
        return out


def verdict_of(clause: str, party: str | None, sector: Any, subject: Any) -> Row:
    """A verdict about which nothing is known yet."""
    key = {"clause": clause, "party": party, "sector": sector, "subject": subject}
    rest = {"t": 0, "verdict": "undetermined", "due": None, "witness": []}
    return key | rest | dict.fromkeys(CHANCES, 0.0)


def witness(groups: list[Rows], t: int) -> list[int]:
    """Places in the facts of the acts of one instant."""
    return sorted({group[0]["index"] for group in groups if group[0]["s"] == t})


def settled(rows: Rows, known_at: int | None) -> Rows:
    """The facts that count, in time order, with the stretch in which each is true."""
    rows = sorted(rows, key=lambda row: (micros(row["t"]), row["fact_id"]))
    came = [came_by(row.get("received_at"), known_at) for row in rows]
    numbered = [(n, row) for n, row in enumerate(rows) if came[n]]
    gone = {row.get("withdraws") for _, row in numbered} - {None}
    kept: dict[str, Row] = {}
    for index, row in numbered:
        p = 1.0 if row.get("p") is None else row["p"]
        out = row["fact_id"] in gone or row["kind"] == "withdrawal"
        if not out and 0 <= p <= 1 and row["fact_id"] not in kept:
            fact = {key: row.get(key) for key in NAMES}
            fact |= {"kind": row["kind"], "index": index, "s": seconds(row["t"])}
            root = row.get("root") or row["fact_id"]
            fact |= {"root": root, "tie": root, "lo": 0.0, "hi": p}
            kept[row["fact_id"]] = fact
    facts = [fact for fact in kept.values() if fact["hi"] > 0]
    chosen = [fact for fact in facts if fact["choice"] is not None]
    for pile in piled(chosen, "choice").values():  # alternatives exclude each other
        end = 0.0
        for fact in pile:
            fact["lo"], fact["hi"] = min(end, 1.0), min(end + fact["hi"], 1.0 + NEAR)
            end = fact["hi"]
            for other in facts:  # and tie the chances of their roots together
                if other["tie"] == fact["tie"] != pile[0]["tie"] and other is not fact:
                    other["tie"] = pile[0]["tie"]
            fact["tie"] = pile[0]["tie"]
        if end > 1.0 + TINY:
            raise Refused("alternatives that exceed 1 cannot be proved here")
    return facts


def piled(facts: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], Rows]:
    """Facts that share these keys, together; the earliest first."""
    piles: dict[tuple[Any, ...], Rows] = defaultdict(list)
    for fact in facts:
        piles[tuple(fact[key] for key in keys)].append(fact)
    return piles


def none_of(facts: Iterable[Row]) -> float:
    """The chance that none of these happened; ties are independent of each other."""
    return prod(1.0 - covered(tied) for tied in piled(facts, "tie").values())


def covered(facts: Rows, without: Iterable[Row] = ()) -> float:
    """Length of what the stretches of some facts cover and those of others do not."""
    taken = list(without)
    ends = sorted({fact[end] for fact in (*facts, *taken) for end in ("lo", "hi")})
    total = 0.0
    for lo, hi in pairwise(ends):
        inside = any(f["lo"] <= lo and hi <= f["hi"] for f in facts)
        if inside and not any(f["lo"] <= lo and hi <= f["hi"] for f in taken):
            total += hi - lo
    return total


def lines_of(text: str) -> list[tuple[bool, str]]:
    """The lines of the blocks of rules: whether they stand at the margin, and words."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside and line[3:].split()[:1] == ["tocsin"]
        elif inside and (words := line.split("#")[0].split()):
            lines.append((not line[0].isspace(), " ".join(words)))
    return lines


def came_by(at: datetime | None, known_at: int | None) -> bool:
    """Known by then; everything is, where the question names no instant."""
    return known_at is None or (at is not None and micros(at) <= known_at)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond


def seconds(at: datetime) -> int:
    """Seconds since 1970, the part below a second cut off."""
    return micros(at) // 1_000_000


def main(arguments: list[str]) -> str:
    """Check a file of proofs; the process ends with 1 where it does not hold."""
    proof, agreement, facts, *rest = (Path(one) for one in arguments)
    try:
        done = check_proofs(proof.read_bytes(), agreement, facts, [*rest, None][0])
    except Refused as refused:
        sys.exit(f"refused: {refused}")
    return f"{done} verdicts follow from the text and the facts\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
