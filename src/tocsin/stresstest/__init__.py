"""The stress test: where a guarantee would fail, asked of the text before signature.

:func:`stress` tests one text and writes ``stress.json``, the histories and the patches;
:func:`examine` does the same in memory. :func:`validate` says which published tables
this room reproduces; :func:`durability_of` shows how long peace lasted elsewhere. Every
answer is conditional on its inputs, and says so; nothing here predicts an attack or
advises on the use of force. See ``docs/explanation/stress-test.md``.
"""

from tocsin.stresstest.comparing import compare, rank_agreement
from tocsin.stresstest.inputs import Inputs, read_inputs
from tocsin.stresstest.lint import lint
from tocsin.stresstest.result import StressTest
from tocsin.stresstest.run import examine, stress
from tocsin.stresstest.slices import slices_of
from tocsin.stresstest.structure import structure_of
from tocsin.stresstest.survival import durability_of
from tocsin.stresstest.validation import validate

__all__ = [
    "Inputs",
    "StressTest",
    "compare",
    "durability_of",
    "examine",
    "lint",
    "rank_agreement",
    "read_inputs",
    "slices_of",
    "stress",
    "structure_of",
    "validate",
]
