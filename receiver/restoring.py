"""Tells when the store is an older copy of itself: after a restore the receiver begins a new epoch and asks again.

In: a store, and a small file beside it. Out: whether the store was restored. Never: a change to what was received.

The file holds a random name that is new at every start, also in the store, the counter of the last receipt, and the
receiver's epoch. After a restore the store has another name, or a lower counter than was given out; the epoch that
then begins is later than that of the store and that of the file. Where a whole folder came back, file and
store agree: then `lamppost-receiver restored` says so. To be wrong costs little: units are asked for what they have
not sent yet. The file is written behind the commit and not synced: at worst it knows less than the store.
"""

import os
from pathlib import Path

from receiver.epochs import later_epoch
from receiver.errors import StorageError
from receiver.store import Store

_NAME_BYTES = 16
_COUNTER_BYTES = 8
_COUNTER_END = _NAME_BYTES + _COUNTER_BYTES


def beside(path: Path) -> Path:
    """Return where the small file of a store is."""
    return path.with_name(path.name + ".instance")


class Witness:
    """The small file, while the receiver is at work. Make one with `take_up`.

    Attributes:
        restored: the store was restored before this start.
    """

    def __init__(self, descriptor: int, *, restored: bool) -> None:
        self._descriptor = descriptor
        self.restored = restored

    def note(self, counter: int) -> None:
        """Keep the counter of a receipt that a commit has earned; a failure is no harm."""
        try:
            os.pwrite(self._descriptor, counter.to_bytes(_COUNTER_BYTES, "big"), _NAME_BYTES)
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def take_up(store: Store, path: Path) -> Witness:
    """Begin to work on a store, with a new epoch if it was restored.

    Raises:
        StorageError: nothing can be written.
    """
    known, (name, counter, epoch) = store.instance, _read(path)
    restored = known is not None and (known != name or store.counter < counter)
    new_epoch = later_epoch(store.receiver_epoch, epoch) if restored else None
    fresh = os.urandom(_NAME_BYTES)
    try:  # first beside: a start that is cut off in between is taken for a restore, and no harm done
        descriptor = os.open(beside(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(descriptor, fresh + bytes(_COUNTER_BYTES) + (new_epoch or store.receiver_epoch), 0)
        os.fsync(descriptor)
    except OSError as error:
        raise StorageError(f"{beside(path)}: cannot be written: {error.strerror}") from error
    store.begin(fresh, epoch=new_epoch)
    witness = Witness(descriptor, restored=restored)
    witness.note(store.counter)
    return witness


def declare_restored(store: Store, path: Path) -> None:
    """Have the next start find that the store was restored.

    Raises:
        StorageError: nothing can be written.
    """
    try:
        beside(path).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{beside(path)}: cannot be removed: {error.strerror}") from error
    if store.instance is None:
        store.begin(os.urandom(_NAME_BYTES), epoch=None)


def _read(path: Path) -> tuple[bytes, int, bytes]:
    """Return name, counter and epoch; empty ones where there is no file."""
    try:
        data = beside(path).read_bytes()
    except OSError:
        return b"", 0, b""
    return data[:_NAME_BYTES], int.from_bytes(data[_NAME_BYTES:_COUNTER_END], "big"), data[_COUNTER_END:]
