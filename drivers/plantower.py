"""What the sensors of Plantower's PMS family have in common: frames, commands and channels. Pure.

In: a model's layout, frames. Out: ticks and values by channel name, in integers. Never: input, output.

Sources:
    manual: Plantower "PMS5003 series data manual", V2.3, 2016-06-01, appendix I (frame, by its text at
        usermanual.wiki/Pdf/plantowerpms5003manualannotated.626592918 and manualshelf.com/manual/adafruit/3686, page
        14).
    linux: drivers/iio/chemical/pms7003.c of the Linux kernel (frame, checksum, commands).
    pypms: avaldebe/PyPMS, pms/sensor/pm/PMSx003.py and PMS3003.py (same frame for PMS1003, 5003, 7003 and A003).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from drivers.crc import sum16
from drivers.decoding import signed
from drivers.errors import InvalidData
from drivers.framing import FixedFramer
from drivers.reading import Channel

WAKE: Final = bytes.fromhex("42 4d e4 00 01 01 74")
SLEEP: Final = bytes.fromhex("42 4d e4 00 00 01 73")
"""Both: linux pms7003_cmd_tbl, pypms `wake` and `sleep`."""

ACTIVE_MODE: Final = bytes.fromhex("42 4d e1 00 01 01 71")
"""The sensor sends on its own (pypms `active_mode`). It is the mode after power-up (manual, "Output result")."""

_CHECK: Final = struct.Struct(">H")
_HEADER_BYTES: Final = 4
_STUCK: Final = 0xFFFF
_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in the frames of one model.

    Attributes:
        chip: the model's name.
        words: how many data words a frame has, high byte first (manual, appendix I).
        channels: channel of each word, from data 1 on; words beyond them are no quantities.
        signed: channels whose word is a two's complement number.
    """

    chip: str
    words: int
    channels: tuple[str, ...]
    signed: frozenset[str] = field(default_factory=frozenset)

    @property
    def header(self) -> bytes:
        """Start characters 0x42 0x4d, then how many bytes follow: data words and check code (manual, appendix I)."""
        return b"BM" + _CHECK.pack(2 * self.words + _CHECK.size)

    @property
    def length(self) -> int:
        """Bytes of a frame."""
        return _HEADER_BYTES + 2 * self.words + _CHECK.size

    def framer(self) -> FixedFramer:
        """Return a fresh framer for this model's frames."""
        return FixedFramer(self.header, length=self.length, valid=valid)

    def words_of(self, frame: bytes) -> tuple[int, ...]:
        """Return the data words of a frame."""
        return struct.unpack_from(f">{self.words}H", frame, _HEADER_BYTES)

    def ticks(self, frame: bytes) -> dict[str, int]:
        """Return the data words by the manual's names, ``data1`` and so on."""
        return {f"data{number}": word for number, word in enumerate(self.words_of(frame), start=1)}

    def values(self, frame: bytes) -> dict[str, int | None]:
        """Return a value for every channel, None for all of them while the sensor is warming up.

        A sensor that has just been powered sends frames whose words are all zero (avaldebe/PyPMS takes these for
        `SensorWarmingUp`). Zeros beside a word that is not zero are a measurement.

        Raises:
            InvalidData: the words of all channels are 0xFFFF.
        """
        words = self.words_of(frame)
        if not any(words):
            return self.unavailable()
        measured = words[: len(self.channels)]
        if all(word == _STUCK for word in measured):
            raise InvalidData(self.chip, "every value is 0xffff: the sensor is broken; replace it")
        return {
            name: signed(word, _BITS) if name in self.signed else word
            for name, word in zip(self.channels, measured, strict=True)
        }

    def unavailable(self) -> dict[str, int | None]:
        """Return None for every channel."""
        return dict.fromkeys(self.channels)


def valid(frame: bytes) -> bool:
    """Return whether the check code holds: the sum of all bytes before it, in 16 bits (manual, appendix I)."""
    check: int = _CHECK.unpack(frame[-_CHECK.size :])[0]
    return check == sum16(frame[: -_CHECK.size])


# -- the channels

_POLLUTANT: Final = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_PM: Final[Mapping[str, str]] = MappingProxyType(
    {"PM1.0": f"{_POLLUTANT}6002", "PM2.5": f"{_POLLUTANT}6001", "PM10": f"{_POLLUTANT}5"}
)
_ACCURACY: Final = (
    "±10 % at 100 to 500 µg/m3, PM2.5 standard data, between sensors (PMS5003 data manual V2.3, technical index)"
)
_COUNTED: Final = "counting efficiency 50 % at 0.3 µm, 98 % from 0.5 µm (PMS5003 data manual V2.3, technical index)"
_HIGHEST_UG_M3: Final = 1000
_HIGHEST_WORD: Final = 0xFFFF
_KINDS: Final = (("", "atmospheric environment"), ("_cf1", "standard particle (factory environment)"))


def masses() -> tuple[Channel, ...]:
    """Return the channels of the six mass concentrations, the ones for outdoors first."""
    return tuple(
        Channel(
            name=f"{size.lower().replace('.', '_')}{suffix}",
            title=f"{size}, {kind}",
            property=uri,
            unit="ug/m3",
            minimum=0,
            maximum=_HIGHEST_UG_M3,
            accuracy=_ACCURACY,
        )
        for suffix, kind in _KINDS
        for size, uri in _PM.items()
    )


def particles(*sizes: str) -> tuple[Channel, ...]:
    """Return the channels of the particle counts, larger than each of `sizes` in micrometres.

    SenML has no unit for counts per volume, so the volume stands in the title: what the sensor reports, unscaled.
    """
    return tuple(
        Channel(
            name=f"n{size.replace('.', '_')}",
            title=f"Particles larger than {size} µm in 0.1 litre of air",
            property="http://qudt.org/vocab/quantitykind/Count",
            unit="count",
            minimum=0,
            maximum=_HIGHEST_WORD,
            accuracy=_COUNTED,
        )
        for size in sizes
    )


def temperature() -> Channel:
    """Return the channel of the temperature inside a model that has one."""
    return Channel(
        name="temperature",
        title="Temperature in the sensor",
        property="http://qudt.org/vocab/quantitykind/Temperature",
        unit="Cel",
        exponent=-1,
        minimum=-400,
        maximum=850,
    )


def humidity() -> Channel:
    """Return the channel of the relative humidity inside a model that has one."""
    return Channel(
        name="humidity",
        title="Relative humidity in the sensor",
        property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
        unit="%RH",
        exponent=-1,
        minimum=0,
        maximum=1000,
    )
