"""Reconstruction: money that was needed, pledged, committed and paid."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.arguments import AgreementArgument, AtOption, id_and_file, instant_of
from tocsin.cli.boards import (
    BoardOption,
    OutOption,
    RatesOption,
    board_at,
    board_only,
    booked_money,
)
from tocsin.cli.clock import utc_now
from tocsin.cli.endings import exit_codes, say_issues
from tocsin.cli.files import put
from tocsin.cli.root import app

__all__ = [
    "MoneyExport",
    "reconstruction_app",
    "reconstruction_export",
    "reconstruction_status",
]

reconstruction_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Reconstruction: needs, pledges, commitments, payments.",
)


app.add_typer(reconstruction_app, name="reconstruction")


class MoneyExport(StrEnum):
    """The formats of aid and of contracts."""

    IATI = "iati"
    OCDS = "ocds"


@reconstruction_app.command("status")
def reconstruction_status(
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Acts and findings of a `tocsin run`."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="A published table: `rdna`, `one`, `kiel` or `donor-tracker`.",
        ),
    ] = None,
    rates: RatesOption = None,
    into: Annotated[
        str, typer.Option("--into", metavar="CODE", help="Convert with dated rates.")
    ] = "",
) -> None:
    """Show needs, pledges, commitments, allocations and payments, each apart.

    Reads the board's money and published tables. Amounts stay as written; with
    `--into` and `--rates` they are converted where a rate of the very day is given.
    Says which fund waits for which security condition at an instant. Writes a table to
    the terminal.

    Example: `tocsin reconstruction status agreements/exercise-lantern`
    """
    from tocsin import cell

    with exit_codes():
        opened, view = board_at(agreement, at, board, run, None)
        tables = [id_and_file(text) for text in table or ()]
        held = cell.with_tables(opened.board, tables)
        booked, gaps, issues = booked_money(held, rates, into)
        for line in (*cell.money_lines(booked, gaps), *cell.held_lines(view)):
            typer.echo(line)
        say_issues(issues)


@reconstruction_app.command("export")
def reconstruction_export(  # one for each option
    agreement: AgreementArgument,
    *,
    form: Annotated[
        MoneyExport, typer.Option("--format", help="IATI 2.03 or OCDS 1.1.")
    ] = MoneyExport.IATI,
    at: AtOption = None,
    board: BoardOption = None,
    country: Annotated[
        str, typer.Option(metavar="CODE", help="ISO 3166 code of who receives.")
    ] = "",
    uri: Annotated[
        str, typer.Option(help="Where an OCDS package will be published.")
    ] = "https://example.org/ocds/package.json",
    prefix: Annotated[
        str,
        typer.Option(help="The publisher's own OCID prefix; else that of examples."),
    ] = "ocds-213czf",
    out: OutOption = Path("-"),
) -> None:
    """Write the board's money as IATI 2.03 or OCDS 1.1.

    What a format cannot hold, such as a fund without a day, is left out and told. OCDS
    asks each publisher for an OCID prefix of its own, which it registers there.

    Example: `tocsin reconstruction export agreements/exercise-lantern --format iati`
    """
    from tocsin.report import cell as pages

    with exit_codes():
        held = board_only(agreement, board)
        instant = utc_now() if at is None else instant_of(at)
        if form is MoneyExport.IATI:
            made = pages.iati(held, at=instant, country=country)
        else:
            made = pages.ocds(held, at=instant, uri=uri, prefix=prefix)
        for one in made.left_out:
            typer.echo(f"left out: {one.fund_id}, for {one.why}", err=True)
        put(out, made.data)
