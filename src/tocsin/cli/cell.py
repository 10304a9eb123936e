"""The coordination cell: who promised what, what is missing, which way is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.arguments import (
    AgreementArgument,
    AtOption,
    day_of,
    instant_of,
)
from tocsin.cli.boards import (
    BoardOption,
    OutOption,
    RatesOption,
    board_at,
    booked_money,
)
from tocsin.cli.clock import utc_now
from tocsin.cli.endings import exit_codes, say_issues
from tocsin.cli.files import put
from tocsin.cli.root import app
from tocsin.errors import WrongUse

__all__ = [
    "ActsOption",
    "CellExport",
    "CellFormat",
    "LeastOption",
    "PlanOption",
    "RunOption",
    "Told",
    "cell_app",
    "cell_corridors",
    "cell_export",
    "cell_hours",
    "cell_import",
    "cell_plan",
    "cell_status",
    "cell_what_if",
    "route",
]

cell_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The coordination cell: who promised what, where, and what is missing.",
)


app.add_typer(cell_app, name="cell")


class CellFormat(StrEnum):
    """How the state of the board is written."""

    TABLE = "table"
    HTML = "html"
    JSON = "json"


class CellExport(StrEnum):
    """The field's formats."""

    THREE_W = "3w"
    GEOJSON = "geojson"
    JSON = "json"


RunOption = Annotated[
    Path | None,
    typer.Option("--run", metavar="DIR", help="Acts and findings of a `tocsin run`."),
]


ActsOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="ID=FILE", help="Evidence instead of a run."),
]


PlanOption = Annotated[
    float | None,
    typer.Option("--plan", metavar="SECONDS", min=1, help="Make a plan, too."),
]


LeastOption = Annotated[
    str,
    typer.Option("--count", metavar="STAGE", help="Plan from this stage on."),
]


@cell_app.command("status")
def cell_status(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    form: Annotated[
        CellFormat, typer.Option("--format", help="Table, HTML page or JSON.")
    ] = CellFormat.TABLE,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    plan: PlanOption = None,
    least: LeastOption = "committed",
    rates: RatesOption = None,
    into: Annotated[
        str, typer.Option("--into", metavar="CODE", help="Currency of the gap chart.")
    ] = "",
    out: OutOption = Path("-"),
) -> None:
    """Show what was promised, committed and delivered, who leads, and what waits.

    Reads the board beside the agreement, the agreement and the acts on record. Writes
    a table to the terminal, or one HTML page or JSON file.

    Example: `tocsin cell status agreements/exercise-lantern --at 2025-03-16`
    """
    with exit_codes():
        opened, view = board_at(agreement, at, board, run, source)
        if form is CellFormat.TABLE:
            for line in _board_lines(view):
                typer.echo(line)
            return
        from tocsin.report import cell as pages

        planned = None if plan is None else _planned(opened, view, least, plan)
        booked, gaps, issues = booked_money(opened.board, rates, into)
        page = pages.cell_page(
            view,
            areas=opened.areas,
            booked=booked,
            gaps=gaps,
            planned=planned,
            issues=(*opened.issues, *issues),
        )
        html = form is CellFormat.HTML
        data = (
            pages.render_cell(page).encode() if html else pages.render_cell_json(page)
        )
        put(out, data)


@cell_app.command("import")
def cell_import(
    agreement: AgreementArgument,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="Contributions as CSV.")
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The new board, JSON.")
    ],
    board: BoardOption = None,
) -> None:
    """Add the contributions of a table to a board, and check the whole.

    A contribution that the board has already needs a higher `version` and what it
    `supersedes`; the older version is kept. Reads the board and TABLE. Writes the board
    as JSON, which `--board` takes; nothing is written where anything is wrong.

    Example: `tocsin cell import agreements/exercise-lantern new.csv --out board.json`
    """
    from tocsin import cell
    from tocsin.model import encode

    with exit_codes():
        merged, issues = cell.merge(agreement, table, board_file=board)
        say_issues(issues)
        put(out, encode(merged))


