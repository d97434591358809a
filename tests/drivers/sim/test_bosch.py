"""What the simulated Bosch chips share: pairs of register and value, time, and the nearest tick."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.bosch import BoschChip, nearest
from tests.support.slept_clock import SleptClock


class _Chip(BoschChip):
    """A chip that starts with what is written to register 1, in microseconds, and counts what it finished."""

    def __init__(self, clock: SleptClock) -> None:
        super().__init__(mono_ns=clock.mono_ns)
        self.registers = {0: 0, 1: 0, 2: 0, 3: 0}

    def written(self, register: int, value: int) -> None:
        if register == 3:
            self.restart(value)
        else:
            self.registers[register] = value
        if register == 1:
            self.start(value or None)

    def finish(self) -> None:
        self.registers[2] += 1

    def show_status(self, *, measuring: bool, resetting: bool) -> None:
        self.registers[0] = measuring << 3 | resetting


def _register(chip: _Chip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


def test_write_is_pairs_and_a_last_register_alone_is_the_pointer() -> None:
    chip = _Chip(SleptClock())
    chip.write(bytes([0x10, 1, 0x20, 2, 0x10]))
    assert chip.read(1) == b"\x01"
    assert _register(chip, 0x20, 2) == b"\x02\x00"


def test_measurement_ends_when_its_time_is_over() -> None:
    clock = SleptClock()
    chip = _Chip(clock)
    chip.write(bytes([1, 100]))
    assert _register(chip, 0, 3) == bytes([8, 100, 0])
    clock.jump(0.0001)
    assert _register(chip, 0, 3) == bytes([0, 100, 1])


@pytest.mark.parametrize("pair", [bytes([1, 0]), bytes([3, 50])], ids=["stopped", "reset"])
def test_measurement_that_is_ended_has_no_result(pair: bytes) -> None:
    clock = SleptClock()
    chip = _Chip(clock)
    chip.write(bytes([1, 100]) + pair)
    clock.jump(1)
    assert _register(chip, 2) == b"\x00"


def test_reset_shows_for_its_time() -> None:
    clock = SleptClock()
    chip = _Chip(clock)
    chip.write(bytes([3, 50]))
    assert _register(chip, 0) == b"\x01"
    clock.jump(0.0001)
    assert _register(chip, 0) == b"\x00"


def test_hung_chip_goes_on_when_it_is_let_go() -> None:
    clock = SleptClock()
    chip = _Chip(clock)
    chip.hung = True
    chip.write(bytes([1, 100]))
    clock.jump(1)
    assert _register(chip, 0) == b"\x08"
    chip.hung = False
    assert _register(chip, 0, 3) == bytes([0, 100, 1])


@given(
    slope=st.integers(-50, 50).filter(bool),
    start=st.integers(-10_000, 10_000),
    target=st.integers(-60_000, 60_000),
    forbidden=st.integers(-1, 1000),
)
def test_nearest_has_no_better_tick(slope: int, start: int, target: int, forbidden: int) -> None:
    """Rising or falling, within the scale or beyond it, no allowed tick is nearer to the target."""
    found = nearest(lambda tick: start + slope * tick, Fraction(target), top=1000, forbidden=forbidden)
    allowed = [tick for tick in range(1001) if tick != forbidden]
    assert found in allowed
    assert abs(start + slope * found - target) == min(abs(start + slope * tick - target) for tick in allowed)
