"""The command `tocsin` itself: what stands before any command, and how it starts."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from tocsin.cli.endings import exit_codes
from tocsin.settings import limit_threads, read_settings

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From observations of a ceasefire to what its guarantors now owe.",
)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    with exit_codes():
        limit_threads(read_settings())
        app(prog_name="tocsin", standalone_mode=True)
    sys.exit(0)


@app.callback()
def _top(
    version: Annotated[  # answered by the callback
        bool,
        typer.Option("--version", is_eager=True, callback=lambda v: _version(asked=v)),
    ] = False,
) -> None:
    """From observations of a ceasefire to what its guarantors now owe."""


def _version(*, asked: bool) -> None:
    if asked:
        from tocsin import __version__

        typer.echo(f"tocsin {__version__}")
        raise typer.Exit
