"""Payloads that must be refused although the signature around them may hold."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import cbor2

from agent.wire import payload
from agent.wire.messages import GapReason, Kind
from agent.wire.payload import Payload
from tests.support import wire
from tests.vectors.samples import batch


class Refused(NamedTuple):
    """A payload that must be refused although its signature may hold."""

    name: str
    kind: Kind
    data: bytes
    why: str


def _changed(message: Payload, **changes: Any) -> bytes:  # noqa: ANN401 - any field, to anything
    """Return a payload with fields replaced (``_3=...``) or, with `...`, left out."""
    fields = cbor2.loads(payload.encode(message)) | {int(key[1:]): value for key, value in changes.items()}
    return cbor2.dumps({key: fields[key] for key in sorted(fields) if fields[key] is not ...})


def _column(*values: object, **more: object) -> list[dict[int, object]]:
    return [{0: 0, 1: 0, 2: list(values)} | ({3: more["runs"]} if more else {})]


def _axis(rows: int) -> dict[int, int]:
    return {0: 1_790_000_040_000, 1: 60_000, 2: rows}


def _badly_encoded() -> Iterator[Refused]:
    plain = payload.encode(wire.receipt(counter=5))
    fields = cbor2.loads(plain)
    at = plain.index(b"\x03\x05") + 1
    cases = {
        "empty": (b"", "nothing there"),
        "truncated": (plain[:-1], "the last byte is missing"),
        "trailing byte": (plain + b"\x00", "a byte follows"),
        "integer longer than needed": (plain[:at] + b"\x18\x05" + plain[at + 1 :], "5 in two bytes"),
        "length longer than needed": (plain.replace(b"\x48", b"\x58\x08", 1), "8 in two bytes"),
        "keys in another order": (cbor2.dumps(dict(reversed(fields.items()))), "keys must ascend"),
        "duplicate key": (b"\xaa" + plain[1:3] + plain[1:], "key 0 twice"),
        "indefinite map": (b"\xbf" + plain[1:] + b"\xff", "lengths must be definite"),
        "tag": (plain[:at] + b"\xc1\x05" + plain[at + 1 :], "tags are not allowed"),
        "bignum": (plain[:at] + b"\xc2\x41\x05" + plain[at + 1 :], "tags are not allowed"),
        "float": (plain[:at] + b"\xf9\x45\x00" + plain[at + 1 :], "floats are not allowed"),
        "boolean as integer": (plain[:at] + b"\xf5" + plain[at + 1 :], "true is not 1"),
        "undefined": (plain[:at] + b"\xf7" + plain[at + 1 :], "undefined is not allowed"),
        "text as key": (cbor2.dumps({"0": 1} | fields), "keys are integers"),
        "text that is not UTF-8": (plain.replace(b"corner-7", b"corner-\xff"), "text is UTF-8"),
        "an array": (cbor2.dumps([1]), "a payload is a map"),
    }
    for name, (data, why) in cases.items():
        yield Refused(f"receipt: {name}", Kind.RECEIPT, data, why)


def _bad_batches() -> Iterator[Refused]:
    def case(name: str, why: str, **changes: object) -> Refused:
        return Refused(f"batch: {name}", Kind.BATCH, _changed(batch(), **changes), why)

    yield case("unknown key", "only known keys", _11=0)
    yield case("version 2", "the version is 1", _0=2)
    yield case("no version", "the version is required", _0=...)
    yield case("no declaration", "key 7 is required", _7=...)
    yield case("epoch of 7 bytes", "an epoch has 8", _1=bytes(7))
    yield case("stream with a slash", "names are letters, digits, '_', '.', '-'", _2="corner/air")
    yield case("stream of 65 bytes", "names have at most 64", _2="a" * 65)
    yield case("stream of declarations", "declarations are no batch", _2="_declaration")
    yield case("seq 1 without prev", "only seq 0 has no predecessor", _4=None)
    yield case("seq 0 with prev", "seq 0 has no predecessor", _3=0)
    yield case("seq beyond 63 bits", "integers are at most 2^63-1", _3=1 << 63)
    yield case("no rows", "at least one row", _5=_axis(0), _6=_column())
    yield case("4097 rows", "at most 4096 rows", _5=_axis(4097), _6=_column(*[0] * 4097))
    yield case("65 columns", "at most 64 columns", _6=[{0: index, 1: 0, 2: [0, 0, 0]} for index in range(65)])
    yield case("more values than rows", "one value a row", _5=_axis(2), _6=_column(1, 0, 0))
    yield case("fewer values than rows", "one value a row", _5=_axis(4), _6=_column(1, 0, 0))
    yield case("channels backwards", "channels ascend", _6=[{0: 1, 1: 0, 2: [1] * 3}, {0: 0, 1: 0, 2: [1] * 3}])
    yield case("a float as value", "floats are not allowed", _6=_column(21.5, 0, 0))
    yield case("a sum beyond 63 bits", "sums fit 64 bits with sign", _6=_column((1 << 63) - 1, 1, 0))
    yield case("exponent 19", "exponents are -18 to 18", _6=[{0: 0, 1: 19, 2: [1, 0, 0]}])
    yield case("a null without a reason", "a null has a quality code", _6=_column(1, None, 0))
    yield case("a suppressed value that is there", "a value kept back is null", _6=_column(1, 0, 0, runs=[[0, 1, 1]]))
    yield case("no quality runs, but a list of them", "an empty list is left out", _6=_column(1, 0, 0, runs=[]))
    yield case("a quality run of code 0", "ok is not written", _6=_column(1, 0, 0, runs=[[0, 1, 0]]))
    yield case("a quality run beyond the rows", "runs end with the rows", _6=_column(1, 0, 0, runs=[[2, 2, 7]]))
    yield case("quality runs that overlap", "runs ascend", _6=_column(1, 0, 0, runs=[[0, 2, 7], [1, 1, 6]]))
    yield case("neighbouring runs of one code", "runs are merged", _6=_column(1, 0, 0, runs=[[0, 1, 7], [1, 1, 7]]))
    yield case("an unknown quality code", "codes are 0 to 9", _6=_column(1, 0, 0, runs=[[0, 1, 10]]))
    yield case("padding that is not zero", "padding is zero", _10=b"\x00\x01")
    yield case("a boot that was over before it began", "after is not later than before", _8={0: 2, 3: [5, 4]})
    yield case("bounds of nothing", "what is not there is left out", _8={0: 2, 3: []})
    yield case("an instant of five numbers", "at most four", _8={0: 2, 2: [bytes(16), 1, 2, 3, 4]})


def _other_bad_payloads() -> Iterator[Refused]:
    gap, status, declaration = wire.gap(), wire.status(), wire.declaration()
    content = cbor2.loads(payload.content_bytes(wire.content()))
    yield Refused("gap: a range backwards", Kind.GAP, _changed(gap, _5=[5, 4, bytes(32)]), "first is not after last")
    yield Refused("gap: its own seq", Kind.GAP, _changed(gap, _5=[4, 9, bytes(32)]), "last is before the gap's seq")
    yield from (
        Refused(f"gap: in {stream}", Kind.GAP, _changed(gap, _2=stream), f"{stream} carries no rows")
        for stream in ("_declaration", "_ack", "_log")
    )
    ended = wire.gap(sealed=None, reason=GapReason.DAMAGED, ended=(b"epoch-00", 41))
    yield Refused(
        "gap: an ended epoch without damage", Kind.GAP, _changed(ended, _8=0), "10 comes with reason 3 only"
    )
    yield Refused("gap: its own epoch has ended", Kind.GAP, _changed(ended, _10=[ended.epoch, 1]), "another epoch")
    yield Refused("gap: an ended epoch without a seq", Kind.GAP, _changed(ended, _10=[b"epoch-00"]), "two items")
    yield Refused("gap: reason 5", Kind.GAP, _changed(gap, _8=5), "reasons are 0 to 4")
    yield Refused(
        "status: sensors out of order",
        Kind.STATUS,
        _changed(status, _9=[["b", 0], ["a", 0]]),
        "names ascend",
    )
    yield from (
        Refused(f"status: {name}", Kind.STATUS, _changed(status, _13=value), why)
        for name, value, why in (
            ("no alarms, but a list of them", [], "a default is left out"),
            ("an alarm that is cleared", [["air", "heat", 0]], "states are 1 and 2"),
            ("an alarm of a reserved stream", [["_ack", "heat", 1]], "reserved streams have no alarms"),
            ("an alarm twice", [["air", "heat", 1], ["air", "heat", 2]], "each once"),
            ("alarms out of order", [["b", "a", 1], ["a", "b", 1]], "they ascend"),
        )
    )
    yield from (
        Refused(f"status: {name}", Kind.STATUS, _changed(status, _9=[["a", 0], ["b", 1]], _14=value), why)
        for name, value, why in (
            ("a suspicion of a sensor that is not there", [["c", 1]], "the sensor is in the list"),
            ("a suspicion of a sensor that fails", [["b", 1]], "the sensor's state is 0"),
            ("a suspicion of class 0", [["a", 0]], "classes are 1 to 3"),
            ("a suspicion twice", [["a", 1], ["a", 1]], "they ascend"),
        )
    )
    yield Refused("status: sensor state 4", Kind.STATUS, _changed(status, _9=[["a", 4]]), "states are 0 to 3")
    yield Refused(
        "declaration: in a data stream", Kind.DECLARATION, _changed(declaration, _2="a"), "its stream is _declaration"
    )
    yield Refused(
        "declaration: an unknown key in its content",
        Kind.DECLARATION,
        _changed(declaration, _5=content | {15: 0}),
        "only known keys",
    )
    yield Refused(
        "declaration: a stream twice",
        Kind.DECLARATION,
        _changed(declaration, _5=content | {8: content[8] * 2}),
        "names differ",
    )
    yield Refused("receipt: hash of 31 bytes", Kind.RECEIPT, _changed(wire.receipt(), _8=bytes(31)), "a hash has 32")


def _bad_declarations() -> Iterator[Refused]:
    plain = cbor2.loads(payload.content_bytes(wire.full_content()))
    stream, channel = plain[8][1], plain[8][1][9][0]

    def case(name: str, why: str, part: dict[int, Any], **changes: object) -> Refused:
        before = dict(part)
        part.update({int(key[1:]): value for key, value in changes.items()})
        data = cbor2.dumps(cbor2.loads(payload.encode(wire.declaration())) | {5: plain}, canonical=True)
        part.clear()
        part.update(before)
        return Refused(f"declaration: {name}", Kind.DECLARATION, data, why)

    yield case("hardware empty", "what has its default is left out", plain, _11="")
    yield case("installed on 30 February", "the calendar has the day", plain, _10="2026-02-30")
    yield case("installed, written otherwise", "days are YYYY-MM-DD", plain, _10="20260301")
    yield case("latitude beyond the pole", "latitudes are -90 to 90 degrees", plain, _9=[9_000_001, 0, 500])
    yield case("a location without a grid", "the grid's edge is at least 1 m", plain, _9=[5_252_000, 1_340_500, 0])
    yield case("33 DTPR codes", "at most 32", plain, _14=[f"code-{number}" for number in range(33)])
    yield case("a DTPR code twice", "each once", plain, _14=["a", "a"])
    yield case("access of another kind", "three levels of access", stream, _5="secret")
    yield case("retention of 0 ms", "what has its default is left out", stream, _12=0)
    yield case("epsilon of 0", "fractions have positive parts", stream, _15=[0, 2, 12, 1, 1])
    yield case("noise without sensitivity", "five numbers", stream, _15=[1, 2, 12, 1])
    yield case("a UCUM unit with a blank", "printable ASCII without a blank", channel, _10="m s")
    yield case("a property that is no URI", "a scheme and a colon", channel, _11="air temperature")
    yield case("accuracy unverified", "what has its default is left out", channel, _12="unverified")
    yield case("a bin backwards", "the lower edge is below the upper", channel, _15=[60, 0])


def _bad_answers() -> Iterator[Refused]:
    def case(message: Payload, name: str, why: str, **changes: object) -> Refused:
        kind = payload.KINDS[type(message)]
        return Refused(f"{kind.value.removeprefix('lp-')}: {name}", kind, _changed(message, **changes), why)

    def inside(message: Payload, name: str, why: str, **changes: object) -> Refused:
        content = cbor2.loads(payload.encode(message))[5]
        changed = content | {int(key[1:]): value for key, value in changes.items()}
        return case(message, name, why, _5={key: changed[key] for key in sorted(changed) if changed[key] is not ...})

    control, ack, log = wire.control(), wire.ack(), wire.log()
    yield case(control, "version 2^63", "versions are at most 2^63-1", _2=1 << 63)
    yield case(control, "version 2^64-1", "versions are at most 2^63-1", _2=(1 << 64) - 1)
    yield case(control, "for no unit", "key 1 is required", _1=...)
    yield case(control, "no reference", "1 to 200 bytes", _5="")
    yield case(control, "reference of 201 bytes", "1 to 200 bytes", _5="x" * 201)
    yield case(control, "authority of 1001 bytes", "at most 1000 bytes", _6="x" * 1001)
    yield case(control, "no commands", "at least one", _7=[])
    yield case(control, "257 commands", "at most 256", _7=[[f"s{number}", 1, None] for number in range(257)])
    yield case(control, "order 4", "orders are 0 to 3", _7=[[None, 4, None]])
    yield case(control, "hold until a time", "only a purge has a time", _7=[[None, 1, 5]])
    yield case(control, "for a reserved stream", "reserved streams take no orders", _7=[["_ack", 1, None]])
    yield case(control, "one order for one stream twice", "each once", _7=[["air", 3, 5], ["air", 3, 6]])
    yield case(control, "expiry null", "what is not there is left out", _4=None)
    yield case(ack, "in a data stream", "its stream is _ack", _2="air")
    yield inside(ack, "a purge as state", "states are 0 to 2", _3=[["air", 3, 0, 3, bytes(8), None]])
    yield inside(ack, "refusal 8", "refusals are 0 to 7", _3=[["air", 0, 8, 0, bytes(8), None]])
    yield inside(ack, "an outcome for every stream at once", "one a stream", _3=[[None, 0, 0, 0, bytes(8), None]])
    yield inside(ack, "clock unset, but wall time", "wall time needs a clock", _4=2)
    yield inside(ack, "clock synchronised, but no wall time", "a clock that is set has a time", _5=...)
    yield case(log, "in the stream of acknowledgements", "its stream is _log", _2="_ack")
    yield inside(log, "first 0", "entries count from 1", _3=0)
    yield inside(log, "first beyond what follows the last", "at most last + 1", _3=1442)
    yield inside(log, "nothing kept, but another head than the base", "then they are the same", _3=1441)
    yield inside(log, "an unknown key", "only known keys", _7=0)


def _bad_alarms() -> Iterator[Refused]:
    def case(name: str, why: str, **changes: object) -> Refused:
        return Refused(f"alarm: {name}", Kind.ALARM, _changed(wire.alarm(), **changes), why)

    yield case("in a reserved stream", "reserved streams have no alarms", _2="_ack")
    yield case("seq 1 without prev", "only seq 0 has no predecessor", _3=1, _4=None)
    yield case("a name with a space", "1 to 64 characters of a name", _5="too hot")
    yield case("state 3", "states are 0 to 2", _6=3)
    yield case("a window without a length", "windows have a length", _7={0: 0})
    yield case("a window of length 0", "windows are at least 1 ms", _7={0: 0, 1: 0})
    yield case("a window with a number of rows", "only known keys", _7={0: 0, 1: 1, 2: 1})
    yield case("a window that ends beyond 63 bits", "start and length fit 63 bits", _7={0: (1 << 63) - 1, 1: 1})
    yield case("raised without a value", "null exactly where the state is unknown", _8=None, _9=4)
    yield case("unknown with a value", "null exactly where the state is unknown", _6=2)
    yield case("unknown without a reason", "a null has a quality code", _6=2, _8=None)
    yield case("a suppressed value that is there", "a value kept back is null", _9=1)
    yield case("a float as value", "floats are not allowed", _8=41.1)
    yield case("quality 10", "codes are 0 to 9", _9=10)
    yield case("number 0", "changes count from 1", _10=0)
    yield case("declaration of 31 bytes", "hashes have 32 bytes", _11=bytes(31))
    yield case("no clock", "key 12 is required", _12=...)
    yield case("simulated 0", "booleans are no numbers", _13=0)
    yield case("an unknown key", "only known keys", _14=0)


def _bad_declared_alarms() -> Iterator[Refused]:
    plain = cbor2.loads(payload.content_bytes(wire.full_content()))

    def case(name: str, why: str, *, stream: int = 0, stream_has: object = None, **changes: object) -> Refused:
        changed = plain[8][0][17][0] | {int(key[1:]): value for key, value in changes.items()}
        alarm = {key: changed[key] for key in sorted(changed) if changed[key] is not ...}
        own = plain[8][stream] | (stream_has if isinstance(stream_has, dict) else {}) | {17: [alarm]}
        streams = [own if number == stream else each for number, each in enumerate(plain[8])]
        message = wire.declaration(content=wire.full_content())
        return Refused(
            f"declaration: alarm: {name}", Kind.DECLARATION, _changed(message, _5=plain | {8: streams}), why
        )

    yield case("of a channel that is not there", "channels count from 0", _1=2)
    yield case("of a count", "alarms have channels of class measurement only", stream=1)
    yield case("side 2", "0 below, 1 above", _2=2)
    yield case("above, ends beyond its threshold", "it ends on the near side", _4=4001)
    yield case("below, ends beyond its threshold", "it ends on the near side", _2=0)
    yield case("hold 0", "a default is left out", _5=0)
    yield case("no title, but an empty one", "a default is left out", _6="")
    yield case("a faster window that is none", "shorter than the stream's", _7=[60_000, 1])
    yield case("a faster window askew", "it divides the stream's", _7=[7_000, 1])
    yield case("faster for no time", "at least 1 ms", _7=[10_000, 0])
    yield case("of a stream with a delay", "what is delayed is not told at once", stream_has={13: 1})
    yield case("an unknown key", "only known keys", _8=0)


def refused() -> Iterator[Refused]:
    """Yield every payload that must be refused."""
    yield from _badly_encoded()
    yield from _bad_batches()
    yield from _other_bad_payloads()
    yield from _bad_declarations()
    yield from _bad_answers()
    yield from _bad_alarms()
    yield from _bad_declared_alarms()
