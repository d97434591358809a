"""Agents with one thing broken, as negative controls of the fault table: they must be seen to fail.

python -m tests.hil.careless stalls run unit.toml ...      waits on the event loop whenever an I2C bus fails
python -m tests.hil.careless remembers run unit.toml ...   takes the node that an adapter had the first time
"""

import sys
import time
from collections.abc import Sequence
from typing import Final

from agent.cli.main import main as lamppost
from drivers.bus import linux_i2c, places
from drivers.bus.api import Message
from drivers.bus.linux_i2c import LinuxI2c
from drivers.errors import DriverError

_WAIT_S: Final = 2.5


def stall() -> None:
    """Wait, as a driver does that calls `time.sleep` between its tries."""
    transfer = LinuxI2c.transfer

    async def careless(self: LinuxI2c, address: int, messages: Sequence[Message]) -> list[bytes]:
        try:
            return await transfer(self, address, messages)
        except DriverError:
            time.sleep(_WAIT_S)  # noqa: ASYNC251 - this is what is broken
            raise

    LinuxI2c.transfer = careless  # type: ignore[method-assign]


def remember() -> None:
    """Look for an adapter once only."""
    found: dict[str, str] = {}

    def node_at(path: str, kind: str) -> str:
        return found.setdefault(path, places.node_at(path, kind))

    vars(linux_i2c)["node_at"] = node_at


def main() -> int:
    """Break what is named first, then run `lamppost` with the rest."""
    {"stalls": stall, "remembers": remember}[sys.argv[1]]()
    return lamppost(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
