"""Lines that a file declares: fields between separators, patterns, JSON; with checksums and without."""

import json
import random
from collections.abc import Sequence

from drivers.declared.checks import CRCS, Check
from drivers.declared.lines import LONGEST_IDENTIFIER, LineChannel, LineCheck, LineForm, LineParser
from drivers.declared.samples import Sample
from drivers.declared.scaling import Scaling, number
from drivers.declared.splitters import Delimited, Json, Patterned
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer

_LONGEST = 48
_HUNDREDTHS = Scaling(factor=100, unavailable=(-9999,))
_WORDS = (
    b",",
    b"\n",
    b"\r\n",
    b";",
    b"\x02",
    b"\x03",
    b" ",
    b"1e99",
    b".",
    b"-",
    b"OPEN",
    b"NaN",
    b"\xff",
    b"x" * 50,
    b"\r" * 3,
)


def _channels(first: str | int, second: str | int) -> tuple[LineChannel, ...]:
    words = ((b"OPEN", 1), (b"SHUT", 0))
    return (
        LineChannel(name="x", key=first, scaling=_HUNDREDTHS, words=words, unavailable=(b"NaN",)),
        LineChannel(name="who", key=second, scaling=None),
    )


class DeclaredLines(StreamFuzzer):
    """No text comes out: a value is an integer, None, or an identifier that stands in the input in one piece."""

    most_kept = _LONGEST + 4

    def __init__(
        self, name: str, form: LineForm, fields: Delimited | Patterned | Json, examples: Sequence[bytes]
    ) -> None:
        self.name = f"declared-lines-{name}"
        self._form = form
        self._split = fields.splitter()
        self._mutate = Mutator(seeds=examples, words=_WORDS, longest=3 * _LONGEST)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def parser(self) -> LineParser:
        return LineParser(self._form, self._split)

    def judge(self, data: bytes, items: Sequence[Sample]) -> None:
        text = data.decode(errors="replace")
        for sample in items:
            assert sample.values.keys() == {"x", "who"}, "another channel"
            assert type(sample.values["x"]) in (int, type(None)), "a value that is no integer"
            assert all(type(tick) is int for tick in sample.raw.values())
            who = sample.values["who"]
            assert who is None or (isinstance(who, bytes) and 0 < len(who) <= LONGEST_IDENTIFIER), "no identifier"
            assert who is None or who in data or self._written(who.decode(errors="replace"), text), "not in the input"
        assert len(items) <= data.count(self._form.end), "more samples than lines"

    @staticmethod
    def _written(who: str, text: str) -> bool:
        """Return whether a JSON text holds a word, which may be written with escapes."""
        return "\\" in text or "?" in who or json.dumps(who)[1:-1] in text or who in text


class Numbers(Fuzzer):
    """A number is what Python's own exact reading of the same text gives, and nothing else is a number."""

    name = "declared-numbers"

    def __init__(self) -> None:
        examples = (b"1", b"-12.50", b"+.5e3", b"1e-20", b"99999999999999999.123456789", b" 7. ", b"0x10", b"inf")
        self._mutate = Mutator(
            seeds=examples, words=(b"e", b".", b"-", b"+", b"_", b"0" * 18, b" "), longest=40, joined=1
        )

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        from fractions import Fraction  # noqa: PLC0415 - the only one who needs it

        found = number(data)
        if found is None:
            return False
        exact = Fraction(found) if isinstance(found, int) else Fraction(*found)
        plain = (
            data.strip().rstrip(b".")
            if data.strip().endswith(b".")
            else data.strip().replace(b".e", b"e").replace(b".E", b"e")
        )
        assert exact == Fraction(plain.decode("ascii")), "another number"
        return True


_CHECKED = LineForm(
    longest=_LONGEST,
    end=b"\r\n",
    begins=b"\x02Q",
    check=LineCheck(check=Check(name="xor8"), after=b"\x02", before=b"\x03"),
    requirements=((4, (b"M",)),),
    channels=_channels(2, 3),
)
_CRC = LineForm(
    longest=_LONGEST,
    end=b"\n",
    check=LineCheck(check=Check(name="crc16-modbus", crc=CRCS["crc16-modbus"]), after=b"", before=b"*"),
    channels=_channels(1, 2),
)
_PATTERN = r"^(?P<kind>[A-Z]{1,4})=(?P<x>[+-]?\d+(?:\.\d*)?)(?:;(?P<who>[^;]*))?$"
_PATHS: tuple[tuple[str | int, tuple[str | int, ...]], ...] = (
    ("wind.speed", ("wind", "speed")),
    ("id[0]", ("id", 0)),
)
_GILL = (b"\x02Q,229,002.74,M,00,\x0316\r\n", b"\x02Q,,,M,60,\x03" + b"3B\r\n", b"\x02P,1,2,M\x0300\r\n")


def _crced(text: bytes) -> bytes:
    return text + b"*%04X\n" % CRCS["crc16-modbus"].of(text)


FUZZERS: tuple[Fuzzer, ...] = (
    DeclaredLines("checked", _CHECKED, Delimited(separator=b",", count=6), _GILL),
    DeclaredLines(
        "crc", _CRC, Delimited(separator=None), (_crced(b"1.5 tag"), _crced(b"OPEN someone"), _crced(b"-9999"))
    ),
    DeclaredLines(
        "delimited",
        LineForm(longest=_LONGEST, channels=_channels(1, 2)),
        Delimited(separator=b","),
        (b"1.5,0001\n", b"SHUT, abc \r\n", b"NaN,\n", b",x\n"),
    ),
    DeclaredLines(
        "pattern",
        LineForm(longest=_LONGEST, end=b";\n", channels=_channels("x", "who")),
        Patterned(pattern=_PATTERN),
        (b"R=12.5;abc;\n", b"TEMP=-4;\n", b"A=1;;\n"),
    ),
    DeclaredLines(
        "json",
        LineForm(longest=_LONGEST, channels=_channels("wind.speed", "id[0]")),
        Json(paths=_PATHS),
        (b'{"wind":{"speed":1.5},"id":["ab"]}\n', b'{"wind":{"speed":"OPEN"}}\n', b'{"id":[7,8]}\n', b"[[[[[[\n"),
    ),
    Numbers(),
)
