from typing import Any

import pytest

from agent.cli.trip_lines import trip_lines
from drivers.tripwire import Kind


def _known(*, trips: dict[str, int], stream: dict[str, int] | None = None) -> dict[str, Any]:
    return {"sensors": {"gnss": {"trips": trips}, "air": {}}, "streams": {"place": stream or {}}}


def test_nothing_that_was_stopped_is_no_line() -> None:
    assert list(trip_lines(_known(trips={}, stream={"readings": 5, "trips_mac": 0}))) == []


def test_sensor_that_sent_identifiers_is_named_with_kind_and_number() -> None:
    assert list(trip_lines(_known(trips={"email": 3}))) == [
        "sensor gnss sent 3 frames with what looks like e-mail addresses; dropped; is the right device on this line?"
    ]


def test_sensor_that_sent_several_kinds_has_the_number_of_each() -> None:
    (line,) = trip_lines(_known(trips={"email": 3, "phone": 1}))
    assert "sent 4 frames with what looks like e-mail addresses (3), phone numbers (1); dropped" in line


def test_stream_that_was_given_an_identifier_for_a_number_is_named() -> None:
    (line,) = trip_lines(_known(trips={}, stream={"readings": 5, "trips_card": 1, "trips_ip": 0}))
    assert line.startswith("stream place was given 1 reading with what looks like card numbers in place of a number;")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_words(kind: Kind) -> None:
    (line,) = trip_lines(_known(trips={kind: 2}))
    assert f"looks like {kind};" not in line
    assert line.split("looks like ")[1].split(";")[0].endswith(("addresses", "numbers", "plates"))
