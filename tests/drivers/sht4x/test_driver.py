"""The SHT4x's driver: the faults of every I2C chip, and its own waits; the rest is in test_sht."""

from drivers.sht4x import MODEL
from drivers.sim.sht import Sht4xChip
from tests.support.i2c_chips import on_transcript, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="sht4x", chip=lambda now: Sht4xChip(mono_ns=now), closing=0)


async def test_driver_reads_the_transcript_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("sht4x"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "humidity": 5000}
    assert reading.raw == {"temperature": 0x6667, "humidity": 0x72B0}
    assert clock.slept_s == [0.001, 0.001, 0.01]
