"""The numbered parts of the daily report, one module each; values in, a section out.

The order is that of the daily report of a monitoring mission: what was recorded, what
it means under which clause, what is due, what could not be seen, what was corrected.
"""

from tocsin.report.sections.annexes import annexes
from tocsin.report.sections.civilians import civilians
from tocsin.report.sections.clauses import clauses
from tocsin.report.sections.corrections import corrections
from tocsin.report.sections.coverage import coverage, coverage_sentence
from tocsin.report.sections.parties import parties
from tocsin.report.sections.promises import promises
from tocsin.report.sections.recorded import recorded
from tocsin.report.sections.restrictions import restrictions
from tocsin.report.sections.sources import sources
from tocsin.report.sections.summary import summary

__all__ = [
    "annexes",
    "civilians",
    "clauses",
    "corrections",
    "coverage",
    "coverage_sentence",
    "parties",
    "promises",
    "recorded",
    "restrictions",
    "sources",
    "summary",
]
