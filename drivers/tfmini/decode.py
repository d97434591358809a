"""From one frame of a TFmini to values: pure, in integers.

In: a frame whose checksum holds. Out: ticks, values by channel name. Never: input, output.
"""

from drivers.tfmini import frames

_NEGATIVE = 0x8000
_SATURATED = 0xFFFF
_MILLIDEGREES_A_TICK = 125
_ZERO_MILLIDEGREES = 256_000
_COLDEST_MILLIDEGREES = -60_000


def ticks(frame: bytes) -> dict[str, int]:
    """Return the three words of a frame."""
    return dict(zip(("dist", "strength", "temp"), frames.WORDS.unpack(frame), strict=True))


def values(frame: bytes) -> dict[str, int | None]:
    """Return distance in centimetres, strength, and the chip's temperature in thousandths of a degree.

    A distance of -1 is too weak an echo, -2 too strong a one, -4 too much light (TFmini-S Product Manual, page 12,
    table 8); the TFmini Plus sends 0 (unverified). A strength of 65535 is saturated (the same table). The temperature
    is the word / 8 - 256 (page 12); what is colder than this sensor can be is a first TFmini, which has none.
    """
    distance, strength, word = frames.WORDS.unpack(frame)
    temperature = word * _MILLIDEGREES_A_TICK - _ZERO_MILLIDEGREES
    seen = 0 < distance < _NEGATIVE and strength != _SATURATED
    return {
        "distance": distance if seen else None,
        "strength": None if strength == _SATURATED else strength,
        "temperature": temperature if temperature > _COLDEST_MILLIDEGREES else None,
    }
