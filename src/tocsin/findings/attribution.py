"""Which party did it, how surely, and why: additive log-odds, each term printable.

In: INCIDENTS with their members and observations, a control layer or none. Out: the
incidents with ``p_<party>`` and ``p_undetermined``; the same without the layer; and
every term. Refused: to name a party that nothing speaks for.

- Only what speaks *for* a party gives it probability. What the named party did not do
  is undetermined, not the other party's: a rate of friendly fire accuses nobody.
- Below ``name_from`` nobody is named.
- The line alone never proves: it says who holds the ground, not who fired.
- A party's word about its opponent, alone, names nobody, however often it is said.
- What one weak source alone reports may not have happened: ``p_<party>`` is the
  probability that it happened *and* that party did it.
- In an exchange of fire both parties fire: each is then named with the probability that
  it happened, and their sum may exceed 1.

>>> from tocsin.findings.weights import load_weights
>>> log_odds = {"line": np.array([[1.5, -1.5], [0.05, -0.05]])}
>>> named(log_odds, load_weights()).round(3).tolist()
[[0.818, 0.0], [0.0, 0.0]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa
from scipy.special import expit, softmax

from tocsin.errors import WrongUse
from tocsin.findings.cases import BOTH, Cases, Reals, only, read_cases
from tocsin.findings.happened import WHETHER, silence
from tocsin.findings.reasons import reasons_of, whether_of
from tocsin.findings.terms import TERMS, Terms, weigh
from tocsin.findings.weights import Weights, load_weights
from tocsin.model import Issue, Judgement, Outcome, SourceDescription, Where
from tocsin.model.control import Control

__all__ = [
    "ATTRIBUTION",
    "HAPPENED",
    "Attributed",
    "attribute",
    "explain",
    "named",
]

ATTRIBUTION = pa.schema(
    [
        pa.field("incident_id", pa.string(), nullable=False),
        pa.field("party", pa.string()),
        pa.field("term", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
"""One row for each term that is not 0: natural log-odds against the other parties.