@cell_app.command("plan")
def cell_plan(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="The most time for the search.")
    ] = 30.0,
    least: LeastOption = "committed",
    only_open: Annotated[
        bool, typer.Option(help="Count only what can be deployed now.")
    ] = False,
    out: OutOption = Path("-"),
) -> None:
    """Assign what is promised to what is needed, under every caveat, over 12 months.

    Says what stays uncovered, the bound below which no plan can come, and the price of
    each caveat. Where not everything that must be met can be, it names the smallest set
    of conditions in conflict and ends with 1. Writes JSON.

    Example: `tocsin cell plan agreements/exercise-lantern --at 2025-03-16`
    """
    from tocsin.model import encode

    with exit_codes():
        opened, view = board_at(agreement, at, board, run, source)
        planned = _planned(opened, view, least, seconds, only_open=only_open)
        if planned.conflict:
            _say_conflict(agreement, planned.conflict)
            raise SystemExit(1)
        put(out, encode(planned))


@cell_app.command("what-if")
def cell_what_if(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    ceasefire: Annotated[
        str | None, typer.Option(metavar="D", help="The ceasefire begins then.")
    ] = None,
    suspended: Annotated[
        str | None, typer.Option(metavar="D", help="It is suspended from then on.")
    ] = None,
    resumed: Annotated[
        str | None, typer.Option(metavar="D", help="It holds again from then on.")
    ] = None,
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="GATE=D", help="A gate is open since then."),
    ] = None,
    without: Annotated[
        str | None, typer.Option(metavar="ID", help="Plan without this contribution.")
    ] = None,
    lift: Annotated[
        list[str] | None,
        typer.Option(metavar="CAVEAT", help="Plan without this caveat: its price."),
    ] = None,
    least: LeastOption = "committed",
    seconds: Annotated[float, typer.Option(min=1, help="For each plan.")] = 10.0,
) -> None:
    """Show what a change would open, freeze or leave uncovered. Writes nothing.

    Example: `tocsin cell what-if agreements/exercise-lantern --suspended 2025-03-10
    --at 2025-03-16`
    """
    from tocsin import cell

    with exit_codes():
        supposed = cell.Supposed(
            ceasefire=day_of(ceasefire),
            suspended=day_of(suspended),
            resumed=day_of(resumed),
            opened=dict(_gate(text) for text in opened or ()),
        )
        held, view = board_at(agreement, at, board, run, source)
        after = cell.overview(held, at=view.at, supposed=supposed)
        for line in cell.differences(view, after):
            typer.echo(line)
        if without is not None:
            typer.echo(_without(held, view, without, seconds))
        for caveat in lift or ():
            typer.echo(_lifted(held, view, caveat, least, seconds))


@cell_app.command("export")
def cell_export(
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    form: Annotated[
        CellExport, typer.Option("--format", help="3W with HXL, GeoJSON or JSON.")
    ] = CellExport.THREE_W,
    out: OutOption = Path("-"),
) -> None:
    """Write the board as 3W table with HXL tags, GeoJSON by region, or JSON.

    What is not marked CLEAR or GREEN stays out of 3W, unless it is an exercise.
    Nothing is finer than a region.

    Example: `tocsin cell export agreements/paris-2026 --format 3w --at 2026-02-10`
    """
    from tocsin.model import encode
    from tocsin.report import cell as pages

    with exit_codes():
        opened, view = board_at(agreement, at, board, run, source)
        if form is CellExport.THREE_W:
            put(out, pages.three_w(view))
        elif form is CellExport.GEOJSON:
            put(out, pages.geojson(view, areas=opened.areas))
        else:
            put(out, encode(opened.board))


class Told(StrEnum):
    """How an answer is written: lines for people or JSON for programs."""

    TABLE = "table"
    JSON = "json"


