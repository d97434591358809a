"""A process with an outbox that commits and folds its WAL in as hard as it can, to be read meanwhile and then killed.

Usage: python -m tests.support.snapshot_child FILE
"""

import asyncio
import os
import sys
from pathlib import Path

from agent.buffer.records import Limits
from tests.support.disclosures import order
from tests.support.outbox import AIR, confirm, opened, rows, stored, waiting

LIMITS = Limits(max_bytes=256 << 10, free_floor_bytes=0, loss_window_s=0.001)
"""So small that the WAL is folded in every few commits."""


async def main(path: Path) -> None:
    """Store, seal, receipt and record without end; tell the number of the newest entry after each commit."""
    outbox = await opened(path, limits=LIMITS, streams=AIR)
    for index in range(1_000_000):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()
        await confirm(outbox, (await waiting(outbox))[-1])
        await outbox.record(order)
        os.write(1, f"{(await outbox.log_head()).last}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
