"""A process with an outbox, to be killed: it stores rows and tells each over its standard output after its COMMIT.

Usage: python -m tests.support.outbox_child FILE FIRST_ROW
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.buffer.records import Limits
from tests.support.outbox import DECLARATION, confirm, opened, put, rows, waiting

LIMITS = Limits(max_bytes=16 << 20, free_floor_bytes=0, loss_window_s=0.001)


def report(stored: Sequence[tuple[str, int, int]]) -> None:
    """Tell each row in one write."""
    text = "".join(f"{stream} {number} {start_ms}\n" for stream, number, start_ms in stored)
    os.write(1, text.encode())


async def main(path: Path, first: int) -> None:
    """Store, seal and receipt without end."""
    outbox = await opened(path, limits=LIMITS, on_stored=report)
    await outbox.declare(DECLARATION)
    for index in range(first, first + 100_000, 3):
        await put(outbox, rows(index, 3))
        await outbox.seal(partial=index % 5 == 0)
        if index % 7 == 0:
            for envelope in (await waiting(outbox))[:4]:
                os.write(1, f"envelope {envelope.data.hex()}\n".encode())
                await confirm(outbox, envelope)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
