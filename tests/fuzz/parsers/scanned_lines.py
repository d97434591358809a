"""What a scan hears on a serial line: which models say such things, and which Modbus devices answer."""

import random
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from agent.scanning.advice import about_port
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Findings, Match, Port
from agent.scanning.lines import LineScan, Patience
from agent.scanning.listening import RATES, decided, judged, talking_slaves
from agent.scanning.sections import sections
from drivers.bus.framing import LineFormat, Parity
from drivers.identity import Certainty
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.parsers.modbus import _sealed
from tests.fuzz.pasting import accepted, shown, told

_PATH: Final = "/dev/serial/by-id/usb-fuzz"
_NOISE: Final = b"\x00\xf8\xf9\xfa\xfb\xfc\xfd\xfe"
"""Begins no frame, no line and no Modbus device's answer: what another speed makes of a line."""
_END: Final = {"maxbotix": b"\r", "rg15": b"\n", "ops243": b"\n", "mac_scanner": b"\n"}
"""What ends a line of noise before the first whole one."""
_CAPTURES: Final = ("pmsx003", "pms5003t", "sds01x", "sds198", "mhz19b", "sps30")
_ARRIVED: Final = ("pms5003st", "tfmini", "maxbotix", "rg15", "ops243", "mac_scanner", "gnss", "sps30_serial")


