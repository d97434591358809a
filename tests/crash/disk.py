"""What a disk can hold after a power cut: a journal played up to a point, and of what was not synced any part.

In: events in their order. Out: files and their contents. Never: less than what was synced.

A medium keeps sectors of `SECTOR` bytes whole, in any order; so a write that was not synced may be there in part, and
a later one without an earlier one. Names are kept by their folder's sync, contents by the file's: neither vouches for
the other (POSIX.1-2017 fsync; Pillai et al., All File Systems Are Not Created Equal, OSDI 2014, section 2).
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path

from tests.crash.journal import ROOT, Event, What

SECTOR = 512
NAME_EVENTS = (What.CREATE, What.FOLDER, What.RENAME, What.UNLINK)


class Way(StrEnum):
    """Which part of what was not synced is there after the cut."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    PREFIX = "a prefix"
    SUBSET = "a random subset"
    FEW = "a few sectors"
    ALMOST = "all but a few sectors"
    NAMES = "names without contents"
    CONTENTS = "contents without names"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a medium keeps whole: a sector, a size, or a name.

    Attributes:
        index: of its event in the journal.
        event: its event.
        at, data: the sector, for a write.
    """

    index: int
    event: Event
    at: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """A disk up to some event.

    Attributes:
        contents: what is synced of each file, by its number.
        names: what is synced of each folder, by its number.
        pieces: what is not synced, in order.
        count: how many events were played.
        whole_bytes: so many at the beginning of a file are never torn.
    """

    contents: dict[int, bytearray] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    pieces: list[Piece] = field(default_factory=list)
    count: int = 0
    whole_bytes: int = 0

    def play(self, event: Event) -> None:
        """Play the next event."""
        if event.what is What.SYNC:
            self._sync(event.node, before=event.at)
        elif event.what is What.WRITE:
            self.pieces += _sectors(self.count, event, whole_bytes=self.whole_bytes)
        elif event.what is not What.SAID:
            self.pieces.append(Piece(self.count, event))
        self.count += 1

    def _sync(self, node: int, *, before: int) -> None:
        done = [piece for piece in self.pieces if piece.index < before and _concerns(piece.event, node)]
        if done:
            put(done, contents=self.contents, names=self.names)
            gone = set(map(id, done))
            self.pieces = [piece for piece in self.pieces if id(piece) not in gone]

    def cut(self, way: Way, rng: random.Random) -> "State":
        """Return what is there after a cut now."""
        return self.keep(CHOICES[way](self.pieces, rng))

    def keep(self, chosen: Sequence[Piece]) -> "State":
        """Return what is there when these of the pieces are."""
        touched = {piece.event.node for piece in chosen}
        contents: dict[int, bytearray] = {
            node: bytearray(data) if node in touched else data for node, data in self.contents.items()
        }
        names = {folder: dict(found) for folder, found in self.names.items()}
        put(chosen, contents=contents, names=names)
        return State(dict(_files(names, contents, ROOT, "")))


@dataclass(frozen=True, slots=True)
class State:
    """Files by their path; None is a folder."""

    files: Mapping[str, bytes | bytearray | None]

    def write(self, folder: Path) -> None:
        """Make these files in an empty folder."""
        for name, data in self.files.items():
            path = folder / name
            if data is None:
                path.mkdir()
            else:
                path.write_bytes(data)

    @property
    def digest(self) -> bytes:
        """What tells it from other states."""
        hashed = blake2b(digest_size=16)
        for name, data in sorted(self.files.items()):
            hashed.update(f"{name}\0{-1 if data is None else len(data)}\0".encode())
            hashed.update(data or b"")
        return hashed.digest()


def _sectors(index: int, event: Event, *, whole_bytes: int) -> list[Piece]:
    pieces, at = [], event.at
    end = event.at + len(event.data)
    while at < end:
        until = min(end, max(whole_bytes, (at // SECTOR + 1) * SECTOR))
        pieces.append(Piece(index, event, at, event.data[at - event.at : until - event.at]))
        at = until
    return pieces


def _concerns(event: Event, node: int) -> bool:
    if event.what in NAME_EVENTS:
        return node in {event.folder, event.to_folder}
    return event.node == node


def put(pieces: Sequence[Piece], *, contents: dict[int, bytearray], names: dict[int, dict[str, int]]) -> None:
    """Put pieces onto what is there, in order."""
    for piece in pieces:
        event = piece.event
        if event.what in NAME_EVENTS:
            _name(event, contents=contents, names=names)
            continue
        data = contents.setdefault(event.node, bytearray())
        if event.what is What.TRUNCATE:
            del data[event.at :]
            data.extend(bytes(event.at - len(data)))
        else:
            data.extend(bytes(max(0, piece.at - len(data))))
            data[piece.at : piece.at + len(piece.data)] = piece.data


def _name(event: Event, *, contents: dict[int, bytearray], names: dict[int, dict[str, int]]) -> None:
    folder = names.setdefault(event.folder, {})
    if event.what in {What.CREATE, What.FOLDER}:
        folder[event.name] = event.node
        if event.what is What.FOLDER:
            names.setdefault(event.node, {})
        else:
            contents.setdefault(event.node, bytearray())
        return
    if folder.get(event.name) == event.node:
        del folder[event.name]
    if event.what is What.RENAME:
        names.setdefault(event.to_folder, {})[event.to_name] = event.node


def _files(
    names: Mapping[int, Mapping[str, int]], contents: Mapping[int, bytearray], node: int, path: str
) -> list[tuple[str, bytearray | None]]:
    found: list[tuple[str, bytearray | None]] = []
    for name, number in names[node].items():
        if number in names:
            found.append((path + name, None))
            found += _files(names, contents, number, f"{path}{name}/")
        else:
            found.append((path + name, contents.get(number, bytearray())))
    return found


# -- which pieces are there


def _prefix(pieces: Sequence[Piece], rng: random.Random) -> Sequence[Piece]:
    return pieces[: rng.randint(0, len(pieces))]


def _subset(pieces: Sequence[Piece], rng: random.Random) -> Sequence[Piece]:
    share = rng.choice((0.1, 0.3, 0.5, 0.7, 0.9))
    return [piece for piece in pieces if rng.random() < share]


def _few(pieces: Sequence[Piece], rng: random.Random) -> Sequence[Piece]:
    chosen = set(rng.sample(range(len(pieces)), min(len(pieces), rng.randint(1, 3))))
    return [piece for number, piece in enumerate(pieces) if number in chosen]


def _almost(pieces: Sequence[Piece], rng: random.Random) -> Sequence[Piece]:
    few = set(map(id, _few(pieces, rng)))
    return [piece for piece in pieces if id(piece) not in few]


CHOICES: Mapping[Way, Callable[[Sequence[Piece], random.Random], Sequence[Piece]]] = {
    Way.NOTHING: lambda _pieces, _rng: (),
    Way.EVERYTHING: lambda pieces, _rng: pieces,
    Way.PREFIX: _prefix,
    Way.SUBSET: _subset,
    Way.FEW: _few,
    Way.ALMOST: _almost,
    Way.NAMES: lambda pieces, _rng: [piece for piece in pieces if piece.event.what in NAME_EVENTS],
    Way.CONTENTS: lambda pieces, _rng: [piece for piece in pieces if piece.event.what not in NAME_EVENTS],
}
