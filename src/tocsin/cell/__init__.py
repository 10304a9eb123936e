"""Where the coordination board meets the agreement: gates, deadlines, acts on record.

The stages are strangers to each other. This room reads a board beside an agreement,
asks the agreement and the acts on record when each clause was open, and hands both to
:mod:`tocsin.coordination`. What nothing on record settles stays shut. Each module is
one job of a cell's officer.
"""

from tocsin.cell.board import BOARD_FILE, Opened, merge, open_board
from tocsin.cell.closing import Closing, Rule, closures_of
from tocsin.cell.deadlines import deadlines
from tocsin.cell.gates import Supposed, clause_gates
from tocsin.cell.hours import PromisedDay, PromisedHours, hours, hours_lines
from tocsin.cell.money import book_money, held_lines, money_lines, with_tables
from tocsin.cell.overview import overview
from tocsin.cell.past import Replay, corridors, replay, replay_lines
from tocsin.cell.ways import Barriers, Way, Ways, find_route, way_lines
from tocsin.cell.words import differences, status_lines

__all__ = [
    "BOARD_FILE",
    "Barriers",
    "Closing",
    "Opened",
    "PromisedDay",
    "PromisedHours",
    "Replay",
    "Rule",
    "Supposed",
    "Way",
    "Ways",
    "book_money",
    "clause_gates",
    "closures_of",
    "corridors",
    "deadlines",
    "differences",
    "find_route",
    "held_lines",
    "hours",
    "hours_lines",
    "merge",
    "money_lines",
    "open_board",
    "overview",
    "replay",
    "replay_lines",
    "status_lines",
    "way_lines",
    "with_tables",
]
