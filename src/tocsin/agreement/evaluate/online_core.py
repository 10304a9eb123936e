"""All clauses of an agreement, kept up to date while facts and coverage come in.

A delivery goes through five steps: the ledger says what it would change; the clauses
look at how that stood; it counts; the clauses follow, fact by fact where they can and
by the batch engine where they cannot; procedures follow them. What is said differently
comes out. Where the ground shifts (an article's start, a dependence that nobody
expected) all clauses are set up anew from the ledger, and the difference comes out just
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate import online_view as view
from tocsin.agreement.evaluate.force import EVER, Span, force
from tocsin.agreement.evaluate.history import NONE, History, Ints, Reals
from tocsin.agreement.evaluate.judged import Judged, Opened, Question, Stated
from tocsin.agreement.evaluate.online_articles import (
    Clock,
    StandingArticle,
    Watching,
)
from tocsin.agreement.evaluate.online_counts import Counting, KeyState
from tocsin.agreement.evaluate.online_duties import StandingDuty
from tocsin.agreement.evaluate.online_events import Dependent, EventMaker, Key, Ranged
from tocsin.agreement.evaluate.online_ledger import Ledger, Staged
from tocsin.agreement.evaluate.online_news import News, Units
from tocsin.agreement.evaluate.online_plan import (
    Shares,
    is_procedural,
    is_restless,
    is_whole,
    record_reach,
    recorded_acts,
    shares_of,
    starting_acts,
)
from tocsin.agreement.evaluate.online_rest import (
    Literal,
    Words,
    next_waking,
    told_rows,
)
from tocsin.agreement.evaluate.online_routes import Routes
from tocsin.agreement.evaluate.online_rows import (
    BY_FACT,
    BY_FORCE,
    BY_PROCEDURE,
    Change,
    Part,
    RowKey,
    Told,
    compared,
    joined,
    netted,
    part_of,
    told_of,
)
from tocsin.agreement.evaluate.pausing import paused
from tocsin.agreement.evaluate.plan import Plan
from tocsin.agreement.evaluate.procedure import Proceeded, proceed
from tocsin.agreement.evaluate.rows import rows_of
from tocsin.agreement.evaluate.setting import Setting, begins, stretch_of
from tocsin.agreement.evaluate.watch import Watch
from tocsin.agreement.terms import Silence
from tocsin.agreement.walk import find
from tocsin.model.places import Areas
from tocsin.model.records import Issue, Where

__all__ = ["Core", "Given"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while an agreement is watched."""

    plan: Plan
    areas: Areas
    start: int
    seed: int
    origin: str | None = None


class _Past(msgspec.Struct):
    """How everything stood.

    Attributes:
        rows: all that was told.
        counts: by clause, when it bound, and its keys.
        let_go: how many events of each key of an article are not held any more.
    """

    rows: dict[RowKey, Told]
    counts: dict[int, tuple[Span, Ranged, dict[Key, KeyState]]]
    let_go: list[tuple[str, Key, int]]


