"""The SPS30's driver on a serial line: a strict transcript, each cut short, and pyserial on a pseudo-terminal."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, BusTimeout, ChecksumMismatch, InvalidData, NotReady, WrongChip
from drivers.sim.line import SimulatedLine
from drivers.sim.sps30_serial import SimulatedSps30Serial, reply_frame
from drivers.sps30_output import Options, unavailable
from drivers.sps30_serial import MODEL, driver
from drivers.sps30_serial.driver import Sps30Serial
from tests.support.i2c_chips import open_and_sample
from tests.support.serial_sensors import transcript
from tests.support.slept_clock import SleptClock, StoppableClock

_AT_ONCE = Options(settle_s=0)
_STEPS = len(parse_serial(transcript("sps30_serial.txt")).steps)


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    clock = SleptClock()
    line = PlaybackSerial(transcript("sps30_serial.txt"))
    sensor = Sps30Serial(line, clock, _AT_ONCE)
    await sensor.open()
    first = await sensor.sample()
    second = await sensor.sample()
    await sensor.close()
    line.assert_finished()
    assert clock.slept_s == [1.0, 0.25]
    assert (first.values["pm2_5"], second.values["pm2_5"]) == (947, 821)
    assert (first.values["typical_size"], first.raw["state"], first.raw["pm1_0"]) == (835, 0, 0x40A78320)


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.GONE])
@pytest.mark.parametrize("at", range(_STEPS - 1))
async def test_driver_whose_line_fails_after_any_step_raises_a_bus_error_and_closes(
    at: int, failure: Failure
) -> None:
    line = PlaybackSerial(parse_serial(transcript("sps30_serial.txt")).cut(at, failure))
    sensor = Sps30Serial(line, SleptClock(), _AT_ONCE)
    with pytest.raises(BusError):
        await _sample_for_ever(sensor)
    await sensor.close()


async def _sample_for_ever(sensor: Sps30Serial) -> None:
    await sensor.open()
    while True:
        await sensor.sample()


async def test_driver_sampled_before_it_was_opened_is_not_ready_and_sends_nothing() -> None:
    line = PlaybackSerial("")
    sensor = Sps30Serial(line, SleptClock(), _AT_ONCE)
    with pytest.raises(NotReady, match="not opened"):
        await sensor.sample()
    await sensor.close()


def _script(*exchanges: tuple[str, bytes]) -> str:
    lines = []
    for sent, reply in exchanges:
        lines += ["DISCARD", f"> {sent}", f"< {reply.hex(' ')}"]
    return "\n".join(lines)


_WOKEN = ("ff 7e 00 7d 31 00 ee 7e", reply_frame(0x11))
_PRODUCT = "7e 00 d0 01 00 2e 7e"


async def test_driver_with_another_product_says_so_and_starts_nothing() -> None:
    script = _script(_WOKEN, (_PRODUCT, reply_frame(0xD0, b"00090000\0")))
    sensor = Sps30Serial(PlaybackSerial(script), SleptClock(), _AT_ONCE)
    with pytest.raises(WrongChip, match="no SPS30"):
        await sensor.open()
    await sensor.close()


async def test_driver_whose_command_is_refused_says_why() -> None:
    script = _script(_WOKEN, (_PRODUCT, reply_frame(0xD0, state=0x02)))
    sensor = Sps30Serial(PlaybackSerial(script), SleptClock(), _AT_ONCE)
    with pytest.raises(InvalidData, match="refuses command 0xd0: unknown command"):
        await sensor.open()
    await sensor.close()


async def test_driver_takes_no_reply_to_another_command() -> None:
    late = reply_frame(0x03, bytes(40)) + reply_frame(0xD0, b"00090000\0")
    sensor = Sps30Serial(PlaybackSerial(_script(_WOKEN, (_PRODUCT, late))), SleptClock(), _AT_ONCE)
    with pytest.raises(WrongChip):
        await sensor.open()
    await sensor.close()


async def test_driver_asks_again_when_a_reply_was_disturbed() -> None:
    spoilt = reply_frame(0xD0, b"00080000\0").replace(b"8", b"9")
    script = _script(_WOKEN, (_PRODUCT, spoilt)) + "\nTIMEOUT\n" + _script((_PRODUCT, reply_frame(0xD0, b"1\0")))
    sensor = Sps30Serial(PlaybackSerial(script), SleptClock(), _AT_ONCE)
    with pytest.raises(WrongChip, match="found 0x01"):
        await sensor.open()
    await sensor.close()


class _Wire:
    """A simulated sensor at the end of a real pseudo-terminal.

    Attributes:
        spoil: changes what the sensor sends.
        idle: set when the sensor has heard something that leaves it idle.
    """

    def __init__(self, link: Path, clock: SleptClock) -> None:
        self.sensor = SimulatedSps30Serial(mono_ns=clock.mono_ns)
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.idle = threading.Event()
        self.line = SimulatedLine(link, on_receive=self._answer)

    def _answer(self, data: bytes) -> None:
        self.line.send(self.spoil(self.sensor.command(data)))
        if not self.sensor.measuring:
            self.idle.set()


@asynccontextmanager
async def _on_terminal(
    folder: Path, clock: SleptClock, options: Options = _AT_ONCE
) -> AsyncIterator[tuple[Sps30Serial, _Wire]]:
    wire = _Wire(folder / "sps", clock)
    with wire.line:
        sensor = Sps30Serial(LinuxSerial(str(wire.line.link), MODEL.baudrate), clock, options)
        try:
            yield sensor, wire
        finally:
            await sensor.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "REPLY_TIMEOUT_S", 0.1)


async def test_driver_on_a_terminal_reports_what_the_sensor_presents_and_stops_it(tmp_path: Path) -> None:
    clock = SleptClock()
    async with _on_terminal(tmp_path, clock) as (sensor, wire):
        for _ in range(2):
            assert await open_and_sample(sensor) == wire.sensor.presented
            wire.sensor.set(pm1_0=999.99, pm2_5=1000, n10=2999.5, typical_size=2.5)
            clock.jump(1)
            assert (await sensor.sample()).values == wire.sensor.presented
            wire.idle.clear()
            await sensor.close()
            assert await asyncio.to_thread(wire.idle.wait, 5)


async def test_driver_on_a_terminal_says_nothing_until_the_sensor_has_settled(tmp_path: Path) -> None:
    clock = SleptClock()
    async with _on_terminal(tmp_path, clock, Options()) as (sensor, wire):
        await sensor.open()
        clock.jump(29)
        early = await sensor.sample()
        clock.jump(1)
        assert (early.values, early.raw["pm1_0"] > 0) == (unavailable(), True)
        assert (await sensor.sample()).values == wire.sensor.presented


async def test_driver_on_a_terminal_with_a_failed_fan_has_no_values(tmp_path: Path) -> None:
    clock = SleptClock()
    async with _on_terminal(tmp_path, clock) as (sensor, wire):
        wire.sensor.status = 0x10
        assert await open_and_sample(sensor) == unavailable() == wire.sensor.presented


async def test_driver_on_a_terminal_waits_while_the_fan_is_cleaned(tmp_path: Path) -> None:
    clock = SleptClock()
    async with _on_terminal(tmp_path, clock) as (sensor, wire):
        await sensor.open()
        clock.jump(1)
        wire.sensor.cleaning_until_ns = clock.now_ns + 10_000_000_000
        before_ns = clock.now_ns
        assert (await sensor.sample()).values == wire.sensor.presented
        assert 10 <= (clock.now_ns - before_ns) / 1e9 < 11
        wire.sensor.cleaning_until_ns = clock.now_ns + 10**18
        with pytest.raises(NotReady, match="no new sample for 15 s"):
            await sensor.sample()


@pytest.mark.usefixtures("quick")
async def test_driver_on_a_terminal_wakes_a_sleeping_sensor(tmp_path: Path) -> None:
    async with _on_terminal(tmp_path, SleptClock()) as (sensor, wire):
        wire.sensor.asleep = True
        assert await open_and_sample(sensor) == wire.sensor.presented


@pytest.mark.usefixtures("quick")
async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path) -> None:
    clock = SleptClock()
    async with _on_terminal(tmp_path, clock) as (sensor, wire):
        await sensor.open()

        wire.spoil = lambda data: b"\x55\x7e\xaa" + data
        assert (await sensor.sample()).values == wire.sensor.presented

        clock.jump(1)
        wire.spoil = lambda data: data[:3] + bytes([data[3] ^ 0x40]) + data[4:]
        with pytest.raises(ChecksumMismatch):
            await sensor.sample()

        wire.spoil = lambda data: data[: len(data) // 2]
        with pytest.raises((BusTimeout, InvalidData)):
            await sensor.sample()

        wire.spoil = lambda _data: b"no such sensor\r\n" * 9
        with pytest.raises(InvalidData, match="check model and baud rate"):
            await sensor.sample()

        wire.spoil = lambda data: data
        wire.sensor.deaf = True
        with pytest.raises(BusTimeout):
            await sensor.sample()

        wire.sensor.deaf, wire.sensor.measuring = False, False
        with pytest.raises(NotReady, match="it has restarted"):
            await sensor.sample()
        await sensor.close()
        assert await open_and_sample(sensor) == wire.sensor.presented

        wire.line.unplug()
        with pytest.raises(BusGone):
            await sensor.sample()
        await sensor.close()
        wire.line.replug()
        assert await open_and_sample(sensor) == wire.sensor.presented


async def test_driver_cancelled_in_any_of_its_sleeps_samples_again(tmp_path: Path) -> None:
    clock = StoppableClock()
    async with _on_terminal(tmp_path, clock) as (sensor, wire):
        await sensor.open()
        await clock.cancel_in_sleep(sensor.sample())
        assert (await sensor.sample()).values == wire.sensor.presented
        await clock.cancel_in_sleep(sensor.sample())
        clock.jump(1)
        assert (await sensor.sample()).values == wire.sensor.presented
