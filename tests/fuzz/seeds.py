"""What real devices and real units have sent: captures, transcripts, vectors, configuration files.

In: files of this repository. Out: bytes. Never: a file from elsewhere.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from drivers.bus.transcript import Act, parse_serial
from drivers.sim.captures import read_hexdump, read_lines

ROOT: Final = Path(__file__).resolve().parents[2]
_TESTS: Final = ROOT / "tests"


@cache
def frames(*captures: str) -> tuple[bytes, ...]:
    """Return the frames of captures."""
    return tuple(frame for name in captures for frame in read_hexdump(_TESTS / "captures" / f"{name}.hexdump")[:200])


@cache
def lines(*captures: str) -> tuple[bytes, ...]:
    """Return the lines of captures."""
    return tuple(line for name in captures for line in read_lines(_TESTS / "captures" / f"{name}.log")[:300])


@cache
def arrived(transcript: str) -> tuple[bytes, ...]:
    """Return what arrived in a serial transcript, piece by piece."""
    steps = parse_serial(_TESTS.joinpath("transcripts", f"{transcript}.txt").read_text(encoding="utf-8")).steps
    return tuple(step.data for step in steps if step.act is Act.ARRIVED)


@cache
def vectors(name: str) -> Any:  # noqa: ANN401 - what a JSON file holds
    """Return a file of vectors."""
    return json.loads(_TESTS.joinpath("vectors", f"{name}.json").read_text(encoding="utf-8"))


@cache
def texts(pattern: str) -> tuple[bytes, ...]:
    """Return the files of this repository whose path matches."""
    return tuple(file.read_bytes() for file in sorted(ROOT.glob(pattern)))
