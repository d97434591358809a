"""The LIS3DH's arithmetic, compared with the same sums in floating point."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lis3dh.angle import _TURNS, Vector, between_deci_deg
from drivers.lis3dh.decode import samples, values

_AXIS = st.integers(-32_000, 32_000)
_VECTORS = st.tuples(_AXIS, _AXIS, _AXIS)
_UP = (0, 0, 1)


def _floating(first: Vector, second: Vector) -> float:
    cross = math.hypot(
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    )
    return math.degrees(math.atan2(cross, sum(a * b for a, b in zip(first, second, strict=True))))


def test_turns_are_arc_tangents_of_powers_of_two() -> None:
    assert list(_TURNS) == [round(math.degrees(math.atan(2.0**-shift)) * 1e9) for shift in range(len(_TURNS))]


@given(first=_VECTORS.filter(any), second=_VECTORS.filter(any))
def test_angle_between_any_two_directions_is_within_a_tenth_of_a_degree(first: Vector, second: Vector) -> None:
    """For every two directions the integer angle is the floating one, rounded, up to a hair at the halves."""
    assert abs(between_deci_deg(first, second) - _floating(first, second) * 10) <= 0.51


@pytest.mark.parametrize(
    ("first", "second", "angle"),
    [
        ((0, 0, 1), (0, 0, 9), 0),
        ((0, 0, 1), (0, 0, -1), 1800),
        ((1, 0, 0), (0, 5, 0), 900),
        ((1, 1, 0), (1, 0, 0), 450),
    ],
)
def test_angle_of_plain_directions_is_exact(first: Vector, second: Vector, angle: int) -> None:
    assert between_deci_deg(first, second) == angle


def test_samples_are_little_endian_and_signed() -> None:
    assert samples(bytes.fromhex("1000f0ff0080ff7f00000100")) == [(16, -16, -32_768), (32_767, 0, 1)]


@given(block=st.lists(_VECTORS, min_size=1, max_size=32), range_g=st.sampled_from([2, 4, 8, 16]))
def test_values_of_any_block_are_those_of_floating_point(block: list[Vector], range_g: int) -> None:
    """Mean, root mean square and peak of every block are within a unit of the floating ones."""
    scale = {2: 1, 4: 2, 8: 4, 16: 12}[range_g] * 9.80665 / 16
    found = values(block, range_g=range_g, upright=_UP)
    mean = [statistics.fmean(axis) for axis in zip(*block, strict=True)]
    away = [math.dist(sample, mean) for sample in block]
    for name, axis in zip("xyz", mean, strict=True):
        assert found[name] == pytest.approx(axis * scale, abs=0.51)
    assert found["vibration_rms"] == pytest.approx(math.sqrt(statistics.fmean(d * d for d in away)) * scale, abs=0.51)
    assert found["vibration_peak"] == pytest.approx(max(away) * scale, abs=0.51)


@pytest.mark.parametrize(("mg", "tilt"), [(790, None), (810, 0), (1190, 0), (1210, None), (0, None)])
def test_tilt_is_told_while_gravity_alone_acts(mg: int, tilt: int | None) -> None:
    assert values([(0, 0, mg * 16)] * 32, range_g=2, upright=_UP)["tilt"] == tilt


@pytest.mark.parametrize("end", [32_704, 32_752, -32_704, -32_768])
def test_values_with_one_axis_at_its_end_are_not_available(end: int) -> None:
    block = [(0, 0, 16_000)] * 31 + [(0, end, 16_000)]
    assert set(values(block, range_g=2, upright=_UP).values()) == {None}
