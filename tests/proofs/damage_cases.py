"""The damages of `tests.proofs.damage`: what happens to the files of a unit while nobody has them open.

Pages are told apart by the file's own map of them, https://sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages,
read here without any of the agent's code. The schema has no index: `id INTEGER PRIMARY KEY` needs none.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PAGE, FRAME, HEADER = 512, 536, 32
_KINDS = {1: "root", 2: "free", 3: "overflow", 4: "overflow", 5: "tree"}
_INTERIOR, _LEAF = 0x05, 0x0D
NOBODY = 65_534
_BITS = 8


@dataclass
class Files:
    """The files of one unit before a case, and chance."""

    store: Path
    rng: random.Random
    city_seqs: dict[str, int]

    @property
    def wal(self) -> Path:
        """The write-ahead log."""
        return self.store.with_name(self.store.name + "-wal")


Damage = Callable[[Files], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One damage.

    Attributes:
        name: in the table.
        donor: which store it happens to: `closed` in order, `killed` with a backlog, or `online`.
        damage: does it.
        aside: whether a store must be set aside; None where that depends on what was hit.
        renewed: whether a new epoch must begin; None as above.
        least: the least part of what waited that must arrive.
        silent: a few rows of the newest commit may be missing without a word: nothing is left that could tell.
        unprivileged: the agent runs without capabilities.
        twin: another unit has gone on with the same card. What the unit says about itself when it starts, before it
            has heard from the city, may be a fork, as long as the city notices; rows may not.
    """

    name: str
    donor: str
    damage: Damage
    aside: bool | None = True
    renewed: bool | None = True
    least: float = 0.0
    silent: bool = False
    unprivileged: bool = False
    twin: bool = False


def pages(store: Path) -> dict[str, list[int]]:
    """Return the numbers of a store's pages by kind."""
    data = store.read_bytes()
    count = len(data) // PAGE
    entries = PAGE // 5
    found: dict[str, list[int]] = {"map": [], "interior": [], "leaf": [], "free": [], "overflow": [], "schema": [1]}
    base = 2
    while base <= count:
        found["map"].append(base)
        for index in range(min(entries, count - base)):
            number = base + 1 + index
            kind = _KINDS.get(data[(base - 1) * PAGE + 5 * index], "")
            first = data[(number - 1) * PAGE]
            name = {"free": "free", "overflow": "overflow"}.get(kind)
            name = name or {_INTERIOR: "interior", _LEAF: "leaf"}.get(first)
            if name is not None:
                found[name].append(number)
        base += entries + 1
    return found


def _edit(path: Path, change: Callable[[bytearray], None]) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def flip(kind: str) -> Damage:
    """Flip some bits in each of three pages of a kind."""

    def damage(files: Files) -> None:
        if kind == "free":
            _leave_free_pages(files.store)
        numbers = pages(files.store)[kind]
        assert numbers, f"the store has no page of kind {kind}"

        def change(data: bytearray) -> None:
            for number in files.rng.sample(numbers, min(3, len(numbers))):
                for _ in range(_BITS):
                    at = (number - 1) * PAGE + files.rng.randrange(0 if number > 1 else 100, PAGE)
                    data[at] ^= 1 << files.rng.randrange(8)

        _edit(files.store, change)

    return damage


def _leave_free_pages(store: Path) -> None:
    """Use some pages and give them back, as a longer life would."""
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute("INSERT INTO counter (id, name, value) VALUES (99, 'x', zeroblob(9000))")
        db.execute("DELETE FROM counter WHERE id = 99")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def flip_at(offset: int) -> Damage:
    """Flip one bit of the database at an offset."""

    def damage(files: Files) -> None:
        _edit(files.store, lambda data: data.__setitem__(offset, data[offset] ^ 0x10))

    return damage


