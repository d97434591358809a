"""The city's keys of `[control]`, read from their files.

In: what the configuration names. Out: keys that verify, each with its role. Never: a private key.
"""

from collections.abc import Iterable
from pathlib import Path

from agent.control.documents import ControlKey
from agent.errors import KeyFileError
from agent.wire import keyfile
from agent.wire.orders import Role


def load(keys: Iterable[tuple[Path | str, Role]]) -> dict[bytes, ControlKey]:
    """Return the keys by their id.

    Args:
        keys: file or text of each key, and its role.

    Raises:
        KeyFileError: a key cannot be read, or stands there twice.
    """
    found: dict[bytes, ControlKey] = {}
    for source, role in keys:
        key = keyfile.load_public(source)
        if key.kid in found:
            raise KeyFileError(
                f"[control] keys: the key with id {key.kid.hex()} stands there twice; one key has one role"
            )
        found[key.kid] = ControlKey(key, role)
    return found
