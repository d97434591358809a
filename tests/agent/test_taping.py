"""A transcript is given out only if it replays."""

import itertools

import pytest

from agent.config.plans import BusKind, BusPlan, SensorPlan
from agent.discretion import NotTaped
from agent.poller import StartPolicy
from agent.taping import Tape
from drivers.bus.api import I2cDevice
from drivers.errors import InvalidData, NotReady
from drivers.model import I2cModel, NoOptions
from drivers.reading import Channel, Clock, Reading
from tests.support.buses import FakeI2c, ManualClock, RegisterFile

BUS = BusPlan(name="pole", kind=BusKind.I2C, path="/dev/i2c-1")
_OUTSIDE = itertools.count()


class Register:
    """Reads one register; its value is what the chip says."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self.device = device
        self.clock = clock

    async def open(self) -> None:
        await self.device.write(b"\x10\x01")

    async def sample(self) -> Reading:
        value = (await self.device.read_register(0x20))[0]
        if value == 0xFE:
            raise NotReady("register", "not yet")
        if value == 0xFF:
            raise InvalidData("register", "stuck")
        return Reading(mono_ns=self.clock.mono_ns(), values={"x": value})

    async def close(self) -> None:
        await self.device.write(b"\x10\x00")


class Fickle(Register):
    """Says what nobody can see on the wire."""

    async def sample(self) -> Reading:
        await super().sample()
        return Reading(mono_ns=self.clock.mono_ns(), values={"x": next(_OUTSIDE)})


class Forgetful(Register):
    """Does something else each time."""

    async def open(self) -> None:
        await self.device.write(bytes([0x10, next(_OUTSIDE) % 256]))


def _tape(driver: type[Register], chip: RegisterFile, **channel: str) -> Tape:
    shown = Channel(name="x", title="X", unit="lx", maximum=255, group=channel.get("group"))
    model = I2cModel(name="register", title="Register", addresses=(0x40,), create=driver, channels=(shown,))
    plan = SensorPlan(
        name="r",
        model=model,
        bus="pole",
        address=0x40,
        options=NoOptions(),
        interval_s=1,
        timeout_s=1,
        start=StartPolicy.RETRY,
    )
    bus = FakeI2c({0x40: chip})
    return Tape(plan, line=BUS, bus=bus, clock=ManualClock())  # type: ignore[arg-type]  # as far as an I2C bus goes


async def test_tape_of_whole_samples_replays_and_leaves_out_the_rest() -> None:
    chip = RegisterFile()
    tape = _tape(Register, chip)
    driver = tape.driver()
    await driver.open()
    chip.registers[0x20] = 0xFE
    with pytest.raises(NotReady):
        await driver.sample()
    chip.registers[0x20] = 7
    await driver.sample()
    assert not tape.ended
    chip.registers[0x20] = 0xFF
    with pytest.raises(InvalidData):
        await driver.sample()
    assert tape.ended
    assert tape.unfinished, "whoever polls it closes it now"
    await driver.close()
    assert not tape.unfinished
    assert await tape.text() == "0x40 W 10 01\n0x40 W 20 R 07\n0x40 W 10 00\n"


@pytest.mark.parametrize(
    ("driver", "problem"),
    [(Fickle, "replayed it gives other readings"), (Forgetful, r"it does not replay \(TranscriptMismatch\)")],
)
async def test_tape_that_does_not_replay_is_refused_without_a_value(driver: type[Register], problem: str) -> None:
    tape = _tape(driver, RegisterFile())
    taped = tape.driver()
    await taped.open()
    await taped.sample()
    await taped.close()
    with pytest.raises(NotTaped, match=problem) as caught:
        await tape.text()
    assert "nothing was kept" in str(caught.value)


async def test_tape_without_a_reading_has_nothing_on_it() -> None:
    tape = _tape(Register, RegisterFile())
    driver = tape.driver()
    await driver.open()
    await driver.close()
    with pytest.raises(NotTaped, match="gave no reading"):
        await tape.text()