class Core:
    """The state of every clause.

    Args:
        given: the agreement made ready, its map, the question's start.
        procedures: False where somebody else follows episodes and breaches.
    """

    def __init__(self, given: Given, *, procedures: bool = True) -> None:
        self.given, self.plan = given, given.plan
        self.with_procedures = procedures
        self.ledger = Ledger()
        self.watch = Watch(())
        self.origin = given.origin
        articles = self.plan.agreement.articles
        self.clauses = tuple(article.clause for article in articles)
        self.words = Words(
            self.ledger.words, {c: n for n, c in reversed([*enumerate(self.clauses)])}
        )
        self.starting = starting_acts(self.plan)
        self.recorded = recorded_acts(self.plan)
        self.silences = [
            silence.after.seconds
            for silence in find(self.plan.agreement, Silence)
            if not silence.after.is_calendar
        ]
        self.restless = is_restless(self.plan)
        self.dependent: frozenset[str] = frozenset()
        self.known_sectors: set[str] = set()
        self.since = -EVER
        self.whole = is_whole(self.plan)
        self.procedural = is_procedural(self.plan) and not self.whole
        self.record_reach = record_reach(self.plan) if self.procedural else 0
        self.issues: list[Issue] = []
        self.followed: dict[RowKey, Told] = {}
        self.record: tuple[Setting, Ints] | None = None
        self.wake_at = EVER
        self.moved = True
        self._set_up()

    # --- setting up ------------------------------------------------------------------

    def _set_up(self) -> None:
        """All units anew and empty; the ledger keeps its facts."""
        self.shares: Shares = shares_of(self.plan, self.dependent)
        self.units = Units(self.ledger)
        shares, ledger = self.shares, self.ledger
        routes = [
            r for p in shares.prohibitions for r in EventMaker.routes_of(p)
        ]  # fmt: skip
        routes += [r for o in shares.obligations for r in StandingDuty.routes_of(o)]
        self.routes = Routes(routes, ledger, self.plan, self.given.areas)
        first = 0
        wanted = self.plan.breaches_wanted
        for prohibition in shares.prohibitions:
            number = prohibition.article.number
            unit = StandingArticle(
                self.words.clause(prohibition.article.clause),
                EventMaker(prohibition, ledger, self.routes, first),
                self.plan.standard,
                self.plan.watched,
            )
            unit.wanted = number in wanted
            self.units.articles[number] = unit
            first += len(prohibition.rules)
        for finding in shares.findings:
            assert finding.count is not None
            counted = self.plan.prohibition(finding.count.article)[0].article.number
            self.units.counts.append(
                Counting(
                    self.words.clause(finding.article.clause),
                    finding,
                    self.units.articles[counted],
                    self.plan.watched,
                )
            )
        for obligation in shares.obligations:
            duty = StandingDuty(
                self.words.clause(obligation.article.clause),
                obligation,
                ledger,
                self.routes,
                first,
                self.plan.standard,
            )
            duty.wanted = obligation.article.number in wanted or bool(
                obligation.failing_that
            )
            self.units.duties.append(duty)
            first += 2
        self.literal = Literal(
            shares.rest, shares.literal, shares.acts, whole=self.whole
        )
        self.record = None
        self._bind()
        self.routes.extend(0, ledger.n)
        self._reset(Clock(-EVER, -EVER))

    def _bind(self) -> None:
        """Tell every unit when its article binds."""
        self.force = force(self.plan, self._starts())
        setting = self._setting(())
        for number, unit in self.units.articles.items():
            rules = unit.prohibition.rules
            stretch = stretch_of(setting, unit.prohibition)
            unit.events.ranged = Ranged(
                span=self.force[number],
                active=tuple(begins(setting, rule) for rule in rules),
                start=stretch.start,
                stop=stretch.stop,
            )
        for count in self.units.counts:
            number = count.article.prohibition.article.number
            count.bind(
                self.force[count.finding.article.number],
                self.given.start,
                self.force[number].start,
            )
        for duty in self.units.duties:
            duty.bind(self.force[duty.obligation.article.number], self.given.start)

    def _starts(self) -> History:
        return view.history(self.ledger, self._rows_of(self.starting), self.origin)

    def _rows_of(self, kinds: Iterable[str]) -> list[int]:
        """Rows that count, of these kinds."""
        ledger = self.ledger
        codes = [ledger.words.known("kind", kind) for kind in kinds]
        n = ledger.n
        rows = ledger.alive[:n] & np.isin(ledger.whole["kind"][:n], codes)
        return np.flatnonzero(rows).tolist()

    def _setting(self, rows: Sequence[int], until: int = EVER) -> Setting:
        return Setting(
            plan=self.plan,
            history=view.history(
                self.ledger,
                sorted({*rows, *self._rows_of(self.starting)}),
                self.origin,
                sectors=sorted(self.known_sectors),
            ),
            areas=self.given.areas,
            watch=self.watch,
            force=self.force,
            question=Question(
                start=self.given.start, until=until, seed=self.given.seed
            ),
        )

    def sectors(self) -> list[int]:
        """Every sector that the map, the text, the facts or the coverage know (T7)."""
        names = {area.name for area in self.given.areas.of_kind("sector")}
        names |= {sector.name for sector in self.plan.agreement.sectors}
        names |= set(self.ledger.sectors()) | set(self.watch.sectors)
        names |= self.known_sectors
        code = self.ledger.words.code
        return [code("sector", name) for name in sorted(names)] or [NONE]

    # --- a delivery ------------------------------------------------------------------

    def deliver(self, staged: Staged, watch: Watch | None, clock: Clock) -> list[Part]:
        """What is said differently once a delivery counts and the clock has moved."""
        self.routes.extend(staged.first, staged.stop)
        news = News(self.units, staged, clock)
        shifted = self.ledger.commit(staged)
        self.issues += staged.issues
        kinds = news.kinds()
        if watch is not None:
            shifted |= watch.sectors != self.watch.sectors
        dependent = news.read()
        if dependent:
            past = self._past(clock.was)
            self.dependent |= dependent
            return self._anew(watch, clock, past)
        if kinds & self.starting:
            past = self._past(clock.was)
            if self._force_moved():
                return self._anew(watch, clock, past)
        return self._follow(news, watch, clock, kinds, shifted=shifted)

    def _force_moved(self) -> bool:
        old = self.force.spans
        ranged = [unit.ranged for unit in self.units.articles.values()]
        self._bind()
        return old != self.force.spans or ranged != [
            unit.ranged for unit in self.units.articles.values()
        ]

    def _follow(
        self,
        news: News,
        watch: Watch | None,
        clock: Clock,
        kinds: set[str],
        *,
        shifted: bool,
    ) -> list[Part]:
        parts: list[Part] = []
        changes: list[Change] = []
        watching = {} if watch is None else self._watching(watch)
        self.watch = self.watch if watch is None else watch
        if shifted:
            shift = self._reset(Clock(clock.was, clock.was))
            parts += shift[0]
            changes += shift[1]
        try:
            for number, unit in self.units.articles.items():
                added, gone = news.events[number]
                touches = unit.touched(added, gone, late=clock.was)
                mine = watching.get(number, {})
                parts += unit.apply(added, touches, clock, mine)
                for count in self.units.counts:
                    if count.article is unit:
                        changes += count.follow(added, touches, clock, mine)
        except Dependent:
            raise AssertionError("a dependence was not seen in time") from None
        for duty, touched in zip(self.units.duties, news.touched, strict=True):
            changes += duty.after(news.for_duties, touched, clock)
        changes += self._judge_rest(kinds, clock, shifted=shifted or watch is not None)
        changes += self._proceed(kinds, clock)
        parts += [part_of(changes)] if changes else []
        return [netted(joined(parts))] if shifted and parts else parts

    def _reset(self, clock: Clock) -> tuple[list[Part], list[Change]]:
        """Keys come and go with the sectors that are known."""
        parts: list[Part] = []
        changes: list[Change] = []
        sectors = self.sectors()
        parties = [
            self.ledger.words.code("party", name)
            for name in self.plan.agreement.party_names
        ]
        for unit in self.units.articles.values():
            limits = [rule.pattern.sectors for rule in unit.prohibition.rules]
            mine = sectors
            if None not in limits:
                names = {n for limit in limits for n in limit or ()}
                mine = [self.ledger.words.code("sector", n) for n in sorted(names)]
            self._draw(unit, {*mine, *sectors, NONE})
            parts += unit.reset(mine, clock)
        for count in self.units.counts:
            by_sector = "sector" in count.finding.rule.variables
            own = sectors if by_sector else [NONE]
            changes += count.reset([(p, s) for p in parties for s in own], clock)
        return parts, changes

    def _draw(self, unit: StandingArticle, sectors: Iterable[int]) -> None:
        """Curves of watching for sectors that have none yet."""
        for code in sectors:
            if code not in unit.curves:
                name = self.sector_name(code)
                unit.curves[code] = self.watch.steps(name, unit.kinds)

    @property
    def reach(self) -> int:
        """How far back from an instant any followed clause looks, seconds."""
        return max(
            [count.over for count in self.units.counts]
            + [duty.allowance for duty in self.units.duties],
            default=0,
        )

    def forget_episodes(self, floor: int, now: int) -> None:
        """Let go episodes from which nothing can follow any more."""
        if self.record_reach is None:
            return
        for count in self.units.counts:
            for state in count.keys.values():
                state.episodes = [
                    e
                    for e in state.episodes
                    if e.closed is None or e.closed + self.record_reach >= floor
                ]
        self.settle_procedures(now)

    def sector_name(self, code: int) -> str | None:
        """The name of a sector; None for none."""
        return None if code < 0 else self.ledger.words.names("sector")[code]

    def _watching(self, watch: Watch) -> dict[str, dict[int, Watching]]:
        """For each article the sectors in which watching changes, and where."""
        found: dict[str, dict[int, Watching]] = {}
        for number, unit in self.units.articles.items():
            for code, old in unit.curves.items():
                new = watch.steps(self.sector_name(code), unit.kinds)
                between = _difference(old, new)
                if between is not None:
                    found.setdefault(number, {})[code] = Watching(new, *between)
        return found

    # --- what is judged anew ---------------------------------------------------------

    def _judge_rest(
        self, kinds: set[str], clock: Clock, *, shifted: bool
    ) -> list[Change]:
        literal = self.literal
        if not literal.articles:
            return []
        if shifted or kinds & literal.kinds:
            literal.stale = True
        if not literal.wakes(clock.was, clock.now):
            return []
        old = literal.said(clock.was)
        if literal.stale or literal.ahead:
            self._judge_literally(clock.now)
        self.moved = True
        return compared(old, literal.said(clock.now), BY_FACT if kinds else 0)

    def _judge_literally(self, now: int) -> None:
        rows = view.with_mates(self.ledger, self._rows_of(self.literal.kinds))
        setting = self._setting(sorted(rows))
        self.literal.judge(setting, self._serials(setting), self.words, now)

    def _serials(self, setting: Setting) -> Ints:
        ids = setting.history.fact_id.to_pylist()
        held = self.ledger
        return np.array([held.living(name) for name in ids], dtype=np.int64)

    def _proceed(self, kinds: set[str], clock: Clock) -> list[Change]:
        """Attribution, decisions, effects and the duties of bodies, where they move."""
        if kinds & (self.recorded | self.starting):
            self.record, self.moved = None, True
        self.moved |= self._stirred()
        if not (self.procedural and self.with_procedures):
            return []
        due = self.wake_at < clock.now or (self.restless and clock.now > clock.was)
        if not (self.moved or due):
            return []
        self._calm()
        setting, serials = self._on_record(clock.now)
        after = self.stands(clock.now)
        self.wake_at = next_waking(after, clock.now, self.silences, setting.history.t)
        rows = [rows_of(after.rows)] if after.rows else []
        new = told_rows(rows, self.words, serials)
        changes = compared(self.followed, new, BY_PROCEDURE)
        self.followed = new
        return changes

    def _stirred(self) -> bool:
        units = self.units
        return (
            any(unit.moved for unit in units.articles.values())
            or any(count.moved for count in units.counts)
            or any(duty.moved for duty in units.duties)
        )

    def _calm(self) -> None:
        self.moved = False
        for unit in self.units.articles.values():
            unit.moved = False
        for count in self.units.counts:
            count.moved = False
        for duty in self.units.duties:
            duty.moved = False

    def _on_record(self, now: int) -> tuple[Setting, Ints]:
        """What procedures look at; made anew only when an act on record moves."""
        if self.record is None:
            setting = paused(self._setting(self._rows_of(self.recorded)))
            self.record = setting, self._serials(setting)
        setting, serials = self.record
        question = msgspec.structs.replace(setting.question, until=now)
        return msgspec.structs.replace(setting, question=question), serials

    def stands(self, now: int) -> Proceeded:
        """How episodes, decisions, duties of bodies and effects stand."""
        if self.whole:
            if self.literal.after is None:
                self._judge_literally(now)
            assert self.literal.after is not None
            return self.literal.after
        judged = Judged(
            episodes=list(self.episodes(now)), breaches=list(self.breaches(now))
        )
        return proceed(self._on_record(now)[0], judged)

    def episodes(self, now: int) -> Iterator[Opened]:
        """Every episode that opened before ``now``, in the order of the text."""
        literal = list(self.literal.episodes(now))
        for finding in self.plan.findings:
            yield from (o for o in literal if o.finding.rule is finding.rule)
            for count in self.units.counts:
                if count.finding.rule is finding.rule:
                    yield from self._opened(count)

    def _opened(self, count: Counting) -> Iterator[Opened]:
        names = self.ledger.words.names
        for key, state in sorted(
            count.keys.items(), key=lambda one: self._rank(one[0])
        ):
            for episode in state.episodes:
                yield Opened(
                    finding=count.finding,
                    party=None if key[0] < 0 else names("party")[key[0]],
                    sector=self.sector_name(key[1]),
                    alleged=episode.alleged,
                    closed=episode.closed,
                    p=episode.p,
                    ever=episode.ever,
                    certain=episode.certain,
                    method="exact",
                    number=episode.number,
                    window_start=episode.alleged - count.over,
                    ranges=(),
                    facts=episode.names,
                )

    def _rank(self, key: tuple[int, int]) -> tuple[int, str]:
        party = self.ledger.words.names("party")[key[0]]
        return self.plan.agreement.party_names.index(party), self.sector_name(
            key[1]
        ) or ""

    def breaches(self, now: int) -> Iterator[Stated]:
        """Every single breach that some rule waits for."""
        for number, unit in self.units.articles.items():
            for (party, sector, t), serial in sorted(unit.breaches.items()):
                yield self._stated(number, (party, sector, NONE), t, serial)
        for duty in self.units.duties:
            number = duty.obligation.article.number
            for call, (due, serial) in sorted(duty.breaches.items()):
                yield self._stated(number, call[:3], due, serial)
        yield from self.literal.breaches(now)

    def _stated(
        self, number: str, about: tuple[int, int, int], t: int, serial: int
    ) -> Stated:
        names = self.ledger.words.names
        party, sector, subject = about
        return Stated(
            article=number,
            party=None if party < 0 else names("party")[party],
            sector=self.sector_name(sector),
            subject=None if subject < 0 else names("subject")[subject],
            t=t,
            index=serial,
        )

    # --- everything ------------------------------------------------------------------

    def everything(self, now: int) -> dict[RowKey, Told]:
        """All rows that stand at ``now``."""
        found: dict[RowKey, Told] = {}
        for unit in self.units.articles.values():
            for part in unit.everything(now):
                found |= told_of(part)
        for count in self.units.counts:
            found |= count.everything()
        for duty in self.units.duties:
            found |= duty.everything(now)
        return found | self.literal.said(now) | self.followed

    def _past(self, was: int) -> _Past:
        """How everything stood, before all clauses are set up anew."""
        return _Past(
            rows=self.everything(was),
            counts={
                count.number: (count.span, count.article.ranged, count.keys)
                for count in self.units.counts
            },
            let_go=[
                (number, key, series.dropped)
                for number, unit in self.units.articles.items()
                for key, series in unit.series.items()
                if series.dropped
            ],
        )

    def _anew(self, watch: Watch | None, clock: Clock, past: _Past) -> list[Part]:
        """Set every unit up from the ledger, and say what that changes."""
        self.watch = self.watch if watch is None else watch
        self.load(clock.now)
        if self.since > -EVER:
            self._remember(past)
        changes = [
            change
            for change in compared(past.rows, self.everything(clock.now), BY_FORCE)
            if change.told.key.t >= self.since
        ]
        return [part_of(changes)]

    def _remember(self, past: _Past) -> None:
        """What was let go cannot be judged anew; clauses that did not move keep it."""
        for number, key, dropped in past.let_go:
            if number in self.units.articles:
                self.units.articles[number].had(key, dropped)
        self.keep_from(self.since)
        moved = set()
        for count in self.units.counts:
            held = past.counts.get(count.number)
            if held is None or held[:2] != (count.span, count.article.ranged):
                moved.add(count.finding.article.clause)
                count.keep_told({} if held is None else held[2], self.since)
                continue
            count.keys = held[2]
            for key in count.keys:
                count.rejoin(key)
        self.issues += [_unsettled(clause) for clause in sorted(moved)]

    def keep_from(self, since: int) -> None:
        """What lies before an instant was let go."""
        self.since = since
        for unit in self.units.articles.values():
            unit.forget(since)

    def settle_procedures(self, now: int) -> None:
        """Bring procedures to where the clock stands; nothing of it is news."""
        self.moved, self.record = True, None
        self._proceed(set(), Clock(now, now))

    def load(self, now: int) -> None:
        """Set every unit up from what the ledger holds."""
        clock = Clock(-EVER, now)
        while True:
            self._set_up()
            news = News(self.units, self.ledger.everything(), clock, fresh=True)
            dependent = news.read()
            if not dependent:
                break
            self.dependent |= dependent
        self.moved, self.followed, self.record = True, {}, None
        self._follow(news, None, clock, set(), shifted=False)


def _difference(
    old: tuple[Ints, Reals], new: tuple[Ints, Reals]
) -> tuple[int, int] | None:
    """Between which instants two curves differ; None: nowhere."""
    if np.array_equal(old[0], new[0]) and np.array_equal(old[1], new[1]):
        return None
    at = np.union1d(old[0], new[0])
    values = [
        share[np.searchsorted(edge, at, side="right") - 1] for edge, share in (old, new)
    ]
    differs = np.flatnonzero(values[0] != values[1])
    last = int(differs[-1]) + 1
    return int(at[differs[0]]), int(at[last]) if last < len(at) else EVER


def _unsettled(clause: str) -> Issue:
    return Issue(
        code="too_late",
        where=Where(file="facts"),
        message=f"{clause}: when it binds, or what it counts, changed after facts were"
        " let go; episodes that began before are told as they stood",
        repair="evaluate all facts by the batch engine",
        warning=True,
    )
