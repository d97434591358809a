"""From the data of the SPS30's replies to quantities: pure, in integers only.

In: the forty bytes of a sample, the text of a product type. Out: bits, words. Never: input, output, a clock.
"""

import struct

from drivers.errors import InvalidData
from drivers.sps30_serial import frames

_SAMPLE = struct.Struct(">10I")


def bits(data: bytes) -> tuple[int, ...]:
    """Return the bits of the ten numbers of a sample.

    Raises:
        InvalidData: it has another length.
    """
    if len(data) != _SAMPLE.size:
        raise InvalidData(frames.CHIP, "the sample has another length than the data sheet says: is it an SPS30?")
    return _SAMPLE.unpack(data)


def text(data: bytes) -> str:
    """Return a text up to its terminating zero; what is no ASCII becomes ``?``."""
    return data.partition(b"\0")[0].decode("ascii", errors="replace").replace("\ufffd", "?")
