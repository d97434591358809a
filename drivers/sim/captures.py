"""Reads recordings of real sensors for the simulated lines.

In: a file. Out: the bytes that the sensor sent. Never: interpretation.
"""

from pathlib import Path


def read_hexdump(path: Path) -> list[bytes]:
    """Return the bytes of each line of a hexdump: ``offset: bytes in hex  text``."""
    frames: list[bytes] = []
    for line in path.read_text(encoding="ascii").splitlines():
        _, separator, rest = line.partition(": ")
        if separator:
            frames.append(bytes.fromhex(rest.partition("  ")[0]))
    return frames


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a log with their ends, without the comments (``#``) of those who recorded it."""
    return [line for line in path.read_bytes().splitlines(keepends=True) if not line.startswith(b"#")]
