"""The receiver's epochs: eight bytes that grow, so that a unit tells a later one from one that has ended.

In: the epochs that are known to have been. Out: one that is greater than all of them. Never: two alike, if two
copies of a store are restored in the same millisecond: their last bytes are random.
"""

import os
import time
from typing import Final

EPOCH_BYTES: Final = 8
_TIME_BYTES: Final = 6
_NS_PER_MS: Final = 1_000_000


def later_epoch(*earlier: bytes) -> bytes:
    """Return an epoch that begins now: ms since 1970 in six bytes, two random ones; greater than each of `earlier`.

    A clock that was set back, or an earlier epoch without a time in it, makes it the next number instead.
    """
    now = (time.time_ns() // _NS_PER_MS).to_bytes(_TIME_BYTES, "big") + os.urandom(EPOCH_BYTES - _TIME_BYTES)
    newest = max((int.from_bytes(epoch, "big") for epoch in earlier), default=0)
    return max(int.from_bytes(now, "big"), newest + 1).to_bytes(EPOCH_BYTES, "big")