def _frames(head: bytes, size: int, holds: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """Return what counts the pieces that could be frames, wherever they begin."""

    def count(data: bytes) -> int:
        pieces = (data[at.start() : at.start() + size] for at in re.finditer(b"(?=%b)" % re.escape(head), data))
        return sum(len(piece) == size and holds(piece) for piece in pieces)

    return count


def _words(piece: bytes) -> bool:
    return sum(piece[:-2]) & 0xFFFF == int.from_bytes(piece[-2:], "big")


def _dust(piece: bytes) -> bool:
    return sum(piece[2:8]) & 0xFF == piece[8] and piece[9] == 0xAB


def _lines(form: bytes, end: bytes = b"\n") -> Callable[[bytes], int]:
    return lambda data: sum(re.search(form, line) is not None for line in data.split(end)[:-1])


def _sentences(data: bytes) -> int:
    found = 0
    for match in re.finditer(rb"(?=\$([^$*]{1,100})\*([0-9A-Fa-f]{2}))", data, re.DOTALL):
        check = 0
        for byte in match[1]:
            check ^= byte
        found += check == int(match[2], 16)
    return found


_PIECES: Final[dict[str, Callable[[bytes], int]]] = {
    "pmsx003": _frames(b"BM\x00\x1c", 32, _words),
    "pms5003t": _frames(b"BM\x00\x1c", 32, _words),
    "pms5003st": _frames(b"BM\x00\x24", 40, _words),
    "sds011": _frames(b"\xaa", 10, _dust),
    "sds198": _frames(b"\xaa", 10, _dust),
    "mhz19b": _frames(b"\xff\x86", 9, lambda piece: sum(piece[1:]) & 0xFF == 0),
    "tfmini": _frames(b"YY", 9, lambda piece: sum(piece[:8]) & 0xFF == piece[8]),
    "gnss": _sentences,
    "maxbotix": _lines(rb"R[0-9]{3,4}[ P01\s]*$", b"\r"),
    "rg15": lambda data: 2 * _lines(rb"Acc .*,.*,.*,")(data),
    "ops243": _lines(rb"[0-9]"),
    "mac_scanner": _lines(rb"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2},-?[0-9]+\r?$"),
    "sps30_serial": lambda data: 2 * (data.count(b"\x7e") > 1),
}
"""How many pieces could be what a model says, by a search of its own: at least as many as are recognised."""


class Heard(Fuzzer):
    """What is recognised has its frames in the line, stays recognised behind noise, and is all that is told of it."""

    name = "scan-heard"
    inputs = 60_000

    def __init__(self) -> None:
        self._lines = Candidates.built_in().lines
        self._by = {each.model.name: each for each in self._lines}
        said = [b"".join(seeds.frames(name)[at : at + 3]) for name in _CAPTURES for at in range(0, 12, 3)]
        said += [b"".join(seeds.arrived(name)) for name in _ARRIVED]
        answers = [_sealed(bytes.fromhex(text)) for text in ("010302002a", "110402ffff", "018302", "f70301")]
        words = (
            b"BM",
            b"\xaa\xc0",
            b"\xab",
            b"YY",
            b"\xff\x86",
            b"~",
            b"$GP",
            b"*",
            b"\r",
            b"\n",
            b"R1234\r",
            b"Acc ",
        )
        self._mutate = Mutator(
            seeds=[*said, *answers], words=(*words, *answers, b"02:00:00:00:00:01,-67\n"), longest=500, joined=3
        )

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        found, slaves = judged(data, self._lines, rate=None), talking_slaves(data)
        for match in found:
            self._judge(match, data)
        order = [match.certainty for match in found]
        assert order == sorted(order, reverse=True), "the surest is not the first"
        assert decided(found) == (order.count(Certainty.CERTAIN) == 1)
        for rate in RATES:
            fitting = tuple(match for match in found if rate in self._by[match.model].rates)
            assert judged(data, self._lines, rate=rate) == fitting, "another speed, another judgement"
        chance = random.Random(zlib.crc32(data))
        noise = bytes(chance.choices(_NOISE, k=chance.randrange(400)))
        self._again(found, data, noise)
        assert talking_slaves(noise + data) == slaves == sorted(_slaves(data)), "other Modbus devices"
        for simulated in (False, True):
            self._tell(data, LineFormat(chance.choice(RATES)), simulated=simulated)
        return bool(found or slaves)

    def _judge(self, match: Match, data: bytes) -> None:
        assert match.by == self._by[match.model].identity.by, "words that are not the model's own"
        pieces = _PIECES[match.model](data)
        assert pieces >= (2 if match.certainty is Certainty.CERTAIN else 1), "surer than its frames make us"

    def _again(self, found: tuple[Match, ...], data: bytes, noise: bytes) -> None:
        for end in {b"", *_END.values()}:
            behind = judged(noise + end + data, self._lines, rate=None)
            assert set(_ended(behind, end)) == set(_ended(found, end)), "noise before it makes it another"

    def _tell(self, data: bytes, form: LineFormat, *, simulated: bool) -> None:
        scan = LineScan(_PATH, self._lines, Patience(say=lambda _path, _sent, _to: None))
        scan._simulated = simulated
        port = scan._port(data, form)
        if port is None:
            return
        assert port.path == _PATH
        assert port.parity in list(Parity)
        assert port.baudrate in {*RATES, *(each.model.baudrate for each in self._lines)}, "no speed"
        assert not port.problem
        tell(port)


def tell(port: Port) -> None:
    """Fail unless what is printed of a port can be pasted, and shown."""
    pasted = sections(Findings(ports=(port,)))
    buses = accepted(pasted).get("bus", {})
    assert [bus["path"] for bus in buses.values()] == [port.path] * bool(port.matches or port.slaves), "another bus"
    warnings = tuple(about_port(port.path, port, lasting=None, unsteady=False))
    told(Findings(ports=(port,), warnings=warnings).plain())
    for text in (pasted, *warnings):
        shown(text)


def _ended(found: tuple[Match, ...], end: bytes) -> Iterator[tuple[str, Certainty]]:
    return ((match.model, match.certainty) for match in found if _END.get(match.model, b"") == end)


def _slaves(data: bytes) -> set[int]:
    """Return the slaves of all answers, wherever they begin, by a search of its own."""
    found = set()
    for at, slave in enumerate(data):
        size = _answer_bytes(data[at + 1 : at + 3])
        if 1 <= slave <= 247 and size and len(data) - at >= size:
            frame = data[at : at + size]
            if _sealed(frame[:-2]) == frame:
                found.add(slave)
    return found


def _answer_bytes(head: bytes) -> int:
    """Return how long an answer is whose function and next byte these are; 0 for none."""
    match list(head):
        case [0x81 | 0x82 | 0x83 | 0x84 | 0x85 | 0x86 | 0x90, code] if code:
            return 5
        case [1 | 2 | 3 | 4, count] if 0 < count <= 250:
            return 5 + count
        case [5 | 6 | 15 | 16, _]:
            return 8
    return 0


FUZZERS: tuple[Fuzzer, ...] = (Heard(),)
