"""Transcripts: what was said on a wire, as text."""

import random
import re
from collections.abc import Callable
from typing import Any

from drivers.bus.api import Read
from drivers.bus.transcript import I2cStep, Transcript, TranscriptError, parse_i2c, parse_serial
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator

_WORDS = (
    b" R",
    b" W",
    b" 60",
    b" ??",
    b" NACK",
    b" TIMEOUT",
    b"... GONE\n",
    b"> ",
    b"< ",
    b"DISCARD\n",
    b"#",
    b" +f",
    b" 0x",
)
_WORD = re.compile(r"0x[0-9a-f]{2}|[0-9a-f]{2}|\?\?|[A-Z]+|\.\.\.|[<>]")


class Transcripts(Fuzzer):
    """A text is refused with its line, or what was read of it, written and read again, is the same, word for word."""

    def __init__(self, kind: str, parse: Callable[[str], Transcript[Any]]) -> None:
        self.name = f"transcripts-{kind}"
        self._parse = parse
        texts = [text for text in seeds.texts("tests/transcripts/*.txt") if self._fits(text)]
        lines = [line for text in texts for line in text.splitlines(keepends=True) if len(line) < 100]
        self._mutate = LineMutator(
            seeds=[b"".join(lines[at : at + 4]) for at in range(0, len(lines), 4)], pool=lines, words=_WORDS
        )

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        text = data.decode("utf-8", "replace")
        try:
            found = self._parse(text)
        except TranscriptError as error:
            line = re.match(r"transcript line (\d+): ", str(error))
            assert line is not None, "refused without a line"
            assert 1 <= int(line[1]) <= len(text.splitlines()), "a line that there is not"
            return False
        written = found.text()
        assert self._parse(written) == found, "what was written reads otherwise"
        assert written.split() == _words(text), "what was written says otherwise"
        for step in found.steps:
            if isinstance(step, I2cStep) and step.failure is None:
                asked = [message.length for message in step.messages or () if isinstance(message, Read)]
                assert asked == [len(answer) for answer in step.answers], "an answer of another length"
        return bool(found.steps)

    def _fits(self, text: bytes) -> bool:
        try:
            self._parse(text.decode())
        except TranscriptError:
            return False
        return True


def _words(text: str) -> list[str]:
    """Return the words of a text without its comments, in lower case where they are hexadecimal digits."""
    words = [word for line in text.splitlines() for word in line.partition("#")[0].split()]
    return [word.lower() if _WORD.fullmatch(word.lower()) and len(word) in (2, 4) else word for word in words]


FUZZERS: tuple[Fuzzer, ...] = (Transcripts("i2c", parse_i2c), Transcripts("serial", parse_serial))
