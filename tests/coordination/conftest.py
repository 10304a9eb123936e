"""A small board of fictional states, which each test bends to its case."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from tocsin.model import Origin
from tocsin.model.contributions import (
    Board,
    Caveat,
    CaveatKind,
    Contribution,
    Need,
    Source,
    Stage,
    Step,
)

PAPER = Source(title="paper 1")


def day(number: int, month: int = 3) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


def step(stage: str, number: int | None = None, quantity=None, **more) -> Step:
    on = None if number is None else date(2025, 3, number)
    return Step(stage=Stage(stage), on=on, quantity=quantity, source=PAPER, **more)


def offer(name: str, **more) -> Contribution:
    given = {
        "contribution_id": name,
        "origin": Origin.EXERCISE,
        "state": name.split("-", maxsplit=1)[0].capitalize(),
        "capability": "patrol team",
        "quantity": 4,
        "unit": "team",
        "functions": ("patrols",),
        "steps": (step("committed", 1),),
    }
    return Contribution(**given | more)


def need(area: str, quantity: int | None = 2, **more) -> Need:
    given = {
        "need_id": f"{area}-patrols",
        "area": area,
        "function": "patrols",
        "capability": "patrol team",
        "quantity": quantity,
        "unit": "team",
    }
    return Need(**given | more)


def caveat(kind: CaveatKind, *areas: str, body: str = "") -> Caveat:
    return Caveat(kind=kind, areas=areas, body=body)


@pytest.fixture
def board() -> Board:
    return Board(
        title="Test",
        origin=Origin.EXERCISE,
        regions=("East", "West"),
        neighbouring=("Coast",),
        functions=("monitoring", "patrols", "schools"),
        monitoring=("monitoring",),
        ceasefire="Article 1(1)",
        needs=(need("East"), need("West")),
        contributions=(offer("aurelia-teams"),),
    )


def with_(board: Board, **more) -> Board:
    return msgspec.structs.replace(board, **more)
