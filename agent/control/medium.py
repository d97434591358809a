"""Small files that are there whole or not at all: the only module of control that opens any for writing.

In: bytes and a name. Out: a file that lasts. Never: a link that is followed, a file that only root can read in a
folder that is the agent's.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

MODE: Final = 0o600


def read_file(path: Path, *, most: int) -> bytes:
    """Return what a file holds, and one byte more than `most` at the very most.

    Raises:
        OSError: it cannot be read, or is a link.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(most + 1)


def replace_file(folder: Path, name: str, data: bytes) -> None:
    """Replace a file by one with other content, whole and durably.

    Raises:
        OSError: it could not be done; the old file is there still.
    """
    draft = folder / f".{name}.new"
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(draft, flags, MODE), "wb") as file:
        own_like_folder(folder, file.fileno())
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)
    sync_folder(folder)


def own_like_folder(folder: Path, descriptor: int) -> None:
    """Give what root makes to whom the folder belongs, so that the agent can use it.

    Raises:
        OSError: it cannot be given away.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last.

    Raises:
        OSError: the medium fails.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
