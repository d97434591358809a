"""Logs of real receivers through parser, decoder and assembler, against numbers worked out here by other means."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from drivers.gnss import decode
from drivers.gnss.decode import WANTED
from drivers.gnss.epochs import EpochAssembler
from drivers.gnss.sentences import SentenceParser
from drivers.sim.captures import read_lines
from drivers.sim.gnss import ReplayedGnss
from tests.support.serial_sensors import CAPTURES, GNSS_LOGS, capture

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Values = dict[str, int | None]


def values_of(name: str) -> list[Values]:
    assembler, found = EpochAssembler(), []
    for body in SentenceParser(WANTED).feed(capture(name)):
        part = decode.part(body)
        assert part is not None
        if (epoch := assembler.add(0, part)) is not None:
            found.append(epoch.values())
    return found


def times_of(name: str) -> list[bytes]:
    """Return the times in the GGA sentences of a log that have a checksum."""
    return re.findall(rb"\$..GGA,([0-9.]+),[^*\r\n]*\*[0-9A-F]{2}", capture(name))


@pytest.mark.parametrize("name", GNSS_LOGS)
def test_log_gives_one_epoch_for_each_time_in_it(name: str) -> None:
    found, times = values_of(name), times_of(name)

    assert len(found) == len(times) == len(set(times)) == dict(zip(GNSS_LOGS, (72, 25, 14), strict=True))[name]
    for values, time in zip(found, times, strict=True):
        assert values["utc"] is not None
        moment = EPOCH + timedelta(milliseconds=values["utc"])
        assert Fraction(f"{moment:%H%M%S.%f}") == Fraction(time.decode())


@pytest.mark.parametrize("name", GNSS_LOGS)
def test_log_gives_the_positions_that_fractions_give(name: str) -> None:
    pattern = rb"\$..GGA,[0-9.]+,(\d+)(\d\d\.\d+),([NS]),(\d+)(\d\d\.\d+),([EW]),"
    for values, text in zip(values_of(name), re.findall(pattern, capture(name)), strict=True):
        for channel, (degrees, minutes, hemisphere) in zip(
            ("latitude", "longitude"), (text[:3], text[3:]), strict=True
        ):
            exact = (int(degrees) + Fraction(minutes.decode()) / 60) * (-1 if hemisphere in b"SW" else 1)
            value = values[channel]
            assert value is not None
            assert abs(value - exact * 10**7) <= Fraction(1, 2)


@pytest.mark.parametrize("name", GNSS_LOGS)
def test_log_gives_what_the_simulated_receiver_says_it_sends(name: str) -> None:
    replayed = ReplayedGnss(read_lines(CAPTURES / name), repeat=False)
    presented = []
    while replayed.frame():
        presented.append(replayed.presented)

    assert values_of(name) == presented


def test_log_of_the_u_blox_begins_and_ends_where_its_submitter_says() -> None:
    # Its header: 2017-1-9 in Bandon, OR, local time; 44.06N 121.31W.
    first, last = values_of("gnss-ublox-8.log")[0], values_of("gnss-ublox-8.log")[-1]

    assert first["utc"] == 1_484_006_981_000
    assert last["utc"] == 1_484_006_981_000 + 71_000
    assert (first["latitude"], first["longitude"]) == (440_688_978, -1_213_142_713)
