import cbor2
import pytest

from agent.quality import Quality
from agent.wire import payload
from agent.wire.declared import DECLARATIONS
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Batch, Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS
from tests.support import wire

_RUN_CASES = {
    "empty": [],
    "zero length": [[0, 0, 3]],
    "code ok": [[0, 1, 0]],
    "unknown code": [[0, 1, 10]],
    "beyond the rows": [[2, 2, 3]],
    "overlapping": [[0, 2, 7], [1, 1, 3]],
    "backwards": [[2, 1, 3], [0, 1, 7]],
    "neighbours with one code": [[0, 1, 7], [1, 1, 7], [2, 1, 3]],
    "negative start": [[-1, 1, 3]],
    "two numbers": [[2, 1]],
    "four numbers": [[2, 1, 3, 0]],
    "a boolean": [[2, True, 3]],
}
_FIELD_CASES = {
    "epoch too short": (1, bytes(7)),
    "stream with a slash": (2, "corner/air"),
    "stream with a wildcard": (2, "+"),
    "stream empty": (2, ""),
    "stream too long": (2, "a" * 65),
    "stream not ASCII": (2, "straße"),
    "stream of declarations": (2, DECLARATIONS),
    "stream of acknowledgements": (2, ACKNOWLEDGEMENTS),
    "stream of log heads": (2, LOGS),
    "stream reserved": (2, "_other"),
    "seq negative": (3, -1),
    "seq beyond 63 bits": (3, 1 << 63),
    "seq without prev": (4, None),
    "prev without seq": (3, 0),
    "prev too short": (4, bytes(31)),
    "axis of another type": (5, []),
    "step zero": (5, {0: 0, 1: 0, 2: 3}),
    "no rows": (5, {0: 0, 1: 1, 2: 0}),
    "more rows than values": (5, {0: 0, 1: 1, 2: 4}),
    "rows beyond the cap": (5, {0: 0, 1: 1, 2: 4097}),
    "end beyond 63 bits": (5, {0: (1 << 63) - 1, 1: 1, 2: 3}),
    "boot id too short": (5, {0: 0, 1: 1, 2: 3, 3: bytes(15)}),
    "no columns": (6, []),
    "columns beyond the cap": (6, [{0: index, 1: 0, 2: [1, 0, 0]} for index in range(65)]),
    "channel twice": (6, [{0: 1, 1: 0, 2: [1, 0, 0]}, {0: 1, 1: 0, 2: [1, 0, 0]}]),
    "channels backwards": (6, [{0: 1, 1: 0, 2: [1, 0, 0]}, {0: 0, 1: 0, 2: [1, 0, 0]}]),
    "channel beyond the cap": (6, [{0: 64, 1: 0, 2: [1, 0, 0]}]),
    "exponent beyond the cap": (6, [{0: 0, 1: 19, 2: [1, 0, 0]}]),
    "a float": (6, [{0: 0, 1: 0, 2: [1.5, 0, 0]}]),
    "a boolean": (6, [{0: 0, 1: 0, 2: [True, 0, 0]}]),
    "undefined": (6, [{0: 0, 1: 0, 2: [cbor2.undefined, 0, 0]}]),
    "a sum beyond 63 bits": (6, [{0: 0, 1: 0, 2: [(1 << 63) - 1, 1, 0]}]),
    "a difference beyond 63 bits": (6, [{0: 0, 1: 0, 2: [0, 1 << 63, 0]}]),
    "declaration too short": (7, bytes(31)),
    "clock quality unknown": (8, {0: 3}),
    "simulated a number": (9, 1),
    "padding not zero": (10, b"\x00\x01"),
    "padding beyond the cap": (10, bytes(65_536)),
    "padding a number": (10, 0),
}


def _fields(batch: Batch | None = None) -> dict[int, object]:
    fields = cbor2.loads(payload.encode(batch or wire.batch()))
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize("runs", _RUN_CASES.values(), ids=_RUN_CASES.keys())
def test_decode_of_a_bad_quality_run_refuses_it(runs: list[list[int]]) -> None:
    fields = _fields(wire.batch(columns=(wire.column(0, [None, None, None]),)))
    fields[6] = [{0: 0, 1: -2, 2: [None, None, None], 3: runs}]
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.BATCH, cbor2.dumps(fields, canonical=True))


