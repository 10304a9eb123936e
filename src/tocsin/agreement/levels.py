"""Standards of evidence as numbers: one reading for the engines and for the report.

>>> from tocsin.model.records import Where
>>> here = Where(file="agreement.md")
>>> text = Agreement(where=here, name="Lantern")
>>> level_of(text, Standard(where=here, level="clear"))
('clear', 0.75)
>>> level_of(text, Standard(where=here, probability=0.9)), level_of(text, None)
((None, 0.9), ('probable', 0.55))
"""

from __future__ import annotations

from tocsin.agreement.terms import Agreement, Standard
from tocsin.model.standards import load_standards

__all__ = ["level_of"]


def level_of(agreement: Agreement, said: Standard | None) -> tuple[str | None, float]:
    """Name and number of a standard; the default where none is named.

    An agreement's own number goes before that of ``standards.toml``, and a name that
    neither knows (the checks refuse it) counts as the default.
    """
    if said is not None and said.probability is not None:
        return None, said.probability
    standards = load_standards()
    name = said.level if said is not None and said.level else standards.default
    own = {level.name: level.probability for level in agreement.standards}
    usual = standards.level[standards.default]
    return name, own.get(name, standards.level.get(name, usual))
