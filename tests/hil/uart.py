"""What a receiver makes of a line that is driven at another speed.

In: bytes, the speed they are sent at and the one they are read at. Out: the bytes that arrive. Never: a line.
"""

_BITS = 10
"""Start bit, eight data bits with the lowest first, stop bit: 8N1."""


def misread(data: bytes, *, sent: int, read: int) -> bytes:
    """Return what a receiver at `read` bits a second makes of bytes sent one after the other at `sent`.

    It waits for the line to fall, looks at the middle of each bit, and drops a byte whose stop bit is low, as
    receivers do. The line is high before and after.
    """
    levels = [bit for byte in data for bit in (0, *((byte >> at) & 1 for at in range(8)), 1)]

    def level(at: float) -> int:
        index = int(at * sent)
        return levels[index] if 0 <= index < len(levels) else 1

    arrived, now, end = bytearray(), 0.0, len(levels) / sent
    step = 1 / (16 * read)
    while now < end:
        if level(now):
            now += step
            continue
        bits = [level(now + (at + 0.5) / read) for at in range(_BITS)]
        if not bits[0] and bits[9]:
            arrived.append(sum(bit << at for at, bit in enumerate(bits[1:9])))
        now += (_BITS - 0.5) / read
        while now < end and not level(now):  # a break, or a frame that has lost its stop bit: wait until it rises
            now += step
    return bytes(arrived)
