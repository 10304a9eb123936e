"""Delivered is a product; refusals move together; 1e5 draws in a second."""

import time
from itertools import product

import msgspec
import numpy as np
import pytest

from tocsin.errors import InputRefused, WrongUse
from tocsin.stresstest.inputs import DEFAULTS, Hours, Inputs, Range, read_inputs
from tocsin.stresstest.strategy import DRAWN, credibility, draw, judged
from tocsin.stresstest.tree import Gate, Leaf
from tocsin.stresstest.votes import Ballots, Threshold
from tocsin.stresstest.worlds import CORRELATED, WILLING, chances


def rng(seed=1):
    return np.random.Generator(np.random.PCG64(seed))


def vote(n, at_least):
    names = tuple(f"G{i}" for i in range(n))
    heads = Threshold(weights=tuple((name, 1) for name in names), at_least=at_least)
    ballots = Ballots(actors=names, vote=heads)
    return Leaf(
        key="v",
        words="Coalition: adopt",
        kind="adopted",
        actors=names,
        vote=ballots,
        choice="v",
        promised_s=72 * 3_600,
    )


def fixed(**values):
    held = {
        name: Range(low=value, high=value, source="test")
        for name, value in values.items()
    }
    return Inputs(ranges={**DEFAULTS, **held})


@pytest.mark.parametrize("n", [1, 3, 5])
def test_independent_unanimity_decays_as_a_power(n):
    table = chances(vote(n, n), Inputs(), rng())
    for i, p in enumerate(WILLING):
        assert table.p[i, 0, -1] == pytest.approx(p**n, abs=0.04)


def test_refusals_that_move_together_help_unanimity_and_hurt_one_of_many():
    all_of, one_of = (chances(vote(5, k), Inputs(), rng()) for k in (5, 1))
    half = list(WILLING).index(0.5)
    assert all_of.p[half, -1, -1] == pytest.approx(0.5, abs=0.04)
    assert one_of.p[half, -1, -1] == pytest.approx(0.5, abs=0.04)
    assert all_of.p[half, 0, -1] < 0.1
    assert one_of.p[half, 0, -1] > 0.9
    assert list(CORRELATED)[-1] == 1.0


def test_more_time_never_makes_activation_less_likely():
    table = chances(vote(3, 2), Inputs(), rng())
    assert (np.diff(table.p, axis=2) >= 0).all()


def test_steps_in_order_add_up_and_the_text_bounds_them():
    tree = Gate(kind="in_order", parts=(vote(1, 1),))
    table = chances(tree, fixed(willingness=1.0), rng())
    assert table.hours.max() <= 72
    told = msgspec.structs.replace(
        fixed(willingness=1.0),
        steps={"Coalition: adopt": Hours(low=5, usual=5, high=5, source="test")},
    )
    assert set(chances(tree, told, rng()).hours) == {5.0}


def test_delivered_is_the_product_of_its_three_factors():
    inputs = fixed(
        willingness=1.0,
        correlation=0.0,
        attribution=0.5,
        capability=0.4,
        pace=1.0,
        fait_accompli_h=8_000.0,
    )
    found, _ = credibility(vote(1, 1), inputs, draws=1_000, seed=1, rng=rng())
    assert found.delivered.median == pytest.approx(0.2, abs=1e-6)
    assert found.activation.median == pytest.approx(1.0)


@pytest.mark.parametrize("nothing", ["attribution", "capability", "willingness"])
def test_no_factor_can_stand_in_for_another(nothing):
    inputs = fixed(**{nothing: 0.0})
    found, _ = credibility(vote(1, 1), inputs, draws=1_000, seed=1, rng=rng())
    assert found.delivered.p95 == pytest.approx(0.0, abs=1e-6)
    assert found.equilibria["certain_deterrence"] == 0.0


def test_every_result_says_on_what_it_is_conditional():
    found, _ = credibility(vote(3, 2), Inputs(), draws=1_000, seed=1, rng=rng())
    assert "Conditional on these inputs" in found.sentence
    assert "several equilibria" in found.multiple
    assert sum(found.equilibria.values()) == pytest.approx(1)


def test_same_seed_same_result():
    one, two = (
        credibility(vote(3, 2), Inputs(), draws=1_000, seed=3, rng=rng(3))[0]
        for _ in range(2)
    )
    assert one == two


def test_sobol_indices_name_the_factors_of_a_product():
    found, _ = credibility(vote(1, 1), Inputs(), draws=20_000, seed=1, rng=rng())
    total = {name: index[1] for name, index in found.sobol.items()}
    matter = ["willingness", "attribution", "capability"]
    assert min(total[name] for name in matter) > 0.1
    assert total["challenger_gain"] == pytest.approx(0.0, abs=1e-9)


def test_too_few_draws_are_refused():
    with pytest.raises(WrongUse, match="too few"):
        draw(Inputs(), 3, 1)


def test_grid_is_read_linearly_between_its_points():
    table = chances(vote(1, 1), Inputs(), rng())
    for i, j in product(range(3), range(2)):
        exact = table.at(
            np.array([WILLING[i]]), np.array([CORRELATED[j]]), np.array([100.0])
        )
        assert 0 <= float(exact[0]) <= 1
    middle = table.at(np.array([0.5]), np.array([0.0]), np.array([1e6]))
    assert float(middle[0]) == pytest.approx(0.5, abs=0.04)


def test_a_hundred_thousand_draws_with_indices_take_a_second():
    credibility(vote(35, 24), Inputs(), draws=1_000, seed=1, rng=rng())  # imports
    inputs = Inputs()
    table = chances(vote(35, 24), inputs, rng())
    start = time.process_time()
    found = judged(table, inputs, draw(inputs, 100_000, 1), 1)
    assert time.process_time() - start < 1.5  # the bar is 1 s on an idle core
    assert 90_000 < found.draws < 110_000


# --- the inputs file


def written(tmp_path, text):
    path = tmp_path / "inputs.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_inputs_file_replaces_what_it_names_and_keeps_the_rest(tmp_path):
    path = written(
        tmp_path,
        '[ranges.willingness]\nlow = 0.4\nhigh = 0.6\nsource = "an expert"\n',
    )
    found = read_inputs(path)
    assert found["willingness"].middle == 0.5
    assert found["capability"] == DEFAULTS["capability"]
    assert set(DRAWN) <= set(found.ranges)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("ranges = 3", InputRefused, "Expected `object`"),
        ('[ranges.will]\nlow=0\nhigh=1\nsource=""', WrongUse, "nothing uses will"),
        (
            '[ranges.willingness]\nlow=1\nhigh=0\nsource=""',
            InputRefused,
            "low is above high",
        ),
        ("[ranges.willingness]\nlow=0\nhigh=1", InputRefused, "source"),
    ],
)
def test_faulty_inputs_are_refused_with_their_fault(tmp_path, text, error, words):
    with pytest.raises(error, match=words):
        read_inputs(written(tmp_path, text))


def test_missing_inputs_file_is_refused(tmp_path):
    with pytest.raises(WrongUse, match="no such inputs file"):
        read_inputs(tmp_path / "none.toml")
