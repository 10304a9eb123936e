"""Who promised what, where, under which condition, and what is missing.

:func:`check` a board, :func:`gates_of` its contributions, let each :func:`stand`, and
ask for the :func:`status`, or for all of it: :func:`overview`. See
``docs/explanation/coordination.md``. Nothing here is tactical: there are no positions,
no opponents and no targets, only regions by name.
"""

from tocsin.coordination.check import check
from tocsin.coordination.clocks import Clock, clocks
from tocsin.coordination.gates import Gate, Span, gates_of, midnight
from tocsin.coordination.leads import LeadCell, lead_matrix
from tocsin.coordination.overview import HeldFund, Overview, overview
from tocsin.coordination.standing import Standing, newest, stand
from tocsin.coordination.status import Amount, Row, Status, status
from tocsin.coordination.timeline import Due, Entry, Freeze, freezes, timeline

__all__ = [
    "Amount",
    "Clock",
    "Due",
    "Entry",
    "Freeze",
    "Gate",
    "HeldFund",
    "LeadCell",
    "Overview",
    "Row",
    "Span",
    "Standing",
    "Status",
    "check",
    "clocks",
    "freezes",
    "gates_of",
    "lead_matrix",
    "midnight",
    "newest",
    "overview",
    "stand",
    "status",
    "timeline",
]
