"""Control documents that come by hand: from a USB stick into a folder, from there to the running agent.

In: envelopes, unverified. Out: the same, oldest first, each until it is said to be done with. Never: a belief; the
agent verifies what it takes from here as it does what comes from the broker.

The folder `control.inbox` lies beside the outbox. A document appears in it by a rename, whole.
"""

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.control.documents import MAX_DOCUMENT_BYTES
from agent.control.errors import ControlError
from agent.control.medium import own_like_folder, read_file, replace_file

INBOX: Final = "control.inbox"
MOST: Final = 16
"""Documents that may wait."""
_SUFFIX: Final = ".cose"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One document that waits.

    Attributes:
        unverified_data: its envelope.
    """

    unverified_data: bytes
    _path: Path

    def done(self) -> None:
        """Take it away: it was obeyed, or will never be."""
        with contextlib.suppress(OSError):
            self._path.unlink()


class Spool:
    """The folder of documents that come by hand.

    Args:
        folder: the folder of the outbox.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / INBOX

    def put(self, unverified_data: bytes) -> None:
        """Leave a document for the agent.

        Raises:
            ControlError: it is too long, too many wait, or the folder cannot be written.
        """
        if len(unverified_data) > MAX_DOCUMENT_BYTES:
            raise ControlError(f"a control document is at most {MAX_DOCUMENT_BYTES} bytes long")
        name = hashlib.sha256(unverified_data).hexdigest() + _SUFFIX
        try:
            self._make()
            if len(self._names()) >= MOST:
                raise ControlError(f"{self._folder}: {MOST} documents wait already; is the agent running?")
            replace_file(self._folder, name, unverified_data)
        except OSError as error:
            raise ControlError(f"{self._folder}: cannot leave a document here: {error.strerror}") from error

    def take(self) -> tuple[Arrived, ...]:
        """Return the documents that wait, oldest first; each waits on until it is `done`.

        Costs one look at the folder when there is none.
        """
        found = []
        for name in self._names():
            path = self._folder / name
            try:
                found.append(
                    (path.lstat().st_mtime_ns, name, Arrived(read_file(path, most=MAX_DOCUMENT_BYTES), path))
                )
            except OSError:
                with contextlib.suppress(OSError):
                    path.unlink()  # a link, or what nobody can read
        return tuple(arrived for _, _, arrived in sorted(found, key=lambda entry: entry[:2]))

    def _names(self) -> list[str]:
        try:
            names = sorted(path.name for path in self._folder.iterdir())
        except OSError:
            return []
        return [name for name in names if name.endswith(_SUFFIX) and not name.startswith(".")][:MOST]

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            own_like_folder(self._folder.parent, descriptor)
        finally:
            os.close(descriptor)
