"""The simulated SCD4x, by its commands and times."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.chip import NotAcknowledged
from drivers.sim.scd4x import Scd4xChip, presented_by, ticks_for
from drivers.sim.sensirion_chip import Shown, checksum

_START, _STOP, _READY, _READ = (bytes.fromhex(code) for code in ("21b1", "3f86", "e4b8", "ec05"))
_SERIAL = bytes.fromhex("3682")


class _Time:
    def __init__(self) -> None:
        self.now_ns = 7_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _chip() -> tuple[Scd4xChip, _Time, list[Shown]]:
    shown: list[Shown] = []
    time = _Time()
    return Scd4xChip(mono_ns=time, on_readout=shown.append), time, shown


def _ask(chip: Scd4xChip, time: _Time, command: bytes, length: int) -> bytes:
    chip.write(command)
    time.pass_ms(1)
    return chip.read(length)


def _ready(chip: Scd4xChip, time: _Time) -> bool:
    high, low, _ = _ask(chip, time, _READY, 3)
    return bool((high << 8 | low) & 0x07FF)


def test_serial_number_is_three_words_with_checksums() -> None:
    chip, time, _ = _chip()
    assert _ask(chip, time, _SERIAL, 9).hex() == "f896319f07c23bbe89"


def test_checksum_of_the_data_sheets_example_is_0x92() -> None:
    assert checksum(0xBE, 0xEF) == 0x92


def test_reply_before_its_time_is_not_acknowledged() -> None:
    chip, time, _ = _chip()
    chip.write(_SERIAL)
    with pytest.raises(NotAcknowledged):
        chip.read(9)
    time.pass_ms(1)
    assert len(chip.read(9)) == 9


def test_reply_is_given_once() -> None:
    chip, time, _ = _chip()
    _ask(chip, time, _SERIAL, 9)
    with pytest.raises(NotAcknowledged):
        chip.read(9)


def test_first_sample_is_ready_five_seconds_after_the_start_and_read_once() -> None:
    chip, time, shown = _chip()
    chip.write(_START)
    time.pass_ms(4_990)
    assert not _ready(chip, time)
    time.pass_ms(10)
    assert _ready(chip, time)
    assert len(_ask(chip, time, _READ, 9)) == 9
    assert shown == [chip.presented]
    assert not _ready(chip, time)
    with pytest.raises(NotAcknowledged):
        _ask(chip, time, _READ, 9)


def test_sample_is_of_the_air_at_its_own_time_and_the_newest_wins() -> None:
    chip, time, shown = _chip()
    chip.set(co2_ppm=500)
    chip.write(_START)
    time.pass_ms(5_000)
    chip.set(co2_ppm=600)
    _ask(chip, time, _READ, 9)
    time.pass_ms(60_000)
    chip.set(co2_ppm=700)
    _ask(chip, time, _READ, 9)
    assert [sample["co2"] for sample in shown] == [500, 600]


def test_samples_keep_their_grid_whenever_they_are_read() -> None:
    chip, time, _ = _chip()
    chip.write(_START)
    time.pass_ms(8_000)
    assert _ready(chip, time)
    _ask(chip, time, _READ, 9)
    time.pass_ms(1_990)
    assert not _ready(chip, time)
    time.pass_ms(10)
    assert _ready(chip, time)


@pytest.mark.parametrize("command", ["3682", "21b1", "24270000", "2427000081", "2416000081", "2322", "2313", "3646"])
def test_command_that_needs_the_idle_chip_is_refused_while_measuring(command: str) -> None:
    chip, _, _ = _chip()
    chip.write(_START)
    with pytest.raises(NotAcknowledged):
        chip.write(bytes.fromhex(command))


def test_pressure_may_be_set_while_measuring() -> None:
    chip, _, _ = _chip()
    chip.write(_START)
    chip.write(bytes.fromhex("e00003f5db"))
    assert chip.settings.ambient_pressure_hpa == 1013


def test_stop_makes_the_chip_deaf_for_half_a_second_and_forgets_the_sample() -> None:
    chip, time, _ = _chip()
    chip.write(_START)
    time.pass_ms(5_000)
    chip.write(_STOP)
    time.pass_ms(499)
    with pytest.raises(NotAcknowledged):
        chip.write(_SERIAL)
    time.pass_ms(1)
    assert not chip.measuring
    assert not _ready(chip, time)


@pytest.mark.parametrize("command", ["dead", "36", "2427041a9b", "2427041a", "e000", "368200"])
def test_command_that_is_unknown_or_malformed_is_refused(command: str) -> None:
    chip, _, _ = _chip()
    with pytest.raises(NotAcknowledged):
        chip.write(bytes.fromhex(command))


def test_settings_are_kept_read_back_and_lost_at_reinit() -> None:
    chip, time, _ = _chip()
    chip.write(bytes.fromhex("2427041a9a"))
    time.pass_ms(1)
    chip.write(bytes.fromhex("2416000081"))
    time.pass_ms(1)
    assert _ask(chip, time, bytes.fromhex("2322"), 3).hex() == "041a9a"
    assert _ask(chip, time, bytes.fromhex("2313"), 3).hex() == "000081"
    chip.write(bytes.fromhex("3646"))
    time.pass_ms(20)
    assert _ask(chip, time, bytes.fromhex("2322"), 3).hex() == "000081"


def test_bad_checksums_are_sent_as_often_as_ordered() -> None:
    chip, time, _ = _chip()
    chip.bad_checksums = 2
    data = _ask(chip, time, _SERIAL, 9)
    wrong = [data[at + 2] != checksum(data[at], data[at + 1]) for at in (0, 3, 6)]
    assert wrong == [True, True, False]


def test_lost_co2_is_sent_as_zero_until_it_is_set_again() -> None:
    chip, _, _ = _chip()
    assert chip.lose_co2()["co2"] is None
    assert chip.set(temperature_c=10)["co2"] is None
    assert chip.set(co2_ppm=440)["co2"] == 440


def test_empty_write_is_acknowledged() -> None:
    chip, _, _ = _chip()
    chip.write(b"")
    chip.stop()


@given(
    co2=st.integers(1, 40_000),
    temperature=st.decimals(-10, 60, places=2),
    humidity=st.decimals(0, 100, places=2),
)
def test_presented_for_any_air_within_range_is_the_air_itself(
    co2: int, temperature: Decimal, humidity: Decimal
) -> None:
    """A step of the converter is finer than the channels' units, so what is set to them comes back unchanged."""
    shown = presented_by(ticks_for(co2_ppm=co2, temperature_c=temperature, humidity_pct=humidity))
    assert shown == {"co2": co2, "temperature": int(temperature * 100), "humidity": int(humidity * 100)}


@given(co2=st.floats(-1e6, 1e6), temperature=st.floats(-1e4, 1e4), humidity=st.floats(-1e4, 1e4))
def test_ticks_for_any_air_fit_a_word(co2: float, temperature: float, humidity: float) -> None:
    ticks = ticks_for(co2_ppm=co2, temperature_c=temperature, humidity_pct=humidity)
    assert all(0 <= word <= 0xFFFF for word in (ticks.co2, ticks.temperature, ticks.humidity))
