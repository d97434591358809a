"""`lamppost buffer export`: the sealed messages of a unit in one file, for when a person has to carry them.

In: a store, and who may not leave by the city's orders. Out: a file for `lamppost-receiver ingest`. Never: a row that
is not sealed; anything of a dataset that is held or suspended.

Without --key a private copy is read and nothing changes. With it the rest is sealed first, in the store itself, so
that its seqs are given once and the disclosure log knows of it: the agent must be stopped for that.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.buffer.contents import Contents, Sealed, sealed
from agent.buffer.errors import StoreDamaged
from agent.buffer.snapshot import copied
from agent.cli.buffer_look import look
from agent.cli.main import FAILED, OK
from agent.control import state as control
from agent.control.errors import StateLost
from agent.control.record import ControlState
from agent.errors import LamppostError
from agent.wire import bundle, cose, keyfile
from agent.wire.orders import Order

_MODE: Final = 0o600


def export(path: Path, *, out: Path, key: Path | None) -> int:
    """Write the file, tell what is in it, and return the exit code."""
    with copied(path) as copy:
        contents = Contents(copy, look=look)
    if contents.meta is None:
        raise StoreDamaged(
            f"{path}: the header cannot be read, so nobody knows whose it is. Run lamppost buffer repair"
        )
    unit = contents.meta.unit
    state = _orders(path, unit)
    if key is not None:
        from agent.cli.buffer_seal import seal_rest  # noqa: PLC0415 - only who seals needs what seals

        signer = keyfile.load_private(key)
        _check_key(path, signer.kid)
        made = seal_rest(path, unit=unit, key=signer, state=state)
        print(f"sealed now: {made} messages. The store has changed: go on with it, not with an older copy")
    left = _write(path, out, state)
    return _tell(path, left)


def _orders(path: Path, unit: str) -> ControlState:
    try:
        return control.look(path.parent, unit=unit)
    except StateLost as error:
        raise LamppostError(
            f"{error}. Without it nobody knows what the city has ordered to be held: nothing is exported. "
            f"Copy the unit's whole folder, {', '.join(control.NAMES)} included"
        ) from error


def _check_key(path: Path, kid: bytes) -> None:
    """Refuse a key that has not signed what is in the store, where anything is."""
    with copied(path) as copy:
        first = next(sealed(copy, look=look), None)
    if first is not None and cose.peek(first.data).kid != kid:
        raise LamppostError(f"{path}: the messages in it were signed with another key. Give the key of this unit")


def _write(path: Path, out: Path, state: ControlState) -> Counter[tuple[str, str]]:
    """Write what may leave; return how many messages and rows there are, and what was left out."""
    counts: Counter[tuple[str, str]] = Counter()
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    except OSError as error:
        raise LamppostError(
            f"{out}: cannot be written: {error.strerror}. Name a file that does not exist yet"
        ) from error
    with os.fdopen(descriptor, "wb") as file, copied(path) as copy:
        for item in bundle.pack(one.data for one in _leaving(sealed(copy, look=look), state, counts)):
            file.write(item)
        file.flush()
        os.fsync(file.fileno())
    return counts


def _leaving(found: Iterator[Sealed], state: ControlState, counts: Counter[tuple[str, str]]) -> Iterator[Sealed]:
    for one in found:
        order = Order.RUN if one.stream.startswith("_") else state.of(one.stream).state
        if order is Order.RUN:
            counts[one.stream, "messages"] += 1
            counts[one.stream, "rows"] += one.rows
            yield one
        else:
            counts[one.stream, f"left out: the city has ordered {order.name.lower()}"] += 1


def _tell(path: Path, counts: Counter[tuple[str, str]]) -> int:
    with copied(path) as copy:
        contents = Contents(copy, look=look)
    for stream in sorted({stream for stream, _ in counts}):
        told = ", ".join(f"{count} {what}" for (name, what), count in counts.items() if name == stream)
        print(f"{stream}: {told}")
    if not counts:
        print("no sealed messages: nothing is in the file")
    rows = sum(rows.rows for rows in contents.rows)
    if rows:
        print(
            f"{rows} rows are not sealed and stay in the store; --key seals them, "
            "with the unit's key and the agent stopped"
        )
    if contents.faults:
        print(
            f"the store is damaged: {len(contents.faults)} faults, see lamppost buffer verify. "
            "What can be read is in the file"
        )
    print("At the city: lamppost-receiver ingest FILE")
    return FAILED if contents.faults else OK
