"""Frames of one length: Plantower's, Nova Fitness's, Winsen's and Benewake's."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers import novafitness, plantower
from drivers.errors import InvalidData
from drivers.framing import FixedFramer
from drivers.mhz19b import decode as mhz19b_decode
from drivers.mhz19b import frames as mhz19b
from drivers.pms5003st.frames import LAYOUT as PMS5003ST
from drivers.pms5003t.frames import LAYOUT as PMS5003T
from drivers.pmsx003.frames import LAYOUT as PMSX003
from drivers.sds011 import decode as sds011_decode
from drivers.sds011 import frames as sds011
from drivers.sds198 import decode as sds198_decode
from drivers.sds198 import frames as sds198
from drivers.tfmini import decode as tfmini_decode
from drivers.tfmini import frames as tfmini
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer

_MENDED = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The frames of one model, as the fuzzer knows them."""

    name: str
    headers: tuple[bytes, ...]
    length: int
    valid: Callable[[bytes], bool]
    values: Callable[[bytes], Mapping[str, int | None]]
    seal: Callable[[bytes], bytes]
    seeds: tuple[bytes, ...]


class FixedFrames(StreamFuzzer):
    """What is found is every frame with header and checksum that a plain search from left to right finds, decoded."""

    def __init__(self, form: Form) -> None:
        self.name = f"frames-{form.name}"
        self._form = form
        self._mutate = Mutator(seeds=form.seeds, words=(*form.headers, form.headers[0][:1]), longest=200)
        self.most_kept = form.length - 1

    def make(self, chance: random.Random) -> bytes:
        data = self._mutate(chance)
        return self._sealed(data) if chance.random() < _MENDED else data

    def parser(self) -> FixedFramer:
        return FixedFramer(*self._form.headers, length=self._form.length, valid=self._form.valid)

    def judge(self, data: bytes, items: Sequence[bytes]) -> None:
        assert list(items) == self._plainly(data), "not the frames of a plain search"
        for frame in items:
            if not frame.startswith(self._form.headers[0]):
                continue
            try:
                values = self._form.values(frame)
            except InvalidData:
                continue
            assert all(value is None or type(value) is int for value in values.values()), "a value that is no integer"

    def _plainly(self, data: bytes) -> list[bytes]:
        """Go through the input byte by byte, taking each frame where it begins."""
        form, at, found = self._form, 0, []
        while at + form.length <= len(data):
            frame = data[at : at + form.length]
            if frame.startswith(form.headers) and self._holds(frame):
                found.append(frame)
                at += form.length
            else:
                at += 1
        return found

    def _holds(self, frame: bytes) -> bool:
        return self._form.seal(frame) == frame

    def _sealed(self, data: bytes) -> bytes:
        """Return the input with right checksums behind its headers."""
        form, at = self._form, 0
        while (at := data.find(form.headers[0], at)) >= 0 and at + form.length <= len(data):
            data = data[:at] + form.seal(data[at : at + form.length]) + data[at + form.length :]
            at += form.length
        return data


def _sum16(frame: bytes) -> bytes:
    return frame[:-2] + (sum(frame[:-2]) & 0xFFFF).to_bytes(2, "big")


def _nova(frame: bytes) -> bytes:
    return frame[:-2] + bytes([sum(frame[2:-2]) & 0xFF, 0xAB])


def _sum8(frame: bytes) -> bytes:
    return frame[:-1] + bytes([sum(frame[:-1]) & 0xFF])


def _negated(frame: bytes) -> bytes:
    return frame[:-1] + bytes([-sum(frame[1:-1]) & 0xFF])


def _plantower(layout: plantower.Layout, capture: Sequence[bytes]) -> Form:
    return Form(
        name=layout.chip,
        headers=(layout.header,),
        length=layout.length,
        valid=plantower.valid,
        values=layout.values,
        seal=_sum16,
        seeds=tuple(frame[: layout.length].ljust(layout.length, b"\0") for frame in capture),
    )


def _novafitness(
    chip: str, header: bytes, values: Callable[[bytes], Mapping[str, int | None]], capture: Sequence[bytes]
) -> Form:
    return Form(
        name=chip,
        headers=(header, novafitness.REPLY_HEADER),
        length=novafitness.LENGTH,
        valid=novafitness.valid,
        values=values,
        seal=_nova,
        seeds=tuple(capture),
    )


_FORMS = (
    _plantower(PMSX003, seeds.frames("pmsx003")),
    _plantower(PMS5003T, seeds.frames("pms5003t")),
    _plantower(PMS5003ST, seeds.arrived("pms5003st")),
    _novafitness(sds011.CHIP, sds011.DATA_HEADER, sds011_decode.values, seeds.frames("sds01x")),
    _novafitness(sds198.CHIP, sds198.DATA_HEADER, sds198_decode.values, seeds.frames("sds198")),
    Form(
        name=mhz19b.CHIP,
        headers=(mhz19b.ANSWER_HEADER,),
        length=mhz19b.LENGTH,
        valid=mhz19b.valid,
        values=mhz19b_decode.values,
        seal=_negated,
        seeds=seeds.frames("mhz19b"),
    ),
    Form(
        name=tfmini.CHIP,
        headers=(tfmini.HEADER,),
        length=tfmini.LENGTH,
        valid=tfmini.valid,
        values=tfmini_decode.values,
        seal=_sum8,
        seeds=seeds.arrived("tfmini"),
    ),
)
FUZZERS: tuple[Fuzzer, ...] = tuple(map(FixedFrames, _FORMS))
