"""Incidents, facts and verdicts as text, and a straight line between two parties."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from shapely import box

from tocsin.findings import attribute, explain, load_weights
from tocsin.model import (
    COVERAGE,
    FACTS,
    MEMBERS,
    OBSERVATIONS,
    VERDICTS,
    Control,
    ControlLayer,
    SourceDescription,
    incidents_schema,
)
from tocsin.model.tables import conform
from tocsin.model.times import instant

PARTIES = ("Northland", "Southland")


def _surely_happened(weights):
    """Weights with which every incident happened, for tests of who did it."""
    happened = msgspec.structs.replace(
        weights.happened,
        another=0.0, weapon=0.0, direction=0.0, unlisted=6.0, fire={}, other={},
        again={}, silent={}, credibility={},
    )  # fmt: skip
    near = msgspec.structs.replace(weights.near, most=1e-9)
    return msgspec.structs.replace(weights, happened=happened, near=near)


HAPPENED = _surely_happened(load_weights())


def _cell(field, text):
    if text == "-":
        return None
    if pa.types.is_floating(field.type):
        return float(text)
    if pa.types.is_integer(field.type):
        return int(text)
    if pa.types.is_boolean(field.type):
        return text == "yes"
    if pa.types.is_timestamp(field.type):
        return _instant(text)
    if pa.types.is_list(field.type):
        pairs = [part.split(":") for part in text.split(",")]
        return [{"start": int(a), "stop": int(b)} for a, b in pairs]
    return text.replace("_", " ") if field.name in ("clause", "sector") else text


def _instant(text):
    """``06:00:00`` on 3 March 2025, ``4T06:00:00`` on the 4th, or in full."""
    if text.startswith("20"):
        return instant(text)
    day, _, clock = text.rpartition("T")
    return instant(f"2025-03-{int(day or 3):02d}T{clock}Z")


def _rows(text):
    head, *lines = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(head, cells, strict=True)) for cells in lines]


def read(text, schema, **defaults):
    """A table of this schema from text; ``-`` is unknown."""
    rows = [
        {name: _cell(schema.field(name), value) for name, value in row.items()}
        for row in _rows(text)
    ]
    columns = {name for row in rows for name in row} | set(defaults)
    given = pa.schema([field for field in schema if field.name in columns])
    return conform(
        pa.Table.from_pylist([defaults | row for row in rows], given),
        schema,
        what="test",
    )


@pytest.fixture(scope="session")
def facts_of():
    return lambda text: read(text, FACTS, origin="exercise")


@pytest.fixture(scope="session")
def verdicts_of():
    return lambda text: read(text, VERDICTS, origin="exercise", revision=1)


@pytest.fixture(scope="session")
def coverage_of():
    return lambda text: read(text, COVERAGE)


class Case:
    """One table of observations with the incidents they make up.

    A column ``incident`` says which belong together; without it each stands alone. An
    incident lies where its first observation does.
    """

    def __init__(self, text, parties=PARTIES):
        rows = _rows(text)
        homes = [row.pop("incident", row["id"]) for row in rows]
        observations, members, incidents = [], [], {}
        for number, (row, home) in enumerate(zip(rows, homes, strict=True), start=1):
            at = row.pop("t", "06:00:00")
            named = {"observation_id": row.pop("id"), "t_start": at, "t_end": at, **row}
            defaults = {
                "origin": "exercise", "source_id": "team", "nature": "event",
                "kind": "explosion", "raw_sha256": "0", "raw_ref": f"day.csv#{number}",
                "platform": "patrol",
            }  # fmt: skip
            cells = {k: _cell(OBSERVATIONS.field(k), v) for k, v in named.items()}
            observations.append(defaults | cells)
            members.append(
                {
                    "observation_id": cells["observation_id"],
                    "incident_id": home,
                    "llr": None,
                }
            )
            incidents.setdefault(home, []).append(observations[-1])
        self.parties = parties
        self.observations = conform(
            pa.Table.from_pylist(observations, _given(OBSERVATIONS, observations)),
            OBSERVATIONS, what="test",
        )  # fmt: skip
        self.members = pa.Table.from_pylist(members, MEMBERS)
        self.incidents = pa.Table.from_pylist(
            [self._incident(home, rows) for home, rows in incidents.items()],
            incidents_schema(parties),
        )

    def _incident(self, home, rows):
        first = rows[0]
        kept = (
            "origin",
            "kind",
            "t_start",
            "t_end",
            "t_sigma_s",
            "lon",
            "lat",
            "sigma_m",
        )
        return {
            "incident_id": home,
            **{name: first.get(name) for name in kept},
            "n_observations": len(rows),
            "n_independent": len({row["source_id"] for row in rows}),
            **{f"p_{party}": 0.0 for party in self.parties},
            "p_undetermined": 1.0,
            "version": 1,
            "known_at": first.get("received_at"),
        }

    @property
    def tables(self):
        return self.incidents, self.members, self.observations

    def attributed(self, control=None, sources=(), **more):
        return attribute(
            *self.tables,
            parties=self.parties,
            control=control,
            sources=sources,
            **{"weights": HAPPENED} | more,
        )

    def explained(self, incident, control=None, sources=(), weights=HAPPENED):
        return explain(
            incident,
            *self.tables,
            parties=self.parties,
            control=control,
            sources=sources,
            weights=weights,
        )


def _given(schema, rows):
    columns = {name for row in rows for name in row}
    return pa.schema([field for field in schema if field.name in columns])


@pytest.fixture(scope="session")
def case():
    return Case


@pytest.fixture(scope="session")
def line():
    """Northland north of the equator, Southland south of it."""
    held = {"Northland": box(0, 0, 20, 5), "Southland": box(0, -5, 20, 0)}
    layer = ControlLayer(valid_from=None, held=held)
    return Control(publisher="Meridia survey", layers=(layer,), sigma_m=100.0)


@pytest.fixture(scope="session")
def source():
    def described(source_id, owner=None, **more):
        return SourceDescription(
            id=source_id, title=source_id, publisher=owner or source_id,
            owner=owner or source_id, way_of_knowing=source_id, licence="none",
            coverage={"area": "all"}, **more,
        )  # fmt: skip

    return described


@pytest.fixture(scope="session")
def p_of():
    """Probabilities of one incident: of each party, then undetermined."""

    def look(table, incident):
        ids = table["incident_id"].to_pylist()
        row = table.slice(ids.index(incident), 1).to_pylist()[0]
        names = [name for name in row if name.startswith("p_")]
        return tuple(round(row[name], 4) for name in names)

    return look


@pytest.fixture(scope="session")
def chance():
    return np.random.default_rng
