"""NMEA 0183: sentences, what they say, and the epochs that they make."""

import random
from collections.abc import Sequence
from functools import reduce
from operator import xor

from drivers.gnss.decode import Part, part
from drivers.gnss.epochs import EpochAssembler
from drivers.gnss.forms import odd_fields
from drivers.gnss.sentences import LONGEST, SentenceParser
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer

_WORDS = (
    b"$",
    b"*",
    b",",
    b",,",
    b"\r\n",
    b"$GPRMC,",
    b"$GNGGA,",
    b"$GNGNS,",
    b".",
    b"-",
    b"235960",
    b"\xff",
    b"99.99",
)
_MENDED = 0.7
_LATITUDES, _LONGITUDES = range(-900_000_000, 900_000_001), range(-1_800_000_000, 1_800_000_001)


class Sentences(StreamFuzzer):
    """Every body stands in the input between $ and * with its checksum, and says nothing that is impossible."""

    name = "nmea"
    most_kept = LONGEST

    def __init__(self) -> None:
        captures = ("gnss-bu353s4", "gnss-ublox-8", "gnss-nmea-fuzzy-cases")
        self._mutate = Mutator(seeds=seeds.lines(*captures), words=_WORDS, longest=260)

    def make(self, chance: random.Random) -> bytes:
        data = self._mutate(chance)
        return _summed(data) if chance.random() < _MENDED else data

    def parser(self) -> SentenceParser:
        return SentenceParser()

    def judge(self, data: bytes, items: Sequence[bytes]) -> None:
        at, assembler = 0, EpochAssembler()
        for number, body in enumerate(items):
            digits = b"%02X" % reduce(xor, body)
            at = data.upper().find(b"$" + body.upper() + b"*" + digits, at) + 1
            assert at > 0, "a sentence that is not in the input"
            assert set(odd_fields(body)) <= set(body.split(b",")), "an odd field that is no field"
            said = part(body)
            if said is None:
                continue
            _possible(said)
            epoch = assembler.add(number, said)
            assert epoch is None or all(value is None or type(value) is int for value in epoch.values().values())


def _possible(said: Part) -> None:
    """Fail on a place or a time that there is not."""
    if said.position is not None:
        assert said.position[0] in _LATITUDES, "beyond a pole"
        assert said.position[1] in _LONGITUDES, "beyond the antimeridian"
        assert said.quality != 0, "a position without a fix"
    assert said.time_ms is None or 0 <= said.time_ms < 86_401_000, "a time that no day has"
    assert said.utc_ms is None or 315_532_800_000 <= said.utc_ms < 3_471_292_800_000, "before 1980 or after 2079"
    assert 0 <= said.quality <= 9, "a quality that there is not"


def _summed(data: bytes) -> bytes:
    """Return the input with right digits behind each ``*``, as far as there is room."""
    pieces = data.split(b"*")
    for number, piece in enumerate(pieces[:-1]):
        body = piece.rpartition(b"$")[2]
        digits = b"%02X" % reduce(xor, body, 0)
        pieces[number + 1] = digits[: len(pieces[number + 1])] + pieces[number + 1][2:]
    return b"*".join(pieces)


FUZZERS: tuple[Fuzzer, ...] = (Sentences(),)
