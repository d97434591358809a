"""The SCD4x's replies as quantities."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.scd4x import commands, decode
from drivers.scd4x.decode import Values
from drivers.sensirion import words
from drivers.sim.scd4x import Ticks, presented_by

_SAMPLE = bytes.fromhex("01f433 6667a2 5eb93c")
_WORD = st.integers(0, 0xFFFF)


def test_values_of_the_example_are_500_ppm_25_degrees_37_percent() -> None:
    ticks = words(commands.CHIP, commands.READ_MEASUREMENT, _SAMPLE)
    assert ticks == (0x01F4, 0x6667, 0x5EB9)
    assert decode.values(ticks) == Values(co2_ppm=500, temperature_centi_c=2500, humidity_centi_pct=3700)


def test_values_at_the_ends_of_the_scale_are_exact() -> None:
    assert decode.values((1, 0, 0)) == Values(co2_ppm=1, temperature_centi_c=-4500, humidity_centi_pct=0)
    full = Values(co2_ppm=0xFFFF, temperature_centi_c=13000, humidity_centi_pct=10000)
    assert decode.values((0xFFFF, 0xFFFF, 0xFFFF)) == full


def test_values_with_zero_co2_are_not_available() -> None:
    assert decode.values((0, 0x6667, 0x5EB9)).co2_ppm is None


@given(_WORD, _WORD, _WORD)
def test_values_of_any_words_agree_with_the_simulator_and_with_floats(
    co2: int, temperature: int, humidity: int
) -> None:
    """For every word the driver's and the simulator's conversions agree, and are half a unit from the float one."""
    values = decode.values((co2, temperature, humidity))
    assert presented_by(Ticks(co2=co2, temperature=temperature, humidity=humidity)) == {
        "co2": values.co2_ppm,
        "temperature": values.temperature_centi_c,
        "humidity": values.humidity_centi_pct,
    }
    assert abs(values.temperature_centi_c - 100 * (-45 + 175 * temperature / 65535)) <= 0.5 + 1e-9
    assert abs(values.humidity_centi_pct - 100 * (100 * humidity / 65535)) <= 0.5 + 1e-9
