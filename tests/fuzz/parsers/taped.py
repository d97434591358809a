"""Recordings: what passed between a driver and its bus, written down, played again, and given out or not."""

import asyncio
import random
import re
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeVar

from agent.config.plans import BusKind, BusPlan, SensorPlan
from agent.discretion import NotTaped
from agent.poller import StartPolicy
from agent.taping import Tape
from drivers.bus.api import I2cBus, Message, Read, SerialLine, Write
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackI2c, PlaybackSerial
from drivers.bus.recording import RecordingI2c, RecordingSerial
from drivers.bus.transcript import Act, Failure, parse_serial
from drivers.errors import BusError, BusGone, BusTimeout, DriverError
from drivers.maxbotix import MODEL
from drivers.maxbotix.options import Options
from drivers.tripwire import kind_of
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.support.buses import ManualClock

Result = TypeVar("Result")

_PATH: Final = "/dev/serial/by-id/usb-fuzz"
_FAILURES: Final = tuple(Failure)
_OPERATION: Final = 4
"""Bytes that one operation takes, but for what passes in it."""


def _now(doing: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns that waits for nothing."""
    try:
        doing.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("it waits for something")


class _Scripted:
    """A bus of either kind that does what an input says; the same input, the same again."""

    simulated = True
    path = _PATH

    def __init__(self) -> None:
        self.failure: Failure | None = None
        self.coming = b""
        self._kept = b""

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        if self.failure is not None:
            raise self.failure.error(bus=self.path, address=address)
        lengths = [message.length for message in messages if isinstance(message, Read)]
        return [self.coming[:length].ljust(length, b"\xa5") for length in lengths]

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        del timeout_s
        if self.failure is Failure.GONE:
            raise BusGone("unplugged", bus=self.path)
        self._kept += self.coming
        if len(self._kept) < at_least:
            raise BusTimeout("silent", bus=self.path)
        data, self._kept = self._kept, b""
        return data

    async def write(self, data: bytes) -> None:
        del data
        if self.failure in {Failure.GONE, Failure.TIMEOUT}:
            raise self.failure.error(bus=self.path)

    async def discard_input(self) -> None:
        if self.failure is Failure.GONE:
            raise BusGone("unplugged", bus=self.path)
        self._kept = b""


class _Recordings(Fuzzer):
    """Makes operations on a bus: what is done, how it fails, and what passes."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._mutate = Mutator(seeds=texts, words=(b"\0", b"\xff", b"\0\0\0\0"), longest=120, joined=2)

    def make(self, chance: random.Random) -> bytes:
        pieces = []
        for _ in range(chance.randrange(6)):
            piece = self._mutate(chance)[: chance.choice((0, 1, 2, 8, 40))]
            failure = chance.choice((0, 0, 0, 0, *range(1, 1 + len(_FAILURES))))
            pieces.append(bytes([chance.randrange(256), failure, chance.randrange(5), len(piece)]) + piece)
        return b"".join(pieces)


def _operations(data: bytes) -> list[tuple[int, Failure | None, int, bytes]]:
    found = []
    while len(data) >= _OPERATION:
        what, failure, number, size = data[:_OPERATION]
        passes, data = data[_OPERATION : _OPERATION + size], data[_OPERATION + size :]
        known = 1 <= failure <= len(_FAILURES)
        found.append((what, _FAILURES[failure - 1] if known else None, number, passes))
    return found


def _outcome(doing: Coroutine[Any, Any, object]) -> object:
    try:
        return _now(doing)
    except BusError as error:
        return type(error)


class SerialRecordings(_Recordings):
    """What a line did, written down and played, it does again, call for call, failures too, and nothing is over."""

    name = "recording-serial"

    def __init__(self) -> None:
        super().__init__([*seeds.arrived("sds011")[:5], *seeds.arrived("rg15")[:5]])

    def run(self, data: bytes) -> bool:
        script = _Scripted()
        recording = RecordingSerial(script)
        before = self._told(data, recording, script)
        played = PlaybackSerial(recording.transcript.text())
        assert self._told(data, played, None) == before, "played it is another line"
        played.assert_finished()
        return bool(recording.length)

    @staticmethod
    def _told(data: bytes, line: SerialLine, script: _Scripted | None) -> list[object]:
        told = []
        for what, failure, number, passes in _operations(data):
            if script is not None:
                script.failure, script.coming = failure, passes
            if (
                what % 3 == 0
            ):  # one that waits: a look that waits for nothing is no event, and may see more when played
                told.append(_outcome(line.read(at_least=1 + number, timeout_s=1)))
            elif what % 3 == 1:
                told.append(_outcome(line.write(passes or b"\0")))
            else:
                told.append(_outcome(line.discard_input()))
        return told


class I2cRecordings(_Recordings):
    """What chips did, written down and played, they do again, call for call, failures too, and nothing is over."""

    name = "recording-i2c"

    def __init__(self) -> None:
        super().__init__([bytes(range(40)), b"\xff" * 9])

    def run(self, data: bytes) -> bool:
        script = _Scripted()
        recording = RecordingI2c(script)
        before = self._told(data, recording, script)
        played = PlaybackI2c(recording.transcript.text())
        assert self._told(data, played, None) == before, "played they are other chips"
        played.assert_finished()
        return bool(recording.length)

    @staticmethod
    def _told(data: bytes, bus: I2cBus, script: _Scripted | None) -> list[object]:
        told = []
        for what, failure, number, passes in _operations(data):
            if script is not None:
                script.failure, script.coming = failure, passes
            messages = [Read(number) if what >> at & 1 else Write(passes[:at]) for at in range(1 + number % 3)]
            told.append(_outcome(bus.transfer(what % 0x80, messages)))
        return told


class _Line(LinuxSerial):
    """A line that says the pieces of an input, then nothing more."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__(_PATH, 9600)
        self.simulated = True
        self._pieces = list(pieces)

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def discard_input(self) -> None:
        """Do nothing: what the input says comes after."""

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        del timeout_s
        data = b""
        while self._pieces and len(data) < at_least:
            data += self._pieces.pop(0)
        if len(data) < at_least:
            self._pieces = [data] * bool(data)
            raise BusTimeout("silent", bus=_PATH)
        return data


class Tapes(Fuzzer):
    """A transcript that is given out replays, holds only what came, and nobody's identifier; all else is refused."""

    name = "tape"
    inputs = 200_000
    _plan: Final = SensorPlan(
        name="gauge",
        model=MODEL,
        bus="line",
        address=None,
        options=Options(),
        interval_s=1,
        timeout_s=5,
        start=StartPolicy.RETRY,
    )

    def __init__(self) -> None:
        words = (b"\r", b"R1234\r", b"R", b"\n", b"02:00:00:00:00:01", b"+49 170 1234567", b"a@b.example", b" ", b",")
        self._mutate = Mutator(
            seeds=[*seeds.arrived("maxbotix"), b"R1234\r\nR1235\r\n", b"R765\rR766\r"], words=words, longest=100
        )

    def make(self, chance: random.Random) -> bytes:
        return bytes([chance.randrange(1, 30)]) + self._mutate(chance)

    def run(self, data: bytes) -> bool:
        size = max(1, (data[:1] or b"\1")[0])
        pieces = [data[at : at + size] for at in range(1, len(data), size)]
        try:
            text, samples = asyncio.run(self._taped(pieces))
        except NotTaped as refused:
            self._judge_refusal(str(refused), data[1:])
            return False
        steps = parse_serial(text).steps
        came = b"".join(step.data for step in steps if step.act is Act.ARRIVED)
        assert came in data[1:], "what never came"
        assert samples >= 1, "a transcript of nothing"
        fields = re.split(rb"[\r\n]", came)
        assert all(kind_of(field) is None for field in fields), "somebody is on the tape"
        return True

    @staticmethod
    def _judge_refusal(text: str, came: bytes) -> None:
        said = [field.decode("ascii", "replace") for field in came.split(b"\r") if kind_of(field) is not None]
        assert not any(field in text for field in said), "somebody is in the refusal"
        assert "replay" not in text, "it does not replay"

    async def _taped(self, pieces: Sequence[bytes]) -> tuple[str, int]:
        plan = BusPlan(name="line", kind=BusKind.SERIAL, path=_PATH, baudrate=9600)
        tape = Tape(self._plan, line=plan, bus=_Line(pieces), clock=ManualClock())
        driver = tape.driver()
        await driver.open()
        try:
            while True:
                await driver.sample()
        except DriverError:
            await driver.close()
        return await tape.text(), tape.samples


FUZZERS: tuple[Fuzzer, ...] = (SerialRecordings(), I2cRecordings(), Tapes())