Where ``party`` is null, the term is about whether it happened at all.
"""

ON_CONTROL = ("line", "bearing", "range")
SPEAKS = ("line", "bearing", "range", "claims")
PROVES = ("bearing", "range", "claims")


HAPPENED = "it happened"
"""Under what :func:`explain` tells whether it happened; no party is called so."""


class Attributed(msgspec.Struct, frozen=True, kw_only=True):
    """What attribution gives.

    Attributes:
        incidents: INCIDENTS with the probabilities filled in.
        without_control: the same as if there were no control layer.
        terms: :data:`ATTRIBUTION`, every term of every incident.
        publisher: who published the control layer, or None: there was none.
    """

    incidents: pa.Table
    without_control: pa.Table
    terms: pa.Table
    publisher: str | None


def attribute(
    incidents: pa.Table,
    members: pa.Table,
    observations: pa.Table,
    *,
    parties: Sequence[str],
    control: Control | None,
    sources: Sequence[SourceDescription],
    weights: Weights | None = None,
) -> Outcome[Attributed]:
    """The incidents, attributed.

    Args:
        incidents: INCIDENTS of these parties.
        members: MEMBERS.
        observations: OBSERVATIONS that hold every member.
        parties: the parties of the agreement.
        control: who holds which ground, or None.
        sources: descriptions of the sources: who has an interest.
        weights: see ``attribution.toml``; None: those that come with Tocsin.
    """
    weights = weights or load_weights()
    cases = read_cases(incidents, members, observations, sources, parties, weights)
    terms = weigh(cases, parties, control, weights)
    bare = {k: v for k, v in terms.values.items() if k not in ON_CONTROL}
    who, who_bare = named(terms.values, weights), named(bare, weights)
    attributed = Attributed(
        incidents=_filled(
            incidents, parties, _likely(who, terms.whether, cases, weights), cases
        ),
        without_control=_filled(
            incidents,
            parties,
            _likely(who_bare, terms.whether_bare, cases, weights),
            cases,
        ),
        terms=_table(cases, parties, terms),
        publisher=control.publisher if control and control.layers else None,
    )
    return Outcome(records=attributed, issues=_issues(control, parties))


def named(terms: Mapping[str, Reals], weights: Weights) -> Reals:
    """Probability of each party if it happened, (n, parties); the rest: nobody."""
    q = _posterior(sum(terms.values(), start=np.zeros(())))
    speaks, proves = _any(terms, SPEAKS, q), _any(terms, PROVES, q)
    p = np.where(proves, np.minimum(q, weights.most), np.minimum(q, weights.line.most))
    top = q.max(axis=1, keepdims=True)
    top_speaks = ((q == top) & speaks).any(axis=1, keepdims=True)
    enough = top_speaks & (p.max(axis=1, keepdims=True) >= weights.name_from)
    return np.where(speaks & enough, p, 0.0)


def _likely(
    p: Reals, whether: Mapping[str, Reals], cases: Cases, weights: Weights
) -> Reals:
    """P(it happened and this party did it): who, times whether."""
    happened = expit(sum(whether.values(), start=np.zeros(())))
    who = np.where(_both(cases, p)[:, None], weights.most, p)
    return np.asarray(who * happened[:, None])


def _posterior(log_odds: Reals) -> Reals:
    """Probabilities from log-odds; one party alone stands against somebody unknown."""
    n = log_odds.shape[1]
    if n == 1:
        return np.asarray(expit(log_odds))
    return np.asarray(softmax(log_odds * (n - 1) / n, axis=1))


def _any(terms: Mapping[str, Reals], which: Sequence[str], like: Reals) -> np.ndarray:
    """Where one of these terms speaks for the party."""
    found = np.zeros(like.shape, dtype=bool)
    for term in which:
        if term in terms:
            found |= terms[term] > 0
    return found


def explain(
    incident_id: str,
    incidents: pa.Table,
    members: pa.Table,
    observations: pa.Table,
    *,
    parties: Sequence[str],
    control: Control | None,
    sources: Sequence[SourceDescription],
    weights: Weights | None = None,
) -> dict[str, Judgement]:
    """Why one incident is attributed as it is: for each party its terms in words.

    The value of each judgement is the party's log-odds against the others; its reasons
    add up to it. Under :data:`HAPPENED` stand the log-odds that it happened at all.

    Raises:
        WrongUse: there is no such incident.
    """
    weights = weights or load_weights()
    ids = incidents["incident_id"].to_pylist()
    if incident_id not in ids:
        raise WrongUse(f"there is no incident `{incident_id}`")
    every = read_cases(incidents, members, observations, sources, parties, weights)
    k = ids.index(incident_id)
    cases = only(every, k)
    terms = weigh(cases, parties, control, weights)
    # Who is silent shows only beside the other incidents.
    terms.whether["silent eyes"] = silence(every, weights)[k : k + 1]
    who = reasons_of(cases, terms, parties, control, weights)
    return {HAPPENED: whether_of(cases, terms, weights), **who}


def _both(cases: Cases, p: Reals) -> np.ndarray:
    """Exchanges of fire; among more than two parties nobody knows which two."""
    return np.asarray((cases.role == BOTH) & (p.shape[1] == 2))  # noqa: PLR2004


def _filled(
    incidents: pa.Table, parties: Sequence[str], p: Reals, cases: Cases
) -> pa.Table:
    columns = {f"p_{party}": p[:, k] for k, party in enumerate(parties)}
    said = np.where(_both(cases, p), p.max(axis=1), p.sum(axis=1))
    columns["p_undetermined"] = 1 - said
    for name, values in columns.items():
        at = incidents.schema.get_field_index(name)
        incidents = incidents.set_column(
            at, incidents.schema.field(at), pa.array(values)
        )
    return incidents


def _table(cases: Cases, parties: Sequence[str], terms: Terms) -> pa.Table:
    """Every term that is not 0, by incident; first whether, then who."""
    whether = np.stack([terms.whether[term] for term in WHETHER], axis=1)
    values = np.stack([terms.values[term] for term in TERMS], axis=2)
    one, what = np.nonzero(whether)
    case, party, term = np.nonzero(values)
    names = np.array([*parties, None], dtype=object)
    nobody = np.full(len(one), len(parties))
    return pa.table(
        [
            cases.ids.gather(np.append(one, case)).to_arrow().cast(pa.string()),
            pa.array(names[np.append(nobody, party)], pa.string()),
            pa.array(
                np.append(
                    np.array(WHETHER, dtype=object)[what],
                    np.array(TERMS, dtype=object)[term],
                ),
                pa.string(),
            ),
            pa.array(np.append(whether[one, what], values[case, party, term])),
        ],
        schema=ATTRIBUTION,
    )


def _issues(control: Control | None, parties: Sequence[str]) -> tuple[Issue, ...]:
    if control is None or not control.layers:
        return (
            Issue(
                code="no_control_layer",
                where=Where(file="control"),
                message="no control layer: which side a place is on is unknown",
                repair="give one with its publisher, or leave it to other evidence",
                warning=True,
            ),
        )
    strange = sorted(set(control.parties) - set(parties))
    return tuple(
        Issue(
            code="control_invalid",
            where=Where(file="control"),
            message=f"`{name}` holds ground but is no party of the agreement",
            repair=f"name the ground after one of {', '.join(parties)}",
            warning=True,
        )
        for name in strange
    )
