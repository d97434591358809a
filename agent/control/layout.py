"""The file form of the control state: values in, bytes out, and back. Pure.

In: a control state, or unverified bytes. Out: the other. Never: a half-read state; whatever is not exactly what
`encode` makes is damage.

One line with the format, the number of the writing and the SHA-256 of what follows, then JSON. The number grows with
every writing, so that of two files the newer one is known.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from agent.control.record import ControlState, Result, Taken
from agent.control.standing import RANK, Governed, Standing
from agent.wire.entries import StateEvent
from agent.wire.orders import Order, Refusal, Role

MAX_FILE_BYTES: Final = 4 << 20
_MAGIC: Final = b"lamppost-control"
_FORMAT: Final = b"1"
_MOST_DIGITS: Final = 19
"""Of the number of the writing."""
_STATES: Final = {int(order): order for order in (Order.RUN, Order.HOLD, Order.SUSPEND)}


_T = TypeVar("_T")


class Damaged(ValueError):
    """Not a control state."""


def encode(state: ControlState, number: int) -> bytes:
    """Return the file of a state."""
    body = json.dumps(_state_map(state), sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return b" ".join((_MAGIC, _FORMAT, str(number).encode(), _digest(number, body))) + b"\n" + body


def decode(data: bytes) -> tuple[ControlState, int]:
    """Return the state in a file, and the number of its writing.

    Raises:
        Damaged: it is not what `encode` makes.
    """
    head, _, body = data.partition(b"\n")
    words = head.split(b" ")
    if len(data) > MAX_FILE_BYTES or len(words) != len((_MAGIC, _FORMAT, b"number", b"hash")):
        raise Damaged("expected a control state, found something else")
    if words[0] != _MAGIC or words[1] != _FORMAT or not words[2].isdigit() or len(words[2]) > _MOST_DIGITS:
        raise Damaged("expected a control state of format 1, found something else")
    number = int(words[2])
    if words[3] != _digest(number, body):
        raise Damaged("its checksum does not hold")
    try:
        state = _read_state(json.loads(body))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged("its checksum holds, and still it is not a control state of this version") from error
    return state, number


def _digest(number: int, body: bytes) -> bytes:
    return hashlib.sha256(str(number).encode() + b"\n" + body).hexdigest().encode()


def _state_map(state: ControlState) -> dict[str, object]:
    return {
        "unit": state.unit,
        "version": state.version,
        "everywhere": _words(state.everywhere),
        "streams": {stream: _words(governed) for stream, governed in state.streams.items()},
        "last": None if state.last is None else _taken_map(state.last),
        "purges": dict(state.purges),
        "event": None if state.event is None else int(state.event),
        "lost": state.lost,
    }


def _words(governed: Governed) -> dict[str, object]:
    return {
        word.role.value: {
            "order": int(word.order),
            "version": word.version,
            "document": word.document.hex(),
            "reference": word.reference,
        }
        for word in governed.words
    }


def _taken_map(taken: Taken) -> dict[str, object]:
    return {
        "version": taken.version,
        "document": taken.document.hex(),
        "reference": taken.reference,
        "role": taken.role.value,
        "local": taken.local,
        "results": [
            [result.stream, int(result.order), int(result.refusal), result.everywhere] for result in taken.results
        ],
        "done": taken.done,
    }


def _read_state(value: Mapping[str, Any]) -> ControlState:
    return ControlState(
        unit=_exact(value["unit"], str),
        version=None if value["version"] is None else _exact(value["version"], int),
        everywhere=_read_words(value["everywhere"]),
        streams={stream: _read_words(words) for stream, words in value["streams"].items()},
        last=None if value["last"] is None else _read_taken(value["last"]),
        purges={stream: None if until is None else _exact(until, int) for stream, until in value["purges"].items()},
        event=None if value["event"] is None else StateEvent(_exact(value["event"], int)),
        lost=_exact(value["lost"], str),
    )


def _read_words(value: Mapping[str, Any]) -> Governed:
    words = [
        Standing(
            role=Role(role),
            order=_STATES[_exact(word["order"], int)],
            version=_exact(word["version"], int),
            document=bytes.fromhex(word["document"]),
            reference=_exact(word["reference"], str),
        )
        for role, word in value.items()
    ]
    return Governed(tuple(sorted(words, key=lambda word: RANK[word.role])))


def _read_taken(value: Mapping[str, Any]) -> Taken:
    return Taken(
        version=_exact(value["version"], int),
        document=bytes.fromhex(value["document"]),
        reference=_exact(value["reference"], str),
        role=Role(value["role"]),
        local=_exact(value["local"], bool),
        results=tuple(_read_result(*result) for result in value["results"]),
        done=_exact(value["done"], bool),
    )


def _read_result(stream: object, order: int, refusal: int, everywhere: object) -> Result:
    return Result(
        stream=None if stream is None else _exact(stream, str),
        order=Order(order),
        refusal=Refusal(refusal),
        everywhere=_exact(everywhere, bool),
    )


def _exact(value: object, kind: type[_T]) -> _T:
    if type(value) is not kind:
        raise Damaged("a field of another type")
    return value
