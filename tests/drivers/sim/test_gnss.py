import re
from datetime import UTC, datetime
from fractions import Fraction
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.captures import read_lines
from drivers.sim.gnss import ReplayedGnss, SimulatedGnss, sentence
from tests.support.serial_sensors import CAPTURES, capture

START = datetime(2016, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)


def test_sentence_has_the_checksum_that_a_recorded_one_has() -> None:
    recorded = b"$GPRMC,030719.000,A,3747.0873,S,17518.8938,E,0.69,181.39,311214,,,A*7D\r\n"

    assert sentence(recorded[1:-5].decode()) == recorded


def test_frame_holds_rmc_gga_and_a_gsv_for_every_four_satellites() -> None:
    lines = SimulatedGnss(START, satellites_in_view=9).frame().splitlines(keepends=True)

    assert [line[3:6] for line in lines] == [b"RMC", b"GGA", b"GSV", b"GSV", b"GSV"]
    for line in lines:
        assert line.endswith(b"\r\n")
        assert reduce(xor, line[1:-5]) == int(line[-4:-2], 16)
        assert len(line) <= 82


def test_time_goes_on_with_each_frame() -> None:
    gnss = SimulatedGnss(START)

    frames = [gnss.frame(), gnss.frame()]

    assert [re.findall(rb"RMC,([0-9.]+),.*,(\d{6}),", frame)[0] for frame in frames] == [
        (b"235959.50", b"311216"),
        (b"000000.50", b"010117"),
    ]
    assert gnss.presented["utc"] == 1_483_228_800_500


def test_lost_fix_has_empty_fields_and_presents_nothing() -> None:
    gnss = SimulatedGnss(START)
    gnss.set(latitude_deg=1, longitude_deg=1, quality=0)

    assert b",V,,,,," in gnss.frame()
    assert [gnss.presented[name] for name in ("latitude", "altitude", "utc", "fix")] == [None, None, None, 0]


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-500, 9000))
def test_presented_is_what_the_sentences_say_to_the_nearest_unit(
    latitude: float, longitude: float, height: float
) -> None:
    gnss = SimulatedGnss(START)
    gnss.set(latitude_deg=latitude, longitude_deg=longitude, altitude_m=height)

    fields = gnss.frame().split(b"\r\n")[1].decode().split(",")

    for name, digits, value, hemisphere in (
        ("latitude", 2, fields[2], fields[3]),
        ("longitude", 3, fields[4], fields[5]),
    ):
        exact = (int(value[:digits]) + Fraction(value[digits:]) / 60) * 10**7
        shown = gnss.presented[name]
        assert shown is not None
        assert abs(shown - exact * (-1 if hemisphere in "SW" else 1)) <= Fraction(1, 2)
    assert gnss.presented["altitude"] == Fraction(fields[9]) * 10


@pytest.mark.parametrize(
    ("name", "epochs"), [("gnss-ublox-8.log", 72), ("gnss-bu353s4.log", 25), ("gnss-nmea-fuzzy-cases.log", 14)]
)
def test_replay_gives_a_burst_for_each_epoch_without_comments(name: str, epochs: int) -> None:
    gnss = ReplayedGnss(read_lines(CAPTURES / name), repeat=False)

    bursts = [gnss.frame() for _ in range(epochs)]

    assert gnss.epochs == epochs
    assert gnss.frame() == b""
    assert capture(name).find(b"".join(bursts)) > 0
    assert not any(burst.startswith(b"#") for burst in bursts)


def test_replay_of_the_u_blox_log_begins_with_its_binary_garbage() -> None:
    assert ReplayedGnss(read_lines(CAPTURES / "gnss-ublox-8.log")).frame().startswith(b"&\t\x82")


def test_replay_begins_again_when_repeated() -> None:
    gnss = ReplayedGnss(read_lines(CAPTURES / "gnss-bu353s4.log"))

    first = gnss.frame()
    for _ in range(24):
        gnss.frame()

    assert gnss.frame() == first
