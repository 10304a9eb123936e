"""`tocsin incidents diff`: what became of each incident, and why."""

import json

import pytest
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.fusing.changes import State, diff
from tocsin.incidents import fuse

HEAD = "id source_id t t_sigma_s lon lat sigma_m"


@pytest.fixture
def state(observed, scene):
    epoch = fuse(scene(200, days=1, seed=2)[0], sources=(), parties=()).records.epoch

    def make(*lines):
        table = observed("\n".join([HEAD, *lines]))
        fused = fuse(table, sources=(), parties=(), epoch=epoch).records
        ids = frozenset(table["observation_id"].to_pylist())
        return State(
            name="s", incidents=fused.incidents, members=fused.members, observations=ids
        )

    return make


A = "a one 06:00:00 40 10.000 0 300"
B = "b two 06:00:00 40 10.016 0 300"
C = "c three 06:00:00 40 10.008 0 300"
FAR = "far one 09:00:00 40 12.0 0 300"


def test_what_is_the_same_is_not_told(state):
    assert diff(state(A, B), state(B, A)) == ()


def test_new_report_is_named_as_the_reason(state):
    (one,) = diff(state(A), state(A, "a2 two 06:00:20 40 10.001 0 300"))
    assert one.change == "changed"
    assert one.joined == ("a2",)
    assert "not known before: a2" in one.why


def test_created_and_retracted(state):
    first, second = state(A), state(FAR)
    assert {d.change for d in diff(first, second)} == {"created", "retracted"}
    gone = next(d for d in diff(first, second) if d.change == "retracted")
    assert gone.why == ("withdrawn or not taken in: a",)


def test_late_report_merges_and_its_withdrawal_splits(state):
    apart, together = state(A, B), state(A, B, C)
    changes = {d.change: d for d in diff(apart, together)}
    assert changes.keys() == {"changed", "merged"}
    assert changes["merged"].other == changes["changed"].after
    back = {d.change: d for d in diff(together, apart)}
    assert back.keys() == {"changed", "split"}
    assert back["split"].other == back["changed"].before
    assert "c" in back["changed"].left


def test_two_knowledge_times_of_a_run(tmp_path):
    run = CliRunner().invoke
    made = ["demo", "--days", "1", "--per-day", "300", "--out", str(tmp_path / "demo")]
    assert run(app, made).exit_code == 0
    asked = ["2025-03-03T12:00:00Z", "2025-03-04", "--in", str(tmp_path / "demo")]
    done = run(app, ["incidents", "diff", *asked, "--json"])
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"created", "changed"} <= {one["change"] for one in found}
    same = run(app, ["incidents", "diff", asked[1], *asked[1:]])
    assert "0 incidents changed" in same.stdout
    assert run(app, ["incidents", "diff", "nowhere", "here"]).exit_code == 2
