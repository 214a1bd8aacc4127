"""The edges of bins and bands, where figures could count a message twice, elsewhere or not at all."""

import numpy as np
import pytest

from noticeguard.corpus import Example
from noticeguard.evaluation import BINS, calibration_error, call, evaluate


def test_a_probability_of_one_belongs_to_the_last_bin():
    error = calibration_error(np.array([1.0, 0.95]), np.array([False, True]))
    assert error == pytest.approx((1.95 - 1) / 2)


def test_probabilities_of_two_bins_do_not_make_up_for_each_other():
    edge = (BINS - 1) / BINS
    error = calibration_error(np.array([edge - 0.01, edge + 0.01]), np.array([True, False]))
    assert error == pytest.approx((1 - (edge - 0.01) + edge + 0.01) / 2)


def test_a_message_as_long_as_its_band_reaches_is_in_that_band(classifier):
    lengths = [1, 20, 21, 40, 41, 80, 81, 160, 161]
    examples = [Example(id=str(n), text="请" * n, label="unrelated") for n in lengths]
    slices = evaluate(call(classifier, examples))[1]
    counts = {name: part.count for name, part in slices.items() if name.startswith("length")}
    assert counts == {"length ≤20": 2, "length ≤40": 2, "length ≤80": 2, "length ≤160": 2, "length >160": 1}
