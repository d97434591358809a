"""Which addresses are looked at, and how it is seen whether somebody is there. Pure.

In: an address. Out: the question that disturbs least. Never: input, output.

As i2cdetect does: the address with the write bit and nothing more, and at 0x30 to 0x37 and 0x50 to 0x5F one byte
read instead. There memories are usual, and an AT24RF08 at 0x54 to 0x57 takes a write of nothing for the beginning of
a write, which the next transaction ends (lm-sensors mailing list, August and September 2002); writes at 0x30 to 0x37
can protect a memory module's contents for ever (i2cdetect(8), unverified). A read would disturb others: it
holds the line of a Matrix Orbital display (the same thread), and a Sensirion sensor that was asked nothing does not
acknowledge it. Addresses below 0x08 and above 0x77 are reserved and left alone.
"""

from typing import Final

from drivers.identity import Ask

ADDRESSES: Final = range(0x08, 0x78)
MULTIPLEXERS: Final = range(0x70, 0x78)
"""TCA9548A and PCA9548A, by their pins A0 to A2."""
_MEMORIES: Final = (range(0x30, 0x38), range(0x50, 0x60))
_BY_WRITE: Final = Ask(length=0)
_BY_READ: Final = Ask(length=1)


def presence(address: int) -> Ask:
    """Return how to see whether somebody has an address: nothing is written but the address itself."""
    return _BY_READ if any(address in span for span in _MEMORIES) else _BY_WRITE