@cell_app.command("hours")
def cell_hours(  # one for each option
    agreement: AgreementArgument,
    *,
    closures: Annotated[
        Path, typer.Option(metavar="FILE", help="Closures: CSV; `by` says who shut.")
    ],
    watched: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV: place,since,until,source.")
    ],
    since: Annotated[str, typer.Option("--from", metavar="D", help="First day.")],
    until: Annotated[str, typer.Option("--to", metavar="D", help="Last day.")],
    board: BoardOption = None,
    form: Annotated[Told, typer.Option("--format", help="Lines or JSON.")] = Told.TABLE,
    out: OutOption = Path("-"),
) -> None:
    """Hold the promised hours of crossings against the clauses that promise them.

    Reads the hours on the board, what shut a crossing and who watched. The monitor says
    of each promised day: kept, broken or undetermined. Kept only if all of it was
    watched; broken only where the party that promised was seen to shut.

    Example: `tocsin cell hours agreements/exercise-crossings
    --closures agreements/exercise-crossings/closures.csv
    --watched agreements/exercise-crossings/watched.csv
    --from 2025-03-03 --to 2025-03-09`
    """
    from tocsin import cell
    from tocsin.model import encode, instant

    with exit_codes():
        start, end = instant_of(since), instant(until, end_of_day=True)
        if end <= start:
            raise WrongUse(f"--to {until} is not after --from {since}")
        found = cell.hours(
            cell.open_board(agreement, board_file=board, at=end),
            closures_file=closures,
            watched_file=watched,
            start=start,
            until=end,
        )
        _tell(found, cell.hours_lines(found), form, out, encode)


@cell_app.command("corridors")
def cell_corridors(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The source's file.")],
    *,
    source: Annotated[
        str, typer.Option(metavar="ID", help="The source's id, see `tocsin sources`.")
    ] = "corridors-2022",
    until: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Up to the end of this day.")
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="Show these with both sides' words; may be repeated."),
    ] = None,
    form: Annotated[Told, typer.Option("--format", help="Lines or JSON.")] = Told.TABLE,
    out: OutOption = Path("-"),
) -> None:
    """Replay corridors of the past: what became of each, and what each side said.

    Successful, disrupted, disputed and unknown stay apart; no rate of success is given.
    Without `--outcome` the disputed and the disrupted are shown with the statements.

    Example: `tocsin cell corridors humanitarian_corridors_2022.csv.gz --to 2022-03-31`
    """
    from tocsin import cell
    from tocsin.model import encode

    with exit_codes():
        last = None if until is None else instant_of(until).date()
        found = cell.replay(file, source_id=source, last=last)
        chosen = outcome or ["disputed", "disrupted"]
        _tell(found, cell.replay_lines(found, outcomes=chosen), form, out, encode)


def _tell(found: Any, lines: Iterator[str], form: Told, out: Path, encode: Any) -> None:
    as_json = form is Told.JSON
    put(out, encode(found) if as_json else "".join(f"{x}\n" for x in lines).encode())


@app.command()
def route(  # noqa: PLR0913  # one for each option
    start: Annotated[
        str, typer.Argument(metavar="FROM", help="`LON,LAT`, or a name of the roads.")
    ],
    end: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            help="The same; or a kind, such as hospital: the one reached first.",
        ),
    ],
    *,
    roads: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Roads and places: GeoJSON."),
    ],
    kind: Annotated[
        str, typer.Option(help="Kind of traffic: medical, school, or your own.")
    ] = "medical",
    at: AtOption = None,
    closures: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Closures: CSV.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Incidents, restrictions, mines of a `tocsin run`."
        ),
    ] = None,
    keep_away: Annotated[
        float, typer.Option(metavar="M", help="Metres around an incident of the run.")
    ] = 2_000.0,
    quiet: Annotated[
        float, typer.Option(metavar="H", help="Hours after an incident of the run.")
    ] = 12.0,
    board: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A board with promised opening hours."),
    ] = None,
    others: Annotated[
        int, typer.Option(min=0, max=9, help="Further ways beside the quickest.")
    ] = 2,
    form: Annotated[Told, typer.Option("--format", help="Lines or JSON.")] = Told.JSON,
) -> None:
    """Find the quickest open way, and others beside it. Writes JSON to the terminal.

    Reads the roads, what closes them (a table, the incidents of a run) and, from a
    board, promised hours. Ends with 1 where no way is open. Why roads are closed is
    told as numbers, without a place. For use within the mission.

    Example: `tocsin route "Corvaline North school" hospital
    --roads agreements/exercise-crossings/roads.geojson --at 2025-03-10T12:00Z`
    """
    from tocsin import cell
    from tocsin.model import encode

    with exit_codes():
        found = cell.find_route(
            start,
            end,
            roads_file=roads,
            kind=kind,
            at=utc_now() if at is None else instant_of(at),
            barriers=cell.Barriers(
                closures=closures,
                run=run,
                rule=cell.Rule(keep_away_m=keep_away, quiet_h=quiet),
                board=board,
            ),
            others=others,
        )
        _tell(found, cell.way_lines(found), form, Path("-"), encode)
        if not found.ways:
            raise SystemExit(1)


