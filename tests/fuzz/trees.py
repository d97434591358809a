"""Mutates what CBOR says, not how it is written: values exchanged, keys added and taken away, lists made longer.

In: payloads. Out: payloads in deterministic encoding, so that what is in them is looked at, not refused for its form.
Never: a payload that is only noise; bytes are the business of `mutation`.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cbor2

_VALUES: Final[tuple[Any, ...]] = (
    0,
    1,
    23,
    24,
    255,
    2**16,
    2**53,
    2**63 - 1,
    2**63,
    2**64 - 1,
    -1,
    -(2**63),
    -(2**64),
    None,
    True,
    False,
    1.5,
    float("nan"),
    "",
    "air",
    "a" * 64,
    "a" * 65,
    "é",
    "A b",
    b"",
    bytes(8),
    bytes(16),
    bytes(32),
    b"\xff" * 33,
    [],
    [0],
    [0, 0, 0],
    {},
    {0: 0},
    {"a": 1},
    cbor2.CBORTag(1, 0),
)
_ROUNDS: Final = 0.4
_DEEPEST: Final = 12


def _encoded(tree: Any) -> bytes:  # noqa: ANN401 - whatever CBOR can hold
    """Return the tree in deterministic encoding; keys of two kinds do not sort, so their order is as it comes."""
    try:
        return cbor2.dumps(tree, canonical=True)
    except TypeError:
        return cbor2.dumps(tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeMutator:
    """Mutates what is written in a form such as CBOR or JSON.

    Attributes:
        seeds: what it begins with.
        loads, dumps: from bytes to what they say, and back.
        values: what may be put in.
        keys: what may be added to a map.
    """

    seeds: Sequence[bytes]
    loads: Callable[[bytes], Any] = cbor2.loads
    dumps: Callable[[Any], bytes] = _encoded
    values: Sequence[Any] = _VALUES
    keys: Sequence[Any] = range(26)

    def __call__(self, chance: random.Random) -> bytes:
        """Return an input; one in a few is a seed as it is."""
        tree = self.loads(chance.choice(self.seeds))
        for _ in range(int(chance.expovariate(_ROUNDS))):
            tree = self._changed(tree, chance)
        return self.dumps(tree)

    def _changed(self, tree: Any, chance: random.Random) -> Any:  # noqa: ANN401 - whatever a tree can hold
        """Return the tree with one place changed: here, or further down."""
        if isinstance(tree, (dict, list)) and tree and chance.random() < 0.8:
            key = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
            tree = dict(tree) if isinstance(tree, dict) else list(tree)
            if chance.random() < 0.15:
                del tree[key]
            else:
                tree[key] = self._changed(tree[key], chance)
            return tree
        if isinstance(tree, dict) and chance.random() < 0.7:
            return tree | {chance.choice(self.keys): chance.choice(self.values)}
        if isinstance(tree, list) and chance.random() < 0.7:
            return tree + (tree[:1] or [chance.choice(self.values)]) * chance.choice((1, 2, 100))
        return self._other(tree, chance)

    def _other(self, value: Any, chance: random.Random) -> Any:  # noqa: ANN401 - the same
        if type(value) is int and chance.random() < 0.6:
            return value + chance.choice((-1, 1, 2, -value * 2, 2**31, -(2**40)))
        if type(value) in (str, bytes) and chance.random() < 0.4:
            return value + value[:1]
        if chance.random() < 0.1:
            return self._buried(value, chance.randrange(_DEEPEST))
        if chance.random() < 0.3:
            other = self.loads(chance.choice(self.seeds))
            return chance.choice(list(other.values())) if isinstance(other, dict) and other else other
        return chance.choice(self.values)

    @staticmethod
    def _buried(value: Any, depth: int) -> Any:  # noqa: ANN401 - the same
        for _ in range(depth):
            value = [value]
        return value
