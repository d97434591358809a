"""The tripwire: which fields look like somebody's identifier."""

import random
import re

from drivers.tripwire import LONGEST_LOOK, Tally, kind_of
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator

_SOMEBODY = (
    *(
        b"02:00:00:00:00:01",
        b"0200.5e00.0001",
        b"02005e-00001f",
        b"192.168.10.20",
        b"2001:db8::1",
        b"::ffff:10.0.0.1",
    ),
    *(b"somebody@city.example", b"+49 170 1234567", b"0170/1234567", b"(212) 555-0123", b"4111 1111 1111 1111"),
    *(b"HH-AB 1234", b"AB12 XYZ", b"1-ABC-123", b"somebody%40city.example", b"00436601234567"),
)
_NOBODY = (
    b"21.5",
    b"-273.15",
    b"1700000000.123",
    b"12:30:59",
    b"2026-05-17",
    b"TotalAcc  1.23 mm",
    b"0x1f6d6048",
    b"1e-09",
)


class Tripwire(Fuzzer):
    """A field is of one kind, as bytes and as text, whatever is around it; digits alone are nobody's number."""

    name = "tripwire"

    def __init__(self) -> None:
        words = (b"0", b"+", b"-", b" ", b":", b".", b"@", b"00", b"\xc3\x84", b"\xd9\xa3", b"\xff", b"1" * 40, b"A")
        self._mutate = Mutator(seeds=[*_SOMEBODY, *_NOBODY], words=words, longest=300, joined=3)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        kind = kind_of(data)
        assert kind_of(data[:LONGEST_LOOK].decode(errors="replace")) is kind, "another kind as text"
        bare = data.strip(b" \t\r\n\0\"'`<>")
        if len(data) < LONGEST_LOOK - 4:
            assert kind_of(b' "' + data + b'"\r') is kind_of(bare) is kind, "what is around it matters"
        assert kind is None or not re.fullmatch(rb"[1-9][0-9]{0,11}", bare), "a number is somebody"
        tally = Tally()
        assert tally.stops([b"21.5", data]) == (kind is not None)
        assert dict(tally.counts) == ({} if kind is None else {kind.value: 1}), "it is counted otherwise"
        return kind is not None


FUZZERS: tuple[Fuzzer, ...] = (Tripwire(),)
