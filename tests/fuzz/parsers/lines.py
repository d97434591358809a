"""Lines of text: ultrasonic, rain, radar, and the travel-time scanner."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from drivers.errors import InvalidData
from drivers.mac_scanner import lines as mac_scanner
from drivers.maxbotix import decode as maxbotix_decode
from drivers.maxbotix import lines as maxbotix
from drivers.maxbotix.options import Options as MaxbotixOptions
from drivers.ops243 import lines as ops243
from drivers.rg15 import decode as rg15_decode
from drivers.rg15 import lines as rg15
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer, StreamParser

_DISTURBING = (
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b" ",
    b",",
    b"+49 170 1234567",
    b"02:00:00:00:00:01",
    b"A" * 300,
)


class Lines(StreamFuzzer):
    """Every item is what one line of the input, looked at alone, says in integers within its sensor's form."""

    def __init__(
        self,
        name: str,
        parser: Callable[[], StreamParser],
        judge: Callable[[Any], None],
        *,
        examples: Sequence[bytes],
        words: Sequence[bytes],
        end: bytes,
        longest: int,
    ) -> None:
        self.name = f"lines-{name}"
        self._parser = parser
        self._judge = judge
        self._end = end
        self._mutate = Mutator(seeds=examples, words=(*words, *_DISTURBING), longest=2 * longest)
        self.most_kept = longest

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def parser(self) -> StreamParser:
        return self._parser()

    def judge(self, data: bytes, items: Sequence[Any]) -> None:
        for item in items:
            self._judge(item)
        complete = data.split(self._end)[:-1]
        alone = [item for line in complete for item in self._parser().feed(line + self._end)]
        assert alone == list(items), "a line says something else between others"


def _maxbotix(number: int) -> None:
    assert 0 <= number <= 9999, "more than four digits"
    assert all(
        type(value) in (int, type(None)) for value in maxbotix_decode.values(number, MaxbotixOptions()).values()
    )


def _rg15(item: rg15.Item) -> None:
    if isinstance(item, rg15.Notice):
        return
    assert min(item.acc, item.event, item.total, item.intensity) >= 0, "less rain than none"
    assert all(type(tick) is int for tick in rg15_decode.ticks(item).values())
    try:
        rg15_decode.values(item, before=None)
    except InvalidData:
        assert not item.metric, "millimetres refused"


def _ops243(report: ops243.Report) -> None:
    assert type(report.cm_s) is int
    assert abs(report.cm_s) < 1_000_000, "faster than five digits can say"


def _sighting(sighting: mac_scanner.Sighting) -> None:
    address, strength_dbm = sighting
    assert len(address) == 6, "no address"
    assert address not in (bytes(6), b"\xff" * 6), "nobody"
    assert strength_dbm is None or -127 <= strength_dbm <= 20, "stronger than there is"


_RG15 = (
    *seeds.arrived("rg15"),
    b"Acc 0.01 in, EventAcc 0.1 in, TotalAcc 1.11 in, RInt 0.000 iph, TooCold LensBad\r\n",
)
_OPS243 = (
    *seeds.arrived("ops243"),
    b'{"speed":0.58, "direction":"inbound", "time":105, "tick":135}\r\n',
    b'{"DetectedObjectVelocity":"-12.3"}\r\n',
    b"137.429,3.6\r\n",
    b'"mps",7\n',
    b"-1\n",
)
FUZZERS: tuple[Fuzzer, ...] = (
    Lines(
        "maxbotix",
        maxbotix.parser,
        _maxbotix,
        examples=(*seeds.arrived("maxbotix"), b"R0480 \r", b"R1234 P1\r", b"R765\r"),
        words=(b"R", b"R9999\r", b"P0"),
        end=maxbotix.END,
        longest=maxbotix.LONGEST_LINE,
    ),
    Lines(
        "rg15",
        rg15.parser,
        _rg15,
        examples=(*_RG15, b"PwrDays 12\r\n", b"Reset N\r\n", b"EmSat\n", b"; comment\n"),
        words=(b"Acc ", b" mm", b" in", b"mmph", b"TooCold", b"EmSat", b"LensBad", b"Reset", b"0.000"),
        end=rg15.END,
        longest=rg15.LONGEST_LINE,
    ),
    Lines(
        "ops243",
        ops243.parser,
        _ops243,
        examples=_OPS243,
        words=(
            b'"speed":',
            b'"direction":"outbound"',
            b"{",
            b"}",
            b"[",
            b'"',
            b":",
            b"NaN",
            b"1e9",
            b"\\u0031",
            b"1\n",
        ),
        end=ops243.END,
        longest=ops243.LONGEST_LINE,
    ),
    Lines(
        "mac-scanner",
        mac_scanner.LineParser,
        _sighting,
        examples=(*seeds.arrived("mac_scanner"), b"02:00:00:00:00:01,-67\n", b"ff:ff:ff:ff:ff:ff,127\r\n"),
        words=(b":", b"-128", b"127", b"-", b"00:"),
        end=b"\n",
        longest=mac_scanner.LONGEST_LINE,
    ),
)
