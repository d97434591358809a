"""The write-ahead log of the store, as bytes: what tells a power cut from damage. SQLite itself is not asked.

In: the file that SQLite has left. Out: whether there is more in it than SQLite accepts. Never: a change.

The form of the file: https://sqlite.org/fileformat2.html#walformat
"""

import os
import struct
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = 512
FRAME_BYTES: Final = PAGE_BYTES + 24
WAL_HEADER_BYTES: Final = 32
_WAL_MAGIC: Final = b"\x37\x7f\x06"
_SECTOR_BYTES: Final = 512
"""What a medium keeps whole in a power cut, at the least."""


def wal_path(path: Path) -> Path:
    """Return where the write-ahead log of a database is."""
    return path.with_name(path.name + "-wal")


def size_of(path: Path) -> int:
    """Return the size of a file, 0 when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_begun(wal: Path) -> bool:
    """Tell whether the WAL has a whole header.

    It says nothing about what is behind it: a medium keeps sectors in any order, and so the commit mark of the first
    transaction without the pages before it.
    """
    with wal.open("rb") as file:
        header = file.read(WAL_HEADER_BYTES)
    return len(header) == WAL_HEADER_BYTES and header[:3] == _WAL_MAGIC and header[24:] == _wal_sum(header[:24])


def _wal_sum(header: bytes) -> bytes:
    """Return the checksum of a WAL header's first 24 bytes; https://sqlite.org/fileformat2.html#checksum_algorithm."""
    order = ">" if header[3] & 1 else "<"
    first = second = 0
    for left, right in struct.iter_unpack(order + "II", header):
        first = (first + left + second) & 0xFFFF_FFFF
        second = (second + right + first) & 0xFFFF_FFFF
    return struct.pack(">II", first, second)


def has_lost_commit(wal: Path, accepted: int) -> bool:
    """Tell whether frames that SQLite did not accept come from more than one transaction of the present WAL.

    A transaction writes each page once, and its commit mark last. Where a sector ends between a frame's mark and its
    salts, the mark may be that of an earlier WAL while the salts are new: it proves nothing.
    """
    with wal.open("rb") as file:
        salts = file.read(WAL_HEADER_BYTES)[16:24]
        file.seek(accepted * FRAME_BYTES, os.SEEK_CUR)
        seen: set[bytes] = set()
        committed = False
        while len(frame := file.read(FRAME_BYTES)) == FRAME_BYTES:
            if frame[8:16] == salts and (file.tell() - FRAME_BYTES + 8) % _SECTOR_BYTES:
                if committed or frame[:4] in seen:
                    return True
                seen.add(frame[:4])
                committed = frame[4:8] != bytes(4)
    return False


def has_commit_behind(wal: Path, accepted: int) -> bool:
    """Tell whether a commit mark of the present WAL stands behind the frames that SQLite accepts.

    One half of the salts grows by one, the other is random with each beginning: a frame that agrees in either of them
    is of the present WAL, and damaged in the other. https://sqlite.org/fileformat2.html#walformat
    """
    with wal.open("rb") as file:
        salts = file.read(WAL_HEADER_BYTES)[16:24]
        file.seek(accepted * FRAME_BYTES, os.SEEK_CUR)
        while len(frame := file.read(FRAME_BYTES)) == FRAME_BYTES:
            ours = frame[8:12] == salts[:4] or frame[12:16] == salts[4:]
            if ours and frame[4:8] != bytes(4):
                return True
    return False
