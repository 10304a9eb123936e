"""Raw rows become observations or issues, and coverage says who could have seen.

Start with :mod:`tocsin.evidence.connector` (what every way in keeps to) and
:mod:`tocsin.evidence.intake` (what becomes of a row).
"""

from tocsin.evidence.actors import strangers
from tocsin.evidence.connector import Connector, RawRows, Reading, unusable
from tocsin.evidence.coverage import Watched, cover, watched
from tocsin.evidence.entry import (
    Entry,
    Form,
    clock,
    delay,
    entry_rows,
    fill_in,
    forms,
    item_of,
    position,
)
from tocsin.evidence.gazetteer import Gazetteer, place_by_name
from tocsin.evidence.intake import take_in
from tocsin.evidence.issues import Fault, Faults, Issues
from tocsin.evidence.mapping import (
    SCHEMAS,
    Check,
    Column,
    Mapping,
    near,
    read_mapping,
)
from tocsin.evidence.repeats import distinct
from tocsin.evidence.sentence import Item, Understood, understand
from tocsin.evidence.tongues import LANGUAGES
from tocsin.evidence.warnings import (
    MatchedWarnings,
    match_warnings,
    one_root,
    one_warning,
)
from tocsin.evidence.winds import Sector
from tocsin.evidence.withdrawals import standing

__all__ = [
    "LANGUAGES",
    "SCHEMAS",
    "Check",
    "Column",
    "Connector",
    "Entry",
    "Fault",
    "Faults",
    "Form",
    "Gazetteer",
    "Issues",
    "Item",
    "Mapping",
    "MatchedWarnings",
    "RawRows",
    "Reading",
    "Sector",
    "Understood",
    "Watched",
    "clock",
    "cover",
    "delay",
    "distinct",
    "entry_rows",
    "fill_in",
    "forms",
    "item_of",
    "match_warnings",
    "near",
    "one_root",
    "one_warning",
    "place_by_name",
    "position",
    "read_mapping",
    "standing",
    "strangers",
    "take_in",
    "understand",
    "unusable",
    "watched",
]
