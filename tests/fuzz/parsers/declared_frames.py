"""Frames that a file declares: fixed and variable lengths, footers, sums and CRCs, numbers of every kind."""

import random
from collections.abc import Sequence

from drivers.declared.checks import CRCS, NAMES, Check
from drivers.declared.fields import Field, Kind, Order
from drivers.declared.frames import FrameCheck, FrameForm, FrameParser, LengthRule
from drivers.declared.samples import Identifier, Number, Requirement, Sample
from drivers.declared.scaling import Scaling
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer

_HEADER = b"\x40\x55"
_LONGEST = 24
_WELL = 0.6


def _form(check: str, *, rule: LengthRule | int, shortest: int, footer: bytes) -> FrameForm:
    kind = Check(name=check, crc=CRCS.get(check))
    return FrameForm(
        header=_HEADER,
        length=rule,
        shortest=shortest,
        longest=_LONGEST,
        footer=footer,
        check=FrameCheck(check=kind, first=1, at=-kind.length - len(footer), low_first=check.startswith("crc16-m")),
        requirements=(Requirement(field=Field(at=3, kind=Kind.U8, bits=(7, 7)), allowed=(0,), otherwise="another"),),
        channels=(
            Number(name="f32", field=Field(at=4, kind=Kind.F32, order=Order.CDAB), scaling=Scaling(factor=100)),
            Number(name="s16", field=Field(at=4, kind=Kind.S16), scaling=Scaling(unavailable=(-1,))),
            Number(name="bits", field=Field(at=3, kind=Kind.I16, bits=(11, 2)), scaling=Scaling(offset=3, divisor=7)),
            Identifier(name="tag", at=3, length=5),
        ),
    )


class DeclaredFrames(StreamFuzzer):
    """The samples are the frames of a plain search: header, length within bounds, footer, check; and their bytes."""

    most_kept = _LONGEST - 1

    def __init__(self, name: str, *, rule: LengthRule | int, shortest: int, footer: bytes = b"") -> None:
        self.name = name
        self._forms = [_form(check, rule=rule, shortest=shortest, footer=footer) for check in NAMES]
        self._form = self._forms[0]
        frames = [self._frame(bytes(range(8))), self._frame(b"\x7f" * 8)]
        self._mutate = Mutator(seeds=frames, words=(_HEADER, _HEADER[:1], footer))

    def make(self, chance: random.Random) -> bytes:
        number = chance.randrange(len(self._forms))
        self._form = self._forms[number]
        return bytes([number]) + self._stream(chance)

    def run(self, data: bytes) -> bool:
        """Take the form by the first byte, and what follows as the stream."""
        self._form = self._forms[(data or b"\0")[0] % len(self._forms)]
        return super().run(data[1:])

    def _stream(self, chance: random.Random) -> bytes:
        if chance.random() >= _WELL:
            return self._mutate(chance)
        frames = (self._frame(chance.randbytes(chance.randrange(5, 14))) for _ in range(chance.randrange(4)))
        noise = (chance.choice((b"", b"", _HEADER[:1], _HEADER, chance.randbytes(3))) for _ in range(4))
        return b"".join(part for pair in zip(noise, frames, strict=False) for part in pair)

    def parser(self) -> FrameParser:
        return FrameParser(self._form)

    def judge(self, data: bytes, items: Sequence[Sample]) -> None:
        proven = self._plainly(data)
        believed = [frame for frame in proven if not frame[3] & 0x80]
        assert len(items) == len(believed), "not the frames of a plain search"
        for sample, frame in zip(items, believed, strict=True):
            tag = sample.values["tag"]
            assert tag == frame[3:8] or (tag is None and frame[3:8] in (bytes(5), b"\xff" * 5)), (
                "another frame's bytes"
            )
            assert all(type(value) in (int, bytes, type(None)) for value in sample.values.values())

    def _plainly(self, data: bytes) -> list[bytes]:
        """Go through the input byte by byte; a frame that has begun and is not whole ends the search."""
        at, found = 0, []
        while at < len(data):
            if not data.startswith(_HEADER, at):
                at += 1
                continue
            length = self._length(data, at)
            if length is None or at + length > len(data):
                break
            frame = data[at : at + length]
            if length and self._seal(frame) == frame:
                found.append(frame)
                at += length
            else:
                at += 1
        return found

    def _length(self, data: bytes, at: int) -> int | None:
        if isinstance(self._form.length, int):
            return self._form.length
        if at + 2 >= len(data):
            return None
        length = data[at + 2] + self._form.length.plus
        return length if self._form.shortest <= length <= _LONGEST else 0

    def _frame(self, content: bytes) -> bytes:
        """Return a frame around `content`; where the length is fixed it is cut or filled."""
        form, check = self._form, self._form.check
        assert check is not None
        around = 3 + check.check.length + len(form.footer)
        if isinstance(form.length, int):
            content = content[: form.length - around].ljust(form.length - around, b"\0")
            told = 0
        else:
            told = around + len(content) - form.length.plus
        return self._seal(_HEADER + bytes([told & 0xFF]) + content + bytes(check.check.length) + form.footer)

    def _seal(self, frame: bytes) -> bytes:
        check, footer = self._form.check, self._form.footer
        assert check is not None
        end = len(frame) - check.check.length - len(footer)
        order = "little" if check.low_first else "big"
        total = check.check.of(frame[1:end])
        return frame[:end] + total.to_bytes(check.check.length, "little" if order == "little" else "big") + footer


_RULE = LengthRule(field=Field(at=2, kind=Kind.U8), plus=4)
FUZZERS: tuple[Fuzzer, ...] = (
    DeclaredFrames("declared-frames-fixed", rule=12, shortest=12),
    DeclaredFrames("declared-frames-variable", rule=_RULE, shortest=11, footer=b"\r"),
)
