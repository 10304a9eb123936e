"""Progress on a terminal: by stage of a run, and by bytes of a download."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tocsin.settings import read_settings

if TYPE_CHECKING:
    from tocsin.pipeline import Progress

__all__ = ["byte_bars", "stage_bars"]


@contextmanager
def stage_bars() -> Iterator[Progress | None]:
    """What shows how far each stage is; None where nobody would see it."""
    if not read_settings().progress or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield show


@contextmanager
def byte_bars() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """What shows how much of each file is here; None where nobody would see it."""
    if not read_settings().progress or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(name: str, so_far: int, of: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=of)
            bars.update(tasks[name], completed=so_far, total=of)

        yield show
