"""Inputs that have broken an invariant once: kept as files, replayed before anything new is tried.

In: a fuzzer's name, an input. Out: files ``failures/NAME/DIGEST``, each the input as it is, and what they hold.
Never: a file that is taken away: that a mistake was mended is what replaying them shows, for ever.
"""

import hashlib
from pathlib import Path
from typing import Final

from tests.fuzz.fuzzer import Fuzzer, failure

FOLDER: Final = Path(__file__).with_name("failures")
_README: Final = "README.md"


def keep(name: str, data: bytes, *, folder: Path = FOLDER) -> Path:
    """Write an input that broke the invariant of a fuzzer; return its file."""
    file = folder / name / hashlib.sha256(data).hexdigest()[:16]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def kept(name: str, *, folder: Path = FOLDER) -> list[Path]:
    """Return the files of a fuzzer's failures, sorted."""
    return sorted(file for file in (folder / name).glob("*") if file.is_file())


def names(*, folder: Path = FOLDER) -> set[str]:
    """Return the fuzzers that have failures."""
    return {entry.name for entry in folder.iterdir() if entry.name != _README}


def again(fuzzer: Fuzzer, *, folder: Path = FOLDER) -> dict[Path, Exception]:
    """Return which of the kept inputs break the invariant again, and how."""
    found = {file: failure(fuzzer, file.read_bytes()) for file in kept(fuzzer.name, folder=folder)}
    return {file: error for file, error in found.items() if error is not None}
