"""Schedules: values between knots, outside them, and their text form."""

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery.schedules import Schedule, constant, parse, ramp

CURVES = {
    "constant": constant(0.7),
    "ramp": ramp(5.0, 0.0, 0.0, 0.3),
    "late ramp": ramp(1.0, -2.0, 0.15, 0.3),
    "three knots": Schedule(((0.1, 1.0), (0.5, 3.0), (1.0, 2.0))),
    "jump": Schedule(((0.0, 1.0), (0.5, 1.0), (0.5, 4.0), (1.0, 4.0))),
}


def value(schedule, progress):
    return float(keras.ops.convert_to_numpy(schedule(progress)))


def test_values_by_hand():
    curve = CURVES["three knots"]
    expected = {0.0: 1, 0.1: 1, 0.3: 2, 0.5: 3, 0.75: 2.5, 1.0: 2}
    for progress, number in expected.items():
        assert value(curve, progress) == pytest.approx(number)
        assert curve.at(progress) == pytest.approx(number)


@pytest.mark.parametrize("name", CURVES)
def test_tensor_and_python_forms_agree(name):
    curve = CURVES[name]
    for progress in np.linspace(0, 1, 21) + 1e-4:
        assert value(curve, progress) == pytest.approx(curve.at(progress), abs=1e-5)


def test_constant_outside_the_knots():
    assert value(CURVES["late ramp"], 0.0) == 1
    assert value(CURVES["late ramp"], 1.0) == -2


def test_progress_may_be_a_tensor():
    progress = keras.ops.convert_to_tensor(0.15, "float32")
    found = ramp(5.0, 0.0, 0.0, 0.3)(progress)
    assert keras.backend.standardize_dtype(found.dtype) == "float32" and found.shape == ()
    assert float(found) == pytest.approx(2.5)


@pytest.mark.parametrize("name", CURVES)
def test_text_and_back(name):
    assert parse(str(CURVES[name])) == CURVES[name]


def test_text_keeps_every_digit():
    curve = Schedule(((0.0, 1 / 3), (0.123456789, 3e-5), (1.0, 1234567.5)))
    assert parse(str(curve)) == curve


def test_parse():
    assert parse("0.5") == constant(0.5)
    assert parse("0:0.1,0.3:1") == ramp(0.1, 1.0, 0.0, 0.3)
    assert str(ramp(0.1, 1.0, 0.0, 0.3)) == "0:0.1,0.3:1"


@pytest.mark.parametrize(
    "text", ["", "high", "0:1,high", "0:1:2", "0.5:1,0.2:2", "-1:0", "0:0,2:1"]
)
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="schedule is") as caught:
        parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("knots", [(), ((0.5, 1), (0.4, 2)), ((-0.1, 1),), ((0.0, 1), (1.1, 2))])
def test_knots_are_checked(knots):
    with pytest.raises(ValueError, match="expected rising progress values"):
        Schedule(knots)
