import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.exercise.calibration import calibrate


def two_parties(p, *, left=0.0):
    p = np.asarray(p, float) * (1 - left)
    return np.column_stack([p, 1 - left - p])


def test_brier_of_two_parties_is_the_usual_one():
    result = calibrate(two_parties([0.8, 0.3]), np.array([0, 0]))
    assert result.brier == pytest.approx(((1 - 0.8) ** 2 + (1 - 0.3) ** 2) / 2)


def test_accuracy_counts_only_those_that_name_a_party():
    p = np.array([[0.7, 0.1], [0.2, 0.6], [0.3, 0.3], [0.2, 0.1]])
    result = calibrate(p, np.array([0, 0, 0, 0]))
    assert result.accuracy == 0.5
    assert result.undetermined == 0.5


def test_even_chances_name_nobody():
    assert calibrate(np.array([[0.5, 0.5]]), np.array([0])).accuracy is None


def test_saying_seventy_percent_and_being_right_seven_times_in_ten_is_calibrated():
    p = two_parties([0.7] * 10)
    truth = np.array([0] * 7 + [1] * 3)
    assert calibrate(p, truth).ece == pytest.approx(0.0)


def test_saying_ninety_percent_and_being_right_half_the_time_is_not():
    result = calibrate(two_parties([0.9] * 4), np.array([0, 0, 1, 1]))
    assert result.ece == pytest.approx(0.4)
    assert result.sure == 0


def test_sure_is_from_ninety_five_percent():
    result = calibrate(two_parties([0.96, 0.97, 0.94]), np.array([0, 1, 0]))
    assert result.sure == pytest.approx(2 / 3)
    assert result.sure_accuracy == 0.5


def test_no_incident_is_no_figure():
    result = calibrate(np.zeros((0, 2)), np.zeros(0, np.int64))
    assert (result.accuracy, result.brier, result.ece) == (None, None, None)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=30),
    st.floats(0, 0.9),
)
def test_figures_are_those_of_going_through_one_by_one(rows, left):
    p = two_parties([row[0] for row in rows], left=left)
    truth = np.array([row[1] for row in rows])
    result = calibrate(p, truth)
    brier, bins, named, right = 0.0, {}, 0, 0
    for (a, b), true in zip(p.tolist(), truth.tolist(), strict=True):
        hit = (1.0, 0.0) if true == 0 else (0.0, 1.0)
        brier += ((a - hit[0]) ** 2 + (b - hit[1]) ** 2) / 2
        top = max(a, b)
        if a != b and top > 1 - (a + b):
            named += 1
            ok = (0 if a > b else 1) == true
            right += ok
            bins.setdefault(min(int(top * 10), 9), []).append((top, ok))
    assert result.brier == pytest.approx(brier / len(rows))
    assert result.undetermined == pytest.approx(1 - named / len(rows))
    if named:
        assert result.accuracy == pytest.approx(right / named)
        gaps = (abs(sum(t for t, _ in b) - sum(o for _, o in b)) for b in bins.values())
        assert result.ece == pytest.approx(sum(gaps) / named)
    else:
        assert result.accuracy is None
