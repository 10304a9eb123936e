"""The nouns of Tocsin: values only, no I/O but its own data files, no clock.

Start with :mod:`tocsin.model.records` (the records, in pipeline order) and
:mod:`tocsin.model.tables` (the tables that stages hand to each other).
"""

from tocsin.model.acts import ActRule, load_acts
from tocsin.model.codes import CODES
from tocsin.model.control import Control, ControlLayer
from tocsin.model.identity import (
    canonical,
    content_id,
    decode,
    encode,
    identified,
    row_id,
)
from tocsin.model.judgement import Judgement, Reason
from tocsin.model.places import OUTGOING_FLOOR_M, Area, Areas
from tocsin.model.records import (
    Finding,
    Guarantee,
    Instant,
    Issue,
    Notice,
    Outcome,
    Record,
    Step,
    Where,
    Witness,
)
from tocsin.model.sources import (
    CoverageOf,
    Download,
    Expected,
    SourceDescription,
)
from tocsin.model.tables import (
    COVERAGE,
    FACTS,
    MEMBERS,
    OBSERVATIONS,
    PLACES,
    REGISTER,
    VERDICTS,
    conform,
    empty,
    incidents_schema,
    parties_of,
)
from tocsin.model.times import (
    BOUNDS_FROM,
    from_seconds,
    instant,
    seconds,
    start_of_day,
    utc_text,
)
from tocsin.model.visible import visible
from tocsin.model.vocabulary import (
    VOCABULARY,
    GuaranteeState,
    Marking,
    Nature,
    ObservationKind,
    Origin,
    TriggerMode,
    Verdict,
    Vote,
)

__all__ = [
    "BOUNDS_FROM",
    "CODES",
    "COVERAGE",
    "FACTS",
    "MEMBERS",
    "OBSERVATIONS",
    "OUTGOING_FLOOR_M",
    "PLACES",
    "REGISTER",
    "VERDICTS",
    "VOCABULARY",
    "ActRule",
    "Area",
    "Areas",
    "Control",
    "ControlLayer",
    "CoverageOf",
    "Download",
    "Expected",
    "Finding",
    "Guarantee",
    "GuaranteeState",
    "Instant",
    "Issue",
    "Judgement",
    "Marking",
    "Nature",
    "Notice",
    "ObservationKind",
    "Origin",
    "Outcome",
    "Reason",
    "Record",
    "SourceDescription",
    "Step",
    "TriggerMode",
    "Verdict",
    "Vote",
    "Where",
    "Witness",
    "canonical",
    "conform",
    "content_id",
    "decode",
    "empty",
    "encode",
    "from_seconds",
    "identified",
    "incidents_schema",
    "instant",
    "load_acts",
    "parties_of",
    "row_id",
    "seconds",
    "start_of_day",
    "utc_text",
    "visible",
]
