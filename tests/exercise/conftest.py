"""Exercises that several tests look at, generated once."""

import numpy as np
import pytest

from tocsin.exercise import Exercise, Scenario, generate


def chance(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.fixture(scope="session")
def lantern() -> Exercise:
    """The exercise as planned: 14 days, 1,000 observations a day."""
    return generate(Scenario(), rng=chance(1))


@pytest.fixture(scope="session")
def imagined() -> Exercise:
    return generate(Scenario(days=5, per_day=300, origin="imagined"), rng=chance(2))
