from agent.trips import Trips


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
