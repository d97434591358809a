import asyncio

from agent.poller import Poller, SensorState
from agent.trips import Trips
from drivers.errors import BusFault
from drivers.model import Delivery
from drivers.reading import Reading
from tests.support.buses import FakeI2c, ManualClock


class Talker:
    """A driver with a tripwire."""

    def __init__(self, **trips: int) -> None:
        self.trips = trips


def test_trips_of_drivers_that_follow_each_other_are_added_up() -> None:
    trips = Trips()
    assert trips.counts == {}
    first, second = Talker(email=2), Talker()
    trips.follow(first)
    assert trips.counts == {"email": 2}
    first.trips["mac"] = 1
    trips.follow(second)
    second.trips["email"] = 5
    assert trips.counts == {"email": 7, "mac": 1}


def test_driver_that_is_followed_again_counts_once() -> None:
    trips, driver = Trips(), Talker(card=1)
    trips.follow(driver)
    trips.follow(driver)
    assert trips.counts == {"card": 1}


def test_driver_without_a_tripwire_counts_nothing_and_forgets_nothing() -> None:
    trips = Trips()
    trips.follow(Talker(plate=3))
    trips.follow(object())
    assert trips.counts == {"plate": 3}


class Flaky(Talker):
    """A driver that has stopped one frame when its line fails."""

    async def open(self) -> None:
        pass

    async def sample(self) -> Reading:
        self.trips["phone"] = 1
        raise BusFault("stuck", bus="/dev/i2c-fake")

    async def close(self) -> None:
        pass


class Deaf:
    """A sink that does nothing."""

    def on_reading(self, sensor: str, reading: Reading) -> None:
        del sensor, reading

    def on_state(self, sensor: str, state: SensorState) -> None:
        del sensor, state


async def test_poller_keeps_the_trips_of_every_driver_that_it_has_made() -> None:
    clock = ManualClock(0)
    poller = Poller(
        "one",
        bus=FakeI2c(),
        driver=Flaky,
        delivery=Delivery.PUSHED,
        interval_s=1,
        timeout_s=5,
        clock=clock,
        sink=Deaf(),
        jitter=lambda: 0.0,
    )
    task = asyncio.create_task(poller.run())
    await clock.advance(4.0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert poller.condition.failures == 3
    assert poller.trips.counts == {"phone": 3}
