"""Counting different identifiers without keeping one: HMAC-SHA-256 under a random key that lives for one window.

The key is made at the first sighting of a window, kept in a bytearray in RAM, and overwritten when the window closes.
Pseudonyms are cut to 16 bytes and never leave the object that holds the key: no representation, no copy, no pickle.
"""

import hmac
from collections.abc import Callable
from typing import ClassVar, Final, NoReturn

from agent.privacy.errors import NoRandomness
from agent.privacy.rounding import Exact
from agent.quality import Quality

KEY_BYTES: Final = 32
PSEUDONYM_BYTES: Final = 16
MAX_DISTINCT: Final = 100_000
"""No window remembers more than this, whatever its range says: about 10 MB."""

RandomBytes = Callable[[int], bytes]
"""Returns that many bytes nobody can guess: `os.urandom` on a unit."""


def pseudonym(identifier: bytes, key: bytearray) -> bytes:
    """Return what stands for an identifier while its window is open."""
    return hmac.digest(key, identifier, "sha256")[:PSEUDONYM_BYTES]


class Keyed:
    """What remembers pseudonyms under a key of its own, for one window."""

    __slots__ = ("_key", "_random_bytes")

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._key: bytearray | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise TypeError("pseudonyms are neither copied nor exported")

    def _name(self, identifier: bytes) -> bytes:
        """Return the identifier's pseudonym.

        Raises:
            NoRandomness: there is no key to be had; the caller withholds the window.
        """
        key = self._key
        if key is None:
            key = self._key = _new_key(self._random_bytes)
        return pseudonym(identifier, key)

    def wipe(self) -> None:
        """Overwrite the key."""
        if self._key is not None:
            self._key[:] = bytes(len(self._key))
            self._key = None


class Distinct(Keyed):
    """The number of different identifiers in one window.

    Attributes:
        reason: why there is no result; there always is one.
        saturated: more came than can be remembered; the result is the bound.
    """

    __slots__ = ("_bound", "_seen", "saturated")

    reason: ClassVar[Quality | None] = None

    def __init__(self, *, bound: int, random_bytes: RandomBytes) -> None:
        super().__init__(random_bytes)
        self._bound = min(bound, MAX_DISTINCT)
        self._seen: set[bytes] = set()
        self.saturated = False

    def add(self, identifier: bytes, /) -> None:
        """Take one sighting.

        Raises:
            NoRandomness: there is no key to be had; the caller withholds the window.
        """
        name = self._name(identifier)
        if len(self._seen) < self._bound:
            self._seen.add(name)
        elif name not in self._seen:
            self.saturated = True

    def result(self) -> Exact:
        """Return how many different ones came; zero is a count too."""
        return len(self._seen), 1

    def wipe(self) -> None:
        """Overwrite the key and forget the pseudonyms."""
        super().wipe()
        self._seen.clear()


def _new_key(random_bytes: RandomBytes) -> bytearray:
    key = bytearray(random_bytes(KEY_BYTES))
    if len(key) != KEY_BYTES or not any(key):
        raise NoRandomness("the source of random bytes gave no usable key")
    return key
