"""The DS3231's registers to temperature and time. Pure.

In: one burst of all registers. Out: values. Never: input, output, a clock.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from drivers.decoding import reject_dead, signed
from drivers.ds3231 import registers
from drivers.errors import InvalidData

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = 1000
_CENTI_PER_QUARTER: Final = 25


def check(data: bytes) -> None:
    """Refuse what no DS3231 answers.

    Raises:
        InvalidData: the line is stuck, or a bit is set that is always 0.
    """
    reject_dead(registers.CHIP, data, "the registers from 0x00 on")
    if any(data[register] & zero for register, zero in registers.ALWAYS_ZERO.items()):
        raise InvalidData(
            registers.CHIP, "a bit is set that is always 0 in this chip: another chip may have its address"
        )


def values(data: bytes) -> Mapping[str, int | None]:
    """Return temperature and time; the time is not available once the oscillator has stopped.

    Raises:
        InvalidData: as `check`; or the oscillator runs and there is no such date.
    """
    check(data)
    stopped = bool(data[registers.STATUS] & registers.OSCILLATOR_STOPPED)
    return {
        "temperature": signed(int.from_bytes(data[registers.TEMPERATURE :], "big") >> 6, 10) * _CENTI_PER_QUARTER,
        "utc": None if stopped else utc_ms(data),
        "oscillator_stopped": int(stopped),
    }


def utc_ms(data: bytes) -> int:
    """Return the time since 1970, in whole seconds of milliseconds.

    Raises:
        InvalidData: there is no such date.
    """
    try:
        century = 100 if data[registers.MONTH] & registers.CENTURY else 0
        moment = datetime(
            year=registers.FIRST_YEAR + century + _decimal(data[registers.YEAR]),
            month=_decimal(data[registers.MONTH] & ~registers.CENTURY),
            day=_decimal(data[registers.DATE]),
            hour=_hour(data[registers.HOURS]),
            minute=_decimal(data[registers.MINUTES]),
            second=_decimal(data[registers.SECONDS]),
            tzinfo=UTC,
        )
    except ValueError:
        raise InvalidData(registers.CHIP, "its clock shows no date: set it, and check its battery") from None
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * _MS


def _hour(byte: int) -> int:
    if not byte & registers.TWELVE_HOURS:
        return _decimal(byte)
    hour = _decimal(byte & 0x1F)
    if not 1 <= hour <= 12:  # noqa: PLR2004  (hours of a dial)
        raise ValueError("no hour of a dial")
    return hour % 12 + (12 if byte & registers.AFTERNOON else 0)


def _decimal(byte: int) -> int:
    """Return a byte of two decimal digits.

    Raises:
        ValueError: a digit above nine.
    """
    return int(f"{byte:02x}")