def zero(where: float) -> Damage:
    """Zero one page, at a part of the file."""

    def damage(files: Files) -> None:
        def change(data: bytearray) -> None:
            at = int(len(data) // PAGE * where) * PAGE
            data[at : at + PAGE] = bytes(PAGE)

        _edit(files.store, change)

    return damage


def cut(share: float) -> Damage:
    """Keep the first part of the database."""
    return lambda files: os.truncate(files.store, int(files.store.stat().st_size * share))


def wal_flip(at: Callable[[int], int]) -> Damage:
    """Flip one bit of the write-ahead log; `at` is given its size."""

    def damage(files: Files) -> None:
        _edit(files.wal, lambda data: data.__setitem__(at(len(data)), data[at(len(data))] ^ 0x40))

    return damage


def wal_gone(files: Files) -> None:
    files.wal.unlink()


def wal_empty(files: Files) -> None:
    files.wal.write_bytes(b"")


def wal_half(files: Files) -> None:
    """Cut the write-ahead log in half, within a frame."""
    os.truncate(files.wal, files.wal.stat().st_size // 2)


def newest_seal_gone(files: Files) -> None:
    """Cut the write-ahead log at the end of a commit, before a message that the city has was sealed: no trace."""
    for end in reversed(_commits(files)):
        os.truncate(files.wal, end)
        if any(
            seq < files.city_seqs[stream] for stream, seq in _next_seqs(files).items() if stream in files.city_seqs
        ):
            return
    raise AssertionError("no commit of the write-ahead log has sealed anything")


def newest_gone(files: Files) -> None:
    """Cut the write-ahead log at the end of the last commit but one: a power cut before it would leave the same."""
    os.truncate(files.wal, _commits(files)[-2])


def _commits(files: Files) -> list[int]:
    """Return where each commit of the write-ahead log ends."""
    data = files.wal.read_bytes()
    return [
        at + FRAME
        for at in range(HEADER, len(data) - FRAME + 1, FRAME)
        if data[at + 8 : at + 16] == data[16:24] and data[at + 4 : at + 8] != bytes(4)
    ]


def _next_seqs(files: Files) -> dict[str, int]:
    """Return the next seq of each stream, read from a copy."""
    copy = files.store.with_name("peek.db")
    shutil.copyfile(files.store, copy)
    shutil.copyfile(files.wal, copy.with_name("peek.db-wal"))
    try:
        with closing(sqlite3.connect(copy)) as db:
            rows = db.execute("SELECT name, max(next_seq) FROM chain JOIN stream ON stream.id = stream GROUP BY name")
            return dict(rows.fetchall())
    finally:
        for name in ("peek.db", "peek.db-wal", "peek.db-shm"):
            copy.with_name(name).unlink(missing_ok=True)


def shm_junk(files: Files) -> None:
    """Put rubbish where another program's index of the write-ahead log would be; the agent keeps none."""
    files.store.with_name(files.store.name + "-shm").write_bytes(files.rng.randbytes(32_768))


def empty(files: Files) -> None:
    files.store.write_bytes(b"")


def folder(files: Files) -> None:
    files.store.unlink()
    (files.store / "lost+found").mkdir(parents=True)


def unreadable(files: Files) -> None:
    """Give the store to somebody else and let nobody read it."""
    files.store.chmod(0)
    if os.geteuid() == 0:
        os.chown(files.store, NOBODY, NOBODY)


def foreign(files: Files) -> None:
    """Put another unit's store in its place: a card that was in the wrong drawer."""
    from agent.buffer import files as stores  # noqa: PLC0415 - makes a store, nothing else

    for name in (files.store, files.wal):
        name.unlink(missing_ok=True)
    stores.prepare(files.store, unit="somebody-else")


def nothing(_files: Files) -> None:
    """The control: a store that is as it was left."""


CASES = (
    Case(
        name="nothing happened, stopped in order", donor="closed", damage=nothing, aside=False, renewed=False, least=1
    ),
    Case(name="nothing happened, killed", donor="killed", damage=nothing, aside=False, renewed=False, least=1),
    Case(name="bit flipped: file header", donor="closed", damage=flip_at(20), least=0.9),
    Case(name="bits flipped: schema", donor="closed", damage=flip("schema"), aside=None, renewed=None, least=0.9),
    Case(name="bits flipped: table interior", donor="closed", damage=flip("interior"), aside=None, renewed=None),
    Case(name="bits flipped: table leaves", donor="closed", damage=flip("leaf"), aside=None, renewed=None),
    Case(name="bits flipped: overflow", donor="closed", damage=flip("overflow"), aside=None, renewed=None),
    Case(name="bits flipped: free list", donor="closed", damage=flip("free"), aside=None, renewed=None, least=0.9),
    Case(name="bits flipped: map of pages", donor="closed", damage=flip("map"), aside=None, renewed=None, least=0.9),
    Case(name="cut to 97 %", donor="closed", damage=cut(0.97)),
    Case(name="cut to half", donor="closed", damage=cut(0.5)),
    Case(name="cut to 1 %", donor="closed", damage=cut(0.01)),
    Case(name="page zeroed: a third in", donor="closed", damage=zero(0.34), aside=None, renewed=None),
    Case(name="page zeroed: near the end", donor="closed", damage=zero(0.9), aside=None, renewed=None),
    Case(name="page zeroed: the first", donor="closed", damage=zero(0.0), least=0.9),
    Case(name="empty file", donor="closed", damage=empty),
    Case(name="folder in its place", donor="closed", damage=folder),
    Case(name="nobody may read it", donor="closed", damage=unreadable, unprivileged=True),
    Case(name="another unit's store", donor="closed", damage=foreign),
    Case(name="write-ahead log gone", donor="killed", damage=wal_gone),
    Case(name="write-ahead log empty", donor="killed", damage=wal_empty),
    Case(name="bit flipped: its header", donor="killed", damage=wal_flip(lambda _: 17)),
    Case(name="bit flipped: its fifth frame", donor="killed", damage=wal_flip(lambda _: HEADER + 4 * FRAME + 99)),
    Case(
        name="bit flipped: its last frame",
        donor="online",
        damage=wal_flip(lambda size: size - 99),
        aside=False,
        least=0.5,
    ),
    Case(name="cut in half", donor="killed", damage=wal_half, aside=None),
    Case(name="newest messages gone, no trace", donor="online", damage=newest_seal_gone, aside=False),
    Case(
        name="newest rows gone, no trace", donor="killed", damage=newest_gone, aside=False, renewed=False, silent=True
    ),
    Case(name="rubbish as its index", donor="killed", damage=shm_junk, aside=False, renewed=False, least=1),
)