def _board_lines(view: Any) -> Iterator[str]:
    from tocsin.cell import status_lines

    yield from status_lines(view)


def _planned(
    opened: Any, view: Any, least: str, seconds: float, *, only_open: bool = False
) -> Any:
    from tocsin.coordination.conflict import conflict
    from tocsin.coordination.plan import solve
    from tocsin.coordination.prices import prices, unpriced
    from tocsin.coordination.problem import pose
    from tocsin.report.cell import Planned

    stage = _stage(least)
    standings = view.status.standings
    asked = pose(opened.board, standings, least=stage, only_open=only_open)
    made = solve(asked, seconds=seconds)
    if not made.feasible:
        found = conflict(asked)
        words = found.conditions if found else ("the search found no plan in time",)
        return Planned(problem=asked, plan=made, conflict=words, least=stage)
    cost = (
        *prices(asked, made, seconds=max(2.0, seconds / 3)),
        *unpriced(opened.board, standings, asked, made, seconds=max(2.0, seconds / 3)),
    )
    return Planned(problem=asked, plan=made, prices=cost, least=stage)


def _stage(least: str) -> Any:
    from tocsin.model.contributions import STAGES, Stage

    if least not in STAGES:
        raise WrongUse(f"--count {least}: give one of {', '.join(STAGES)}")
    return Stage(least)


def _say_conflict(path: Path, words: Sequence[str]) -> None:
    from tocsin.model import Issue, Where

    say_issues(
        [
            Issue(
                code="no_plan",
                where=Where(file=str(path)),
                message="these cannot hold together: " + "; ".join(words),
                repair="change one of them",
            )
        ]
    )


def _without(opened: Any, view: Any, name: str, seconds: float) -> str:
    from tocsin.coordination.plan import solve
    from tocsin.coordination.prices import change_without
    from tocsin.coordination.problem import pose

    asked = pose(opened.board, view.status.standings)
    if name not in {who.supplier_id for who in asked.suppliers}:
        known = ", ".join(who.supplier_id for who in asked.suppliers)
        raise WrongUse(f"--without {name}: the plan counts {known}")
    change = change_without(asked, solve(asked, seconds=seconds), name, seconds=seconds)
    return (
        f"without {name}: {change.before:,} weighted unit-months uncovered become"
        f" {change.after:,}; {change.bound_kept:.0%} of what the others do stays"
    )


def _lifted(opened: Any, view: Any, caveat: str, least: str, seconds: float) -> str:
    """The price of one caveat, in a sentence that judges nobody."""
    from tocsin.coordination.plan import solve
    from tocsin.coordination.prices import prices, unpriced
    from tocsin.coordination.problem import pose
    from tocsin.evidence import near
    from tocsin.report.cell import price_words

    asked = pose(opened.board, view.status.standings, least=_stage(least))
    made = solve(asked, seconds=seconds)
    found = {
        price.caveat: price
        for price in unpriced(
            opened.board, view.status.standings, asked, made, seconds=seconds
        )
    }
    if caveat in asked.caveats:
        (found[caveat],) = prices(asked, made, seconds=seconds, caveats=[caveat])
    if caveat not in found:
        known = [*asked.caveats, *found]
        guess = near(caveat, known)
        raise WrongUse(f"--lift {caveat}: the plan knows {'; '.join(known)} {guess}")
    return f"without `{caveat}`, unit-months more: {price_words(found[caveat])}"


def _gate(text: str) -> tuple[str, datetime]:
    words, equals, day = text.rpartition("=")
    if not (words and equals and day):
        raise WrongUse(f"--open {text}: write it as GATE=D")
    return words, instant_of(day)
