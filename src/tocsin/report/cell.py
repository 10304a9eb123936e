"""The coordination page: promised, committed, delivered, led, missing, waiting.

In comes an :class:`~tocsin.coordination.Overview`, and a plan where one was made; out
comes a :class:`CellPage`, as HTML that needs nothing else or as JSON. What it refuses:
a place finer than a region, a sum over capabilities, a number that nobody stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tocsin.coordination import Amount, Overview, Row, Standing
from tocsin.coordination.caveats import label
from tocsin.coordination.leads import LeadCell
from tocsin.coordination.money import Booked, Gap, sums
from tocsin.coordination.prices import Price
from tocsin.coordination.problem import Problem
from tocsin.coordination.standing import plural
from tocsin.coordination.turns import Plan
from tocsin.model import Areas, Instant, Issue, Marking, Origin, encode
from tocsin.model.contributions import STAGES, Certainty, Source, Stage
from tocsin.model.records import Record
from tocsin.report.cell_figures import gap_chart, region_map, timeline_figure
from tocsin.report.daily import WATERMARKS
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Part,
    Section,
    Sentence,
    Table,
    Term,
    Tone,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.render import _drawing, _key, _read, _runs, _safe
from tocsin.report.wording import counted, day_text, listed, number, stamp

__all__ = ["CellPage", "Planned", "cell_page", "render_cell", "render_cell_json"]

ORDER: Final = (
    Marking.CLEAR,
    Marking.GREEN,
    Marking.AMBER,
    Marking.AMBER_STRICT,
    Marking.RED,
)
LEAD_TONES: Final[dict[str, Tone]] = {
    "led": "met",
    "contested": "breached",
    "overlap": "pending",
    "gap": "breached",
    "nobody": "",
}
MOST_PRICES: Final = 12


class Planned(Record, frozen=True, kw_only=True):
    """A plan with its question and the prices of its caveats, for the page."""

    problem: Problem
    plan: Plan
    prices: tuple[Price, ...] = ()
    conflict: tuple[str, ...] = ()
    least: Stage = Stage.COMMITTED


class Pill(Record, frozen=True, kw_only=True):
    """A number that stands large at the head of the page."""

    number: str
    words: str


class CellPage(Record, frozen=True, kw_only=True):
    """The page as values; HTML and JSON come from the same."""

    format: Literal["tocsin.cell/1"] = "tocsin.cell/1"
    origin: Origin
    watermark: str
    marking: Marking
    title: str
    at: Instant
    lead: str
    figures: tuple[Pill, ...]
    facts: tuple[Term, ...]
    sections: tuple[Section, ...]
    overview: Overview


def cell_page(
    view: Overview,
    *,
    areas: Areas,
    booked: Sequence[Booked] = (),
    gaps: Sequence[Gap] = (),
    planned: Planned | None = None,
    issues: Sequence[Issue] = (),
) -> CellPage:
    """The page of an overview.

    Args:
        view: the board at an instant.
        areas: the map beside the agreement; empty where there is none.
        booked: the money, as :func:`tocsin.coordination.money.book` gives it.
        gaps: of the money.
        planned: a plan to show; None: none was made.
        issues: warnings of the board and of the money.
    """
    made: list[tuple[str, str, str, Iterable[Block]]] = [
        ("summary", "Summary", "", _summary(view)),
        ("board-section", "The board", BOARD_ABOUT, _board(view, areas)),
        ("waiting", "What waits for what", WAITING_ABOUT, _waiting(view)),
        ("leads-section", "Who leads", LEADS_ABOUT, _leads(view)),
        ("days", "Due after the ceasefire", "", _days(view)),
        ("plan", "The plan", PLAN_ABOUT, _plan(planned)),
        ("offers", "Every contribution", "", _offers(view)),
        ("money", "Reconstruction", MONEY_ABOUT, _money(booked, gaps)),
        ("clocks", "Complaints and mandates", "", _clocks(view)),
        ("sources", "Sources", SOURCES_ABOUT, _sources(view, issues)),
    ]
    sections = [
        (anchor, title, about, tuple(blocks)) for anchor, title, about, blocks in made
    ]
    kept = [one for one in sections if one[3]]
    board = view.board
    return CellPage(
        origin=board.origin,
        watermark=WATERMARKS[board.origin],
        marking=max((c.marking for c in board.contributions), key=ORDER.index),
        title=board.title if not view.agreement else f"{board.title}. {view.agreement}",
        at=view.at,
        lead=_lead(view),
        figures=tuple(_figures(view)),
        facts=tuple(_facts(view)),
        sections=tuple(
            Section(
                number=str(at), anchor=anchor, title=title, about=about, blocks=blocks
            )
            for at, (anchor, title, about, blocks) in enumerate(kept, start=1)
        ),
        overview=view,
    )


def render_cell(page: CellPage) -> str:
    """One page of HTML that opens offline."""
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "stamp": stamp,
        "number": number,
        "day_of": lambda at: day_text(at.date()),
    }
    environment.globals["key"] = _key
    environment.globals["raw_svg"] = _drawing
    blocks = [block for section in page.sections for block in section.blocks]
    anchors = {getattr(block, "anchor", "") for block in blocks}
    anchors |= {
        row.anchor
        for b in blocks
        if isinstance(b, Table)
        for row in b.rows
        if row.anchor
    }
    style = _read("daily.css") + _read("cell.css")
    return environment.get_template("cell.html.jinja").render(
        page=page,
        runs=_runs,
        rows=lambda table: list(table.rows),
        reachable=anchors.__contains__,
        style=Markup(style),  # noqa: S704  # our own files
        paper=Markup(_paper(page)),  # noqa: S704  # letters and digits only
    )


def render_cell_json(page: CellPage) -> bytes:
    """The whole page and the overview behind it, for programs."""
    return encode(page)


def _paper(page: CellPage) -> str:
    boxes = {
        "top-left": f"Coordination cell, {day_text(page.at.date())}",
        "top-center": page.watermark,
        "top-right": f"TLP:{page.marking.value.upper().replace('_', '+')}",
    }
    said = " ".join(f'@{b} {{ content: "{_safe(t)}" }}' for b, t in boxes.items() if t)
    return f"@page {{ {said} }}"


# --- head

BOARD_ABOUT: Final = (
    "Units are never added across capabilities. What may serve in several regions is"
    " shared: it is shown beside each of them and counted in none."
)
WAITING_ABOUT: Final = (
    "Nothing counts as deployable while one of its gates is shut. A gate of which"
    " nothing is on record is shut."
)
LEADS_ABOUT: Final = "At most one lead for each task in each region."
PLAN_ABOUT: Final = (
    "Who could serve where over twelve months under the caveats, were every gate to"
    " open with the ceasefire. A plan is a calculation, not a commitment."
)
MONEY_ABOUT: Final = (
    "Amounts as written. Pledges, commitments, allocations and payments are never added"
    " to each other, nor is one currency to another."
)
SOURCES_ABOUT: Final = "Every step of every contribution with who says so, and when."


def plain(name: str) -> str:
    """A name of the rules as people write it."""
    return name.replace("_", " ")


def _lead(view: Overview) -> str:
    offers = [s for s in view.status.standings if s.stage in STAGES]
    ready = sum(s.deployable for s in offers)
    frozen = sum(s.frozen_since is not None for s in offers)
    waiting = sum(bool(s.waits_for) and s.frozen_since is None for s in offers)
    if view.ceasefire is None:
        begin = "No ceasefire is in force, as far as is on record."
    elif view.suspended:
        begin = "The ceasefire is suspended."
    else:
        begin = f"Month {view.status.month} of the ceasefire."
    of = counted(len(offers), "contribution")
    return (
        f"{begin} Of {of} {number(ready)} can be deployed now, {number(waiting)} wait"
        f" for a gate, and {number(frozen)} are frozen."
    )


def _figures(view: Overview) -> Iterator[Pill]:
    standings = view.status.standings
    for stage in STAGES:
        here = sum(s.stage is stage for s in standings)
        yield Pill(number=number(here), words=stage.value)
    yield Pill(number=number(sum(s.deployable for s in standings)), words="deployable")
    gaps = sum(1 for row in view.status.rows if row.gap)
    yield Pill(number=number(gaps), words="rows of the board with a gap")


def _facts(view: Overview) -> Iterator[Term]:
    begun = "not on record" if view.ceasefire is None else stamp(view.ceasefire)
    yield Term(word="Ceasefire began", meaning=begun)
    clause = view.board.ceasefire or "no clause is named"
    yield Term(word="Ceasefire clause", meaning=clause)
    yield Term(word="Host", meaning=plain(view.board.host) or "not named")
    yield Term(word="Board as of", meaning=stamp(view.at))
    yield Term(word="Origin", meaning=view.board.origin.value)


def _summary(view: Overview) -> Iterator[Block]:
    if view.board.note:
        yield Sentence(text=view.board.note)
    for freeze in view.freezes:
        end = "still" if freeze.until is None else f"until {stamp(freeze.until)}"
        yield Sentence(
            text=f"{plain(freeze.state)}: {freeze.contribution_id} is frozen since"
            f" {stamp(freeze.since)}, {end}; {freeze.gate} is shut.",
            tone="warning" if freeze.until is None else "",
        )
    yield from _gap_sentences(view.status.rows)
    contested = [c for c in view.status.leads if c.state == "contested"]
    for cell in contested:
        others = listed([plain(n) for n in cell.claims])
        yield Sentence(
            text=f"{cell.function} in {cell.area}: {plain(cell.lead)} leads, and"
            f" {others} claims the lead, too.",
            tone="warning",
        )
    unsure = [
        s
        for s in view.status.standings
        if s.certainty is not Certainty.STATED and s.stage
    ]
    if unsure:
        yield Sentence(
            text=f"Resting on reports, and labelled so:"
            f" {counted(len(unsure), 'contribution')}.",
            tone="unknown",
        )


def _gap_sentences(rows: Sequence[Row]) -> Iterator[Sentence]:
    missing = [row for row in rows if row.gap]
    missing.sort(key=lambda row: (-(row.gap_at_best or 0), -(row.gap or 0)))
    for row in missing[:6]:
        best = row.gap_at_best
        more = f"; {best} even if all that is shared came here" if best else ""
        yield Sentence(
            text=f"{row.function} in {row.area}: {row.gap} of {row.need}"
            f" {plural(row.unit)}"
            f" are not committed here{more}.",
            tone="breached" if best else "pending",
        )
    if len(missing) > 6:  # noqa: PLR2004  # the rest stands on the board
        yield Sentence(text=f"{len(missing) - 6} further gaps stand on the board.")


# --- the board


def _board(view: Overview, areas: Areas) -> Iterator[Block]:
    figure = region_map(areas, view.status.rows)
    if figure is not None:
        yield figure
    else:
        yield Sentence(
            text="There is no map: the regions are known by name only.", tone="unknown"
        )
    yield _glance(view)
    yield _rows(view)


def _glance(view: Overview) -> Table:
    """Regions down, functions across: what stands there in a word or two."""
    functions = [
        f
        for f in view.board.functions
        if any(r.function == f for r in view.status.rows)
    ]
    lines = []
    for area in view.board.regions:
        cells = [Cell(text=area)]
        for function in functions:
            here = [
                r for r in view.status.rows if (r.area, r.function) == (area, function)
            ]
            parts = tuple(_glance_part(row) for row in here)
            cells.append(Cell(parts=parts) if parts else Cell(text="–"))
        lines.append(Line(cells=tuple(cells)))
    return Table(
        anchor="board",
        caption="At a glance: here, of what is needed",
        columns=(Column(title="region"), *(Column(title=f) for f in functions)),
        rows=tuple(lines),
        note="Dark: a gap even with all that is shared. Dotted: covered only by what is"
        " shared, committed and not yet arrived, or waiting. Dashed: no number is"
        " stated. Plain: delivered.",
        wide=True,
    )


def _glance_part(row: Row) -> Part:
    if not row.needed and row.opens:
        return Part(text=f"from month {row.opens}", tone="pending")
    if row.need is None:
        some = any(
            a.here or a.shared or a.unstated for a in (row.promised, row.committed)
        )
        return Part(
            text="offered, no number" if some else "nobody", tone="undetermined"
        )
    if row.delivered.here >= row.need:
        return Part(text=f"{row.delivered.here}/{row.need} here", tone="met")
    if row.gap_at_best:
        return Part(text=f"{row.committed.here}/{row.need}, gap", tone="breached")
    if row.frozen:
        return Part(text=f"{row.committed.here}/{row.need}, frozen", tone="pending")
    if row.waits_for:
        return Part(text=f"{row.committed.here}/{row.need}, waits", tone="pending")
    words = "committed" if not row.gap else "shared"
    return Part(text=f"{row.committed.here}/{row.need}, {words}", tone="pending")


def _rows(view: Overview) -> Table:
    columns = (
        Column(title="region and task"),
        Column(title="capability"),
        Column(title="needed", numeric=True),
        Column(title="promised", numeric=True),
        Column(title="committed", numeric=True),
        Column(title="delivered", numeric=True),
        Column(title="deployable", numeric=True),
        Column(title="gap", numeric=True),
        Column(title="lead"),
        Column(title="waits for"),
    )
    return Table(
        anchor="rows",
        caption="Promised, committed, delivered, led, missing, waiting",
        columns=columns,
        rows=tuple(_line(row) for row in view.status.rows),
        note="here + shared; ? is an offer without a number. A gap in brackets is what"
        " remains if all that is shared came here.",
        wide=True,
    )


def _line(row: Row) -> Line:
    need = "not stated" if row.need is None else number(row.need)
    if not row.needed and row.opens:
        need = f"from month {row.opens}"
    if not row.needed and row.opens:
        gap = Cell(text="–")
    elif row.gap is None:
        gap = Cell(text="not known", tone="unknown")
    elif row.gap:
        gap = Cell(text=f"{row.gap} ({row.gap_at_best})", value=row.gap, tone="warning")
    else:
        gap = Cell(text="none", value=0)
    return Line(
        cells=(
            Cell(text=f"{row.area}, {row.function}"),
            Cell(text=row.capability),
            Cell(text=need, value=row.need),
            *(
                Cell(text=_amount(a), value=a.here)
                for a in (row.promised, row.committed, row.delivered, row.deployable)
            ),
            gap,
            Cell(text=_lead_words(row.lead)),
            Cell(text=plain(", ".join(row.waits_for)) or "–"),
        )
    )


def _amount(one: Amount) -> str:
    parts = [str(one.here)] if one.here or not one.unstated else []
    if one.shared:
        parts.append(f"+{one.shared}")
    if one.unstated:
        parts.append("?" if one.unstated == 1 else f"?×{one.unstated}")
    return " ".join(parts)


def _lead_words(cell: LeadCell) -> str:
    if cell.state == "contested":
        return f"{plain(cell.lead)}, contested by {plain(', '.join(cell.claims))}"
    if cell.lead:
        return plain(cell.lead)
    if cell.claims:
        return f"nobody; offered by {plain(', '.join(cell.claims))}"
    return "nobody"


# --- gates, leads, days


def _waiting(view: Overview) -> Iterator[Block]:
    waiting: dict[str, list[Standing]] = {}
    for one in view.status.standings:
        if one.stage in STAGES:
            for gate in one.waits_for:
                waiting.setdefault(gate, []).append(one)
    lines = []
    gates = {gate.words: gate for all_ in view.gates.values() for gate in all_}
    for words, held in sorted(waiting.items(), key=lambda kv: (-len(kv[1]), kv[0])):
        shut = gates[words]
        closed = shut.closed_since(view.at)
        lines.append(
            Line(
                cells=(
                    Cell(text=plain(words)),
                    Cell(text=plain(listed(shut.who)) if shut.who else "–"),
                    Cell(
                        text=f"shut since {stamp(closed)}" if closed else "not opened"
                    ),
                    Cell(
                        text=plain(
                            listed([s.contribution.contribution_id for s in held])
                        )
                    ),
                )
            )
        )
    yield Table(
        anchor="gates",
        caption="Gates that are shut, and what waits behind each",
        columns=tuple(
            Column(title=t) for t in ("gate", "in whose hands", "state", "waiting")
        ),
        rows=tuple(lines),
    )


def _leads(view: Overview) -> Iterator[Block]:
    by_cell = {(c.area, c.function): c for c in view.status.leads}
    lines = []
    for area in view.board.regions:
        cells = [Cell(text=area)]
        for function in view.board.functions:
            one = by_cell[area, function]
            cells.append(_lead_cell(one))
        lines.append(Line(cells=tuple(cells)))
    yield Table(
        anchor="leads",
        caption="Leads by region and task",
        columns=(
            Column(title="region"),
            *(Column(title=f) for f in view.board.functions),
        ),
        rows=tuple(lines),
        note="An arrow names who takes over. Gap: support and no lead. Overlap: several"
        " offer the lead and none has it.",
        wide=True,
    )


def _lead_cell(one: LeadCell) -> Cell:
    if one.state == "nobody":
        return Cell(text="–")
    words = plain(one.lead) or one.state
    if one.state == "contested":
        words = (
            f"{plain(one.lead) or 'nobody'}, contested by {plain(listed(one.claims))}"
        )
    elif one.state == "overlap":
        words = f"overlap: {plain(listed(one.claims))}"
    elif one.state == "gap":
        words = "gap"
    if one.next:
        words += f" → {plain(one.next)}"
    return Cell(parts=(Part(text=words, tone=LEAD_TONES[one.state]),))


def _days(view: Overview) -> Iterator[Block]:
    figure = timeline_figure(view)
    if figure is not None:
        yield figure
    lines = [
        Line(
            cells=(
                Cell(text="no day" if e.days is None else f"+{e.days:g}", value=e.days),
                Cell(text=e.words),
                Cell(text=e.clause or "–"),
                Cell(text="–" if e.at is None else stamp(e.at)),
                Cell(
                    text=plain(", ".join(e.waits_for)) or ("passed" if e.passed else "")
                ),
            )
        )
        for e in view.timeline
    ]
    if lines:
        yield Table(
            anchor="days-table",
            caption="Day by day",
            columns=(
                Column(title="day", numeric=True),
                Column(title="what"),
                Column(title="clause"),
                Column(title="instant"),
                Column(title="waits for"),
            ),
            rows=tuple(lines),
        )


# --- the plan


def _plan(planned: Planned | None) -> Iterator[Block]:
    if planned is None:
        return
    if planned.conflict:
        yield Sentence(text="There is no plan. These cannot hold together:")
        for words in planned.conflict:
            yield Sentence(text=words, tone="breached")
        return
    plan, asked = planned.plan, planned.problem
    asked_for = sum(d.weight * d.units * (d.last - d.first + 1) for d in asked.demands)
    best = "no plan has less" if plan.gap == 0 else f"at best {plan.bound:,.0f}"
    yield Sentence(
        text=f"Of {asked_for:,} weighted unit-months that are needed,"
        f" {plan.shortfall:,} stay uncovered; {best}."
    )
    hubs = [asked.hubs[h].hub_id for h in plan.hubs]
    if hubs:
        yield Sentence(text=f"Hubs to open: {listed(hubs)}.")
    shut = [w for w in asked.suppliers if w.waits_for]
    if shut:
        yield Sentence(
            text=f"It rests on {counted(len(shut), 'contribution')} whose gates are"
            " shut now.",
            tone="pending",
        )
    if asked.left_out:
        named = listed([f"{name} ({why})" for name, why in asked.left_out])
        yield Sentence(text=f"Not counted: {plain(named)}.", tone="unknown")
    yield from _price_table(planned)
    yield _turn_table(planned)


def _price_table(planned: Planned) -> Iterator[Table]:
    if not planned.prices:
        return
    lines = [
        Line(
            cells=(
                Cell(text=plain(p.caveat)),
                Cell(
                    text=_price(p), value=p.at_least, tone="" if p.stated else "unknown"
                ),
                Cell(
                    text=", ".join(
                        f"{name} (+{units})" if units else name
                        for name, units in p.covers[:5]
                    )
                    or "–"
                ),
            )
        )
        for p in planned.prices[:MOST_PRICES]
    ]
    yield Table(
        anchor="prices",
        caption="What each caveat costs: what would be covered if it alone were lifted",
        columns=(
            Column(title="caveat"),
            Column(title="weighted unit-months", numeric=True),
            Column(title="what it would cover"),
        ),
        rows=tuple(lines),
        note="Prices do not add up: two caveats may bar the same need. It is for each"
        " state to say what it will not do; a price judges no caveat.",
    )


def _price(one: Price) -> str:
    if not one.stated:
        return f"0 to {one.at_most:,.0f}: no number was offered"
    if one.at_least == one.at_most:
        return f"{one.at_least:,.0f}"
    return f"{one.at_least:,.0f} to {one.at_most:,.0f}"


def _turn_table(planned: Planned) -> Table:
    asked = planned.problem
    months = range(1, asked.months + 1)
    sums_: dict[tuple[int, int], int] = {}
    for turn in planned.plan.turns:
        key = (turn.supplier, turn.month)
        sums_[key] = sums_.get(key, 0) + turn.units
    lines = [
        Line(
            cells=(
                Cell(text=plain(who.label)),
                Cell(text=number(who.units), value=who.units),
                *(
                    Cell(
                        text=str(sums_.get((s, m), 0) or "·"),
                        value=sums_.get((s, m), 0),
                    )
                    for m in months
                ),
            )
        )
        for s, who in enumerate(asked.suppliers)
    ]
    return Table(
        anchor="turns",
        caption="Units on duty by month after the ceasefire",
        columns=(
            Column(title="contribution"),
            Column(title="units", numeric=True),
            *(Column(title=str(m), numeric=True) for m in months),
        ),
        rows=tuple(lines),
        wide=True,
    )


# --- contributions, money, clocks, sources


def _offers(view: Overview) -> Iterator[Block]:
    lines = []
    for one in view.status.standings:
        given = one.contribution
        dated = [
            f"{s.stage.value} {s.on:%d %b %Y}" if s.on else s.stage.value
            for s in given.steps
        ]
        caveats = [label(given, at) for at, _ in enumerate(given.caveats)]
        bare = [plain(c.removeprefix(f"{given.state}: ")) for c in caveats]
        lines.append(
            Line(
                cells=(
                    Cell(text=plain(given.state)),
                    Cell(text=one.sentence),
                    Cell(text="; ".join(dict.fromkeys(dated))),
                    Cell(text=listed(bare) if bare else "–"),
                    Cell(text=one.certainty.value, tone=_certainty(one.certainty)),
                ),
                anchor=f"c-{given.contribution_id}",
            )
        )
    yield Table(
        anchor="contributions",
        caption="Contributions",
        columns=tuple(
            Column(title=t)
            for t in ("state", "how it stands", "steps", "caveats", "certainty")
        ),
        rows=tuple(lines),
    )
    if view.status.idle:
        yield Sentence(
            text="Taken up by no row of the board, for nothing that they may do is"
            f" needed: {plain(listed(view.status.idle))}.",
            tone="unknown",
        )


def _certainty(one: Certainty) -> Tone:
    return "" if one is Certainty.STATED else "unknown"


def _money(booked: Sequence[Booked], gaps: Sequence[Gap]) -> Iterator[Block]:
    if not booked and not gaps:
        return
    figure = gap_chart(gaps)
    if figure is not None:
        yield figure
    unconverted = sum(gap.unconverted for gap in gaps)
    if unconverted:
        yield Sentence(
            text=f"{counted(unconverted, 'fund')} in other currencies are not in this"
            " chart: no rate of their day was given.",
            tone="unknown",
        )
    lines = [
        Line(
            cells=(
                Cell(text=plain(one.donor)),
                Cell(text=one.sector or "not stated"),
                Cell(text=one.stage.value),
                Cell(text=f"{one.amount:,.0f} {one.currency}", value=float(one.amount)),
            )
        )
        for one in sums(booked)
    ]
    yield Table(
        anchor="funds",
        caption="Pledged, committed, allocated, paid: by donor and sector, as written",
        columns=(
            Column(title="donor"),
            Column(title="sector"),
            Column(title="stage"),
            Column(title="amount", numeric=True),
        ),
        rows=tuple(lines),
    )


def _clocks(view: Overview) -> Iterator[Block]:
    tones: dict[str, Tone] = {
        "late": "warning",
        "expired": "warning",
        "renew": "warning",
    }
    lines = [
        Line(
            cells=(
                Cell(text=f"{clock.kind}: {plain(clock.who)}"),
                Cell(text=f"{clock.about}{f', {clock.area}' if clock.area else ''}"),
                Cell(text=clock.state, tone=tones.get(clock.state, "")),
                Cell(text="–" if clock.since is None else stamp(clock.since)),
                Cell(
                    text="no end is stated" if clock.due is None else stamp(clock.due)
                ),
                Cell(
                    text="–" if clock.days_left is None else f"{clock.days_left:.0f}",
                    value=clock.days_left,
                ),
            )
        )
        for clock in view.clocks
    ]
    if lines:
        yield Table(
            anchor="clocks-table",
            caption="Clocks, the most pressing first",
            columns=(
                Column(title="clock"),
                Column(title="about"),
                Column(title="state"),
                Column(title="since"),
                Column(title="until"),
                Column(title="days left", numeric=True),
            ),
            rows=tuple(lines),
        )


def _sources(view: Overview, issues: Sequence[Issue]) -> Iterator[Block]:
    cited: dict[Source, list[str]] = {}
    for one in view.board.contributions:
        for step in one.steps:
            cited.setdefault(step.source, []).append(one.contribution_id)
    for fund in view.board.funds:
        cited.setdefault(fund.source, []).append(fund.fund_id)
    lines = [
        Line(
            cells=(
                Cell(text=source.title),
                Cell(
                    text="not dated"
                    if source.published is None
                    else day_text(source.published)
                ),
                Cell(text=source.certainty.value, tone=_certainty(source.certainty)),
                Cell(text=source.note or "–"),
                Cell(text=source.url or "not public"),
                Cell(text=", ".join(dict.fromkeys(names))),
            )
        )
        for source, names in cited.items()
    ]
    yield Table(
        anchor="sources-table",
        caption="Who says so",
        columns=tuple(
            Column(title=t)
            for t in ("source", "said on", "certainty", "note", "address", "for")
        ),
        rows=tuple(lines),
    )
    for issue in issues:
        yield Sentence(text=f"{issue.where}: {issue.message}", tone="warning")