@pytest.mark.parametrize(("key", "value"), _FIELD_CASES.values(), ids=_FIELD_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.BATCH, cbor2.dumps(_fields() | {key: value}, canonical=True))


@pytest.mark.parametrize("key", range(10))
def test_decode_without_a_field_names_the_key(key: int) -> None:
    fields = _fields()
    del fields[key]
    with pytest.raises(MalformedPayload, match=f"key {key} is missing"):
        payload.decode(Kind.BATCH, cbor2.dumps(fields, canonical=True))


def test_encode_writes_the_first_value_whole_and_the_others_as_differences_to_the_last_one() -> None:
    column = wire.column(0, [None, 2150, None, 2148, 2160])
    assert cbor2.loads(payload.encode(wire.batch(columns=(column,))))[6] == [
        {0: 0, 1: -2, 2: [None, 2150, None, -2, 12], 3: [[0, 1, 3], [2, 1, 3]]}
    ]


def test_encode_joins_equal_neighbours_into_one_quality_run() -> None:
    quality = (Quality.PARTIAL, Quality.PARTIAL, Quality.OK, Quality.SATURATED, Quality.PARTIAL)
    column = wire.column(3, [1, 2, 3, 4, 5], quality=quality)
    assert cbor2.loads(payload.encode(wire.batch(columns=(column,))))[6][0][3] == [[0, 2, 7], [3, 1, 6], [4, 1, 7]]


@pytest.mark.parametrize("code", [Quality.SUPPRESSED, Quality.WITHHELD, Quality.BUDGET_SPENT])
def test_a_value_that_was_kept_back_is_refused_on_both_sides(code: Quality) -> None:
    column = wire.column(0, [7], quality=(code,))
    with pytest.raises(MalformedPayload, match="kept back"):
        payload.encode(wire.batch(columns=(column,)))
    fields = _fields() | {5: {0: 0, 1: 1, 2: 1}, 6: [{0: 0, 1: 0, 2: [7], 3: [[0, 1, int(code)]]}]}
    with pytest.raises(MalformedPayload, match="kept back"):
        payload.decode(Kind.BATCH, cbor2.dumps(fields, canonical=True))


def test_a_null_without_a_reason_is_refused_on_both_sides() -> None:
    with pytest.raises(MalformedPayload, match="says why"):
        payload.encode(wire.batch(columns=(wire.column(0, [None], quality=(Quality.OK,)),)))
    fields = _fields() | {5: {0: 0, 1: 1, 2: 1}, 6: [{0: 0, 1: 0, 2: [None]}]}
    with pytest.raises(MalformedPayload, match="says why"):
        payload.decode(Kind.BATCH, cbor2.dumps(fields, canonical=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": b""},
        {"columns": ()},
        {"columns": (wire.column(0, [1, 2]), wire.column(1, [1]))},
        {"columns": (wire.column(0, [1, 2], quality=(Quality.OK,)),)},
        {"columns": (wire.column(0, [1 << 63]),)},
        {"columns": (wire.column(0, [-(1 << 63), (1 << 63) - 1]),)},
        {"columns": (wire.column(0, [0] * 4097),)},
        {"columns": (wire.column(0, [0], exponent=-19),)},
        {"step_ms": 0},
        {"start_ms": -1},
        {"boot_id": b""},
        {"declaration": b""},
        {"seq": 0},
        {"prev": None},
        {"stream": DECLARATIONS},
        {"stream": ACKNOWLEDGEMENTS},
        {"stream": LOGS},
        {"padded_to": 200_000},
    ],
    ids=str,
)
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode(wire.batch(**changes))


def test_padding_makes_batches_of_different_content_equally_long() -> None:
    quiet = wire.batch(padded_to=256, columns=(wire.column(0, [None] * 10),))
    busy = wire.batch(padded_to=256, columns=(wire.column(0, [row * 1000 for row in range(10)]),))
    assert len(payload.encode(quiet)) == len(payload.encode(busy)) == 256


def test_padding_that_cannot_end_exactly_goes_on_to_the_next_multiple() -> None:
    bare = len(payload.encode(wire.batch()))
    for room in (1, 26, 259):  # no byte string has these lengths together with its key and header
        assert len(payload.encode(wire.batch(padded_to=bare + room))) == 2 * (bare + room)
