"""Deterministic CBOR: values in, bytes out, and back; with `cose` the home of cbor2.

In: what a layout has made, or bytes whose signature holds. Out: bytes with the shortest lengths; the one object in
bytes that encode to themselves again. Never: a tag, an indefinite length, a key twice, a byte too many.
"""

from typing import Any, NoReturn

import cbor2

from agent.wire.errors import MalformedPayload

MAX_PAYLOAD_BYTES = 1 << 20
_MAX_DEPTH = 8


def dumps(value: object) -> bytes:
    """Return CBOR with the shortest lengths; deterministic where the keys of maps are already in order."""
    try:
        return cbor2.dumps(value)
    except (cbor2.CBOREncodeError, ValueError) as error:
        raise MalformedPayload("has a value that has no form on the wire") from error


def capped(data: bytes) -> bytes:
    """Return `data` if it is no longer than a payload may be."""
    if len(data) > MAX_PAYLOAD_BYTES:
        raise MalformedPayload(f"longer than {MAX_PAYLOAD_BYTES} bytes")
    return data


def loads(data: bytes) -> object:
    """Return the one object in `data`, which must be in deterministic CBOR without tags."""
    try:
        value = cbor2.loads(
            capped(data),
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=_MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
        again = cbor2.dumps(value, canonical=True)
    except (cbor2.CBORError, ValueError) as error:
        raise MalformedPayload("not CBOR as it is used here") from error
    if again != data:
        raise MalformedPayload("not in deterministic encoding, or followed by more bytes")
    return value


class _RefuseTags(dict[int, Any]):
    """Stands where the decoder looks for what a tag means."""

    def __missing__(self, key: int) -> NoReturn:
        raise MalformedPayload("tags are not allowed")


_NO_TAGS = _RefuseTags()


def _refuse_tag(_tag: object, _immutable: bool) -> NoReturn:  # noqa: FBT001 - cbor2 calls it so
    raise MalformedPayload("tags are not allowed")
