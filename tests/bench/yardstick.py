"""How fast this machine is while something is measured: a fixed piece of work, at the pace of an agent.

`python -m tests.bench.yardstick FOLDER` does, until it is ended, each second: ten frames of a dust sensor go through
a pseudo-terminal, are waited for, checked and decoded; ten rows go into SQLite with `synchronous=FULL`, and are
encoded and signed. Processors differ by half and more, so does one of them beside other work, and work that comes
once a second finds cold caches: a bound that is a multiple of this work's processor time in the same seconds is the
same everywhere. It uses nothing of the agent, so that no change there moves it.
"""

import hashlib
import os
import select
import sqlite3
import struct
import sys
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROWS_A_SECOND = 10
_WORDS = struct.Struct(">16H")


@dataclass(slots=True)
class Work:
    """The work of one second, again and again.

    Attributes:
        store: where rows go.
        rows: how many went there.
    """

    store: sqlite3.Connection
    rows: int = 0
    _line: tuple[int, int] = field(default_factory=os.openpty)
    _key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    _chain: bytes = b""

    def __post_init__(self) -> None:
        tty.setraw(self._line[1])
        self.store.executescript(
            "pragma journal_mode=wal; pragma synchronous=full; create table row (number integer, value blob)"
        )

    def second(self) -> None:
        """Do it once."""
        read = {number: self._row(number) for number in range(self.rows, self.rows + ROWS_A_SECOND)}
        batch = cbor2.dumps({1: self.rows, 2: self._chain, 3: list(read.values())}, canonical=True)
        self._chain = hashlib.sha256(batch + self._key.sign(batch)).digest()
        with self.store:
            rows = [(number, cbor2.dumps(values)) for number, values in read.items()]
            self.store.executemany("insert into row values (?, ?)", rows)
        self.rows += ROWS_A_SECOND

    def _row(self, number: int) -> dict[str, int]:
        """Send one frame, and return what was read of it."""
        sensor, line = self._line
        body = _WORDS.pack(0x424D, 28, *((number * place) & 0xFFF for place in range(13)), 0)[:-2]
        os.write(sensor, body + struct.pack(">H", sum(body)))
        frame = b""
        while len(frame) < _WORDS.size:
            select.select([line], [], [])
            frame += os.read(line, _WORDS.size - len(frame))
        words = _WORDS.unpack(frame)
        if sum(frame[:-2]) != words[-1]:
            raise AssertionError("a frame was not read as it was sent")
        return {f"channel-{place}": words[place + 2] for place in range(4)}


def main(folder: Path) -> None:
    """Work at the pace of an agent, for ever."""
    work = Work(sqlite3.connect(folder / "yardstick.db"))
    while True:
        work.second()
        time.sleep(1 - time.monotonic() % 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
