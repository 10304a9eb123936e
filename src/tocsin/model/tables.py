"""The tables that the stages hand to each other: exact columns, types and units.

A stage takes Arrow tables and gives Arrow tables. Each schema carries the meaning and
unit of every column in the field's metadata (``doc``), from which
``docs/reference/model.md`` is generated. Times are ``timestamp[us, UTC]``. Null means
*unknown*.

>>> OBSERVATIONS.field("sigma_m").metadata[b"doc"].decode()
'standard error of the place, metres, per axis'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from tocsin.errors import WrongUse

__all__ = [
    "COVERAGE",
    "FACTS",
    "MEMBERS",
    "OBSERVATIONS",
    "PLACES",
    "REGISTER",
    "TIME",
    "VERDICTS",
    "WITNESS_RANGE",
    "conform",
    "empty",
    "incidents_schema",
    "parties_of",
]

TIME: Final = pa.timestamp("us", tz="UTC")
_TEXT, _REAL, _WHOLE = pa.string(), pa.float64(), pa.int64()


def _column(
    name: str, of: pa.DataType, doc: str, *, required: bool = False
) -> pa.Field:
    return pa.field(name, of, nullable=not required, metadata={"doc": doc})


OBSERVATIONS: Final = pa.schema(
    [
        _column(
            "observation_id",
            _TEXT,
            "SHA-256 (hex) over origin, source id and the raw row's bytes",
            required=True,
        ),
        _column("origin", _TEXT, "observed, exercise or imagined", required=True),
        _column("source_id", _TEXT, "id of the source's description", required=True),
        _column(
            "nature", _TEXT, "event, period_count, warning or claim", required=True
        ),
        _column("platform", _TEXT, "what carried the eye or ear"),
        _column("means", _TEXT, "how somebody came to know"),
        _column("kind", _TEXT, "what was observed"),
        _column("assessment", _TEXT, "what an explosion was assessed to be"),
        _column("setting", _TEXT, "live-fire exercise, disengagement area, ..."),
        _column("restriction", _TEXT, "kind of restriction, where kind is one"),
        _column("weapon", _TEXT, "class of weapon"),
        _column("count", _WHOLE, "number counted; see count_qualifier"),
        _column("count_qualifier", _TEXT, "how the count is meant"),
        _column("t_start", TIME, "earliest time it may have begun, UTC", required=True),
        _column("t_end", TIME, "latest time it may have ended, UTC", required=True),
        _column("t_sigma_s", _REAL, "standard error of the times, seconds"),
        _column("received_at", TIME, "when the mission received it, UTC"),
        _column("lon", _REAL, "degrees east, WGS 84, -180 to 180"),
        _column("lat", _REAL, "degrees north, WGS 84, -90 to 90"),
        _column("sigma_m", _REAL, "standard error of the place, metres, per axis"),
        _column("observer_lon", _REAL, "observer's position, degrees east, WGS 84"),
        _column("observer_lat", _REAL, "observer's position, degrees north, WGS 84"),
        _column("bearing_deg", _REAL, "from observer, degrees clockwise from north"),
        _column("width_deg", _REAL, "full width of the bearing sector, degrees"),
        _column("range_min_m", _REAL, "near edge of the range band, metres"),
        _column("range_max_m", _REAL, "far edge of the range band, metres"),
        _column("place_name", _TEXT, "the place as the source names it"),
        _column("sector", _TEXT, "sector of the agreement, where the source states it"),
        _column("fire_bearing_deg", _REAL, "direction of fire, degrees from north"),
        _column("fire_kappa", _REAL, "von Mises concentration of that direction"),
        _column("claimed_party", _TEXT, "party that the source names as responsible"),
        _column("claimed_by", _TEXT, "who makes that claim; null: the source itself"),
        _column("derived_from", _TEXT, "root of a repost: an observation id or label"),
        _column("reliability", _TEXT, "A to F as given; null: not graded"),
        _column("credibility", _TEXT, "1 to 6 as given; null: not graded"),
        _column("marking", _TEXT, "TLP 2.0"),
        _column("rel_to", pa.list_(_TEXT), "states to which it may be released"),
        _column("detail", _TEXT, "what else the source says, as canonical JSON"),
        _column(
            "raw_sha256", _TEXT, "SHA-256 (hex) of the raw row's bytes", required=True
        ),
        _column(
            "raw_ref",
            _TEXT,
            "file#N: its line in a text, its row in a table, from 1",
            required=True,
        ),
    ]
)
"""One row: what one source says it observed, once. See ADR 0004 for the id."""

_INCIDENT_HEAD = (
    _column("incident_id", _TEXT, "minted once, never reused", required=True),
    _column("origin", _TEXT, "observed, exercise or imagined", required=True),
    _column("kind", _TEXT, "most likely kind; null: undetermined"),
    _column("t_start", TIME, "best estimate of its begin, UTC", required=True),
    _column("t_end", TIME, "best estimate of its end, UTC", required=True),
    _column("t_sigma_s", _REAL, "standard error of the times, seconds"),
    _column(
        "lon", _REAL, "degrees east, WGS 84; null: no place; of sectors, their middle"
    ),
    _column(
        "lat", _REAL, "degrees north, WGS 84; null: no place; of sectors, their middle"
    ),
    _column(
        "sigma_m",
        _REAL,
        "standard error of the place, metres, per axis; where nothing but sectors was"
        " seen, it reaches to the farthest corner of the smallest",
    ),
    _column("n_observations", _WHOLE, "observations that make it up", required=True),
    _column("n_independent", _WHOLE, "independent roots among them", required=True),
)
_INCIDENT_TAIL = (
    _column(
        "p_undetermined", _REAL, "1 minus the parties' probabilities", required=True
    ),
    _column("version", _WHOLE, "1, and one more at each change", required=True),
    _column("known_at", TIME, "latest arrival among its observations; null: unknown"),
)


def incidents_schema(parties: Sequence[str]) -> pa.Schema:
    """Columns of INCIDENTS for these parties: ``p_<party>`` sum with the rest to 1.

    Of an exchange of fire alone both parties are the actors: each has the probability
    that it happened, and ``p_undetermined`` is what is left of one of them.
    """
    attributed = [
        _column(f"p_{party}", _REAL, f"probability that {party} did it", required=True)
        for party in parties
    ]
    return pa.schema([*_INCIDENT_HEAD, *attributed, *_INCIDENT_TAIL])


def parties_of(incidents: pa.Table) -> tuple[str, ...]:
    """The parties that an INCIDENTS table distinguishes, in column order."""
    columns = [n for n in incidents.column_names if n.startswith("p_")]
    return tuple(n[2:] for n in columns if n != "p_undetermined")


MEMBERS: Final = pa.schema(
    [
        _column("observation_id", _TEXT, "the observation", required=True),
        _column("incident_id", _TEXT, "the incident it belongs to", required=True),
        _column("llr", _REAL, "log-likelihood ratio that ties it in; null: founder"),
    ]
)
"""Which observation belongs to which incident, and how strongly."""

FACTS: Final = pa.schema(
    [
        _column("fact_id", _TEXT, "unique", required=True),
        _column("origin", _TEXT, "observed, exercise or imagined"),
        _column("kind", _TEXT, "the act, by acts.toml or the agreement", required=True),
        _column("party", _TEXT, "who did it; null: undetermined"),
        _column("target_party", _TEXT, "to whom it was done"),
        _column("sector", _TEXT, "sector of the agreement"),
        _column("subject", _TEXT, "request, convoy, site, proposal or clause"),
        _column("weapon", _TEXT, "class of weapon"),
        _column("count", _WHOLE, "number counted"),
        _column("value", _REAL, "a measured value"),
        _column("vote", _TEXT, "yes, no or abstain, where the act is a ballot"),
        _column("t", TIME, "instant, UTC", required=True),
        _column("t_earliest", TIME, "it cannot have been before"),
        _column("t_latest", TIME, "it cannot have been after"),
        _column("t_end", TIME, "end of an act that lasts"),
        _column("received_at", TIME, "when it became known"),
        _column("p", _REAL, "probability that this party did this; absent: 1.0"),
        _column("root", _TEXT, "independent root; absent: the fact itself"),
        _column("choice", _TEXT, "rows that share it exclude each other"),
        _column("n_independent", _WHOLE, "independent sources behind it; absent: 1"),
        _column("lon", _REAL, "degrees east, WGS 84"),
        _column("lat", _REAL, "degrees north, WGS 84"),
        _column("sigma_m", _REAL, "standard error of the place, metres, per axis"),
        _column("withdraws", _TEXT, "fact_id that this row withdraws"),
    ]
)
"""What the engines read: acts of parties and bodies, in time."""

REGISTER: Final = pa.schema(
    [
        _column("act", _TEXT, "the act, e.g. meet, proposal, ballot", required=True),
        _column("origin", _TEXT, "observed, exercise or imagined", required=True),
        _column("source_id", _TEXT, "id of the source's description", required=True),
        _column("party", _TEXT, "the party, state or body that acts", required=True),
        _column("target_party", _TEXT, "to whom it is done"),
        _column("sector", _TEXT, "sector of the agreement"),
        _column("subject", _TEXT, "request, site, proposal or clause"),
        _column("vote", _TEXT, "yes, no or abstain"),
        _column("t", TIME, "instant, UTC", required=True),
        _column("received_at", TIME, "when the mission received it"),
        _column(
            "raw_sha256", _TEXT, "SHA-256 (hex) of the raw row's bytes", required=True
        ),
        _column(
            "raw_ref",
            _TEXT,
            "file#N: its line in a text, its row in a table, from 1",
            required=True,
        ),
    ]
)
"""Acts on record: meetings, proposals, ballots, consents, notifications."""

COVERAGE: Final = pa.schema(
    [
        _column("sector", _TEXT, "sector of the agreement; null: everywhere"),
        _column("kind", _TEXT, "act or kind that could be seen; null: any"),
        _column("t_start", TIME, "UTC", required=True),
        _column("t_end", TIME, "UTC", required=True),
        _column(
            "share", _REAL, "share of the sector watched, 0 to 1; null: not stated"
        ),
        _column("known_at", TIME, "when this became known"),
        _column("source_id", _TEXT, "who watched"),
        _column("origin", _TEXT, "observed, exercise or imagined"),
        _column("why", _TEXT, "why the share is what it is (jammed, denied, ...)"),
    ]
)
"""Who could have seen what, where and when."""

PLACES: Final = pa.schema(
    [
        _column("place_id", _TEXT, "the gazetteer's own id of the place"),
        _column("name", _TEXT, "the place as the gazetteer names it", required=True),
        _column("level", _TEXT, "settlement, hromada, raion, oblast, ..."),
        _column("parent", _TEXT, "place_id of the area that it lies in"),
        _column("variants", pa.list_(_TEXT), "other names and scripts"),
        _column("formerly", pa.list_(_TEXT), "names that it had before"),
        _column("lon", _REAL, "degrees east, WGS 84; null: that of its parent"),
        _column("lat", _REAL, "degrees north, WGS 84; null: that of its parent"),
        _column("sigma_m", _REAL, "how far its centre may be from a point in it, m"),
        _column("source_id", _TEXT, "id of the gazetteer's description"),
    ]
)
"""Named places of a gazetteer, from which a name gets a place."""

WITNESS_RANGE: Final = pa.struct([("start", _WHOLE), ("stop", _WHOLE)])

VERDICTS: Final = pa.schema(
    [
        _column("clause", _TEXT, "as the agreement numbers it", required=True),
        _column("party", _TEXT, "null: undetermined"),
        _column("sector", _TEXT, "null: the clause does not distinguish"),
        _column("subject", _TEXT, "null: the clause does not distinguish"),
        _column("t", TIME, "from when this verdict holds", required=True),
        _column("verdict", _TEXT, "met, breached, pending, ...", required=True),
        _column("due", TIME, "for pending: when it falls due"),
        _column("certain", pa.bool_(), "holds in every reading"),
        _column("possible", pa.bool_(), "holds in some reading"),
        _column("p_met", _REAL, "at this instant"),
        _column("p_breached", _REAL, "at this instant"),
        _column("p_pending", _REAL, "at this instant"),
        _column("p_excused", _REAL, "at this instant"),
        _column("probability_ever", _REAL, "over the episode"),
        _column("method", _TEXT, "exact, bounded or sampled"),
        _column("revision", _WHOLE, "1, and one more at each change", required=True),
        _column("known_at", TIME, "as known at this instant"),
        _column(
            "witness", pa.list_(WITNESS_RANGE), "half-open ranges into FACTS by time"
        ),
        _column("origin", _TEXT, "observed, exercise or imagined"),
    ]
)
"""One row per clause, party, sector, subject and change of verdict."""


def empty(schema: pa.Schema) -> pa.Table:
    """A table of this schema without rows."""
    return schema.empty_table()


def conform(table: pa.Table, schema: pa.Schema, *, what: str) -> pa.Table:
    """The table with exactly the schema's columns, missing ones filled with null.

    Args:
        table: any table; columns that the schema does not know are dropped.
        schema: one of the schemas of this module.
        what: the table's name in an error message.

    Raises:
        WrongUse: a required column is missing, holds nulls, or cannot be cast.
    """
    columns = []
    for field in schema:
        if field.name in table.column_names:
            columns.append(_cast(table[field.name], field, what))
        elif field.nullable:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
        else:
            raise WrongUse(f"{what}: required column `{field.name}` is missing")
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(column: pa.ChunkedArray, field: pa.Field, what: str) -> pa.ChunkedArray:
    if not field.nullable and column.null_count:
        raise WrongUse(f"{what}: column `{field.name}` has {column.null_count} nulls")
    try:
        return column.cast(field.type)
    except pa.ArrowInvalid as error:
        message = f"{what}: column `{field.name}` is not {field.type}: {error}"
        raise WrongUse(message) from error
