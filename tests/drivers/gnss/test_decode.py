import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss import decode
from drivers.gnss.decode import Part

RMC = b"GNRMC,000941.00,A,4404.13387,N,12118.85628,W,0.029,,100117,,,A"
GGA = b"GNGGA,000941.00,4404.13387,N,12118.85628,W,1,12,1.01,1144.8,M,-21.4,M,,"
GNS = b"GNGNS,000941.00,4404.13387,N,12118.85628,W,AD,12,1.01,1144.8,-21.4,,,V"
HERE = (440_688_978, -1_213_142_713)


def part(body: bytes) -> Part:
    found = decode.part(body)
    assert found is not None
    return found


def test_rmc_with_a_fix_says_where_and_when() -> None:
    found = part(RMC)

    assert (found.position, found.quality, found.time_ms) == (HERE, 1, 581_000)
    assert found.utc_ms == 1_484_006_981_000


def test_gga_with_a_fix_says_where_and_how_well() -> None:
    found = part(GGA)

    assert (found.position, found.quality, found.time_ms) == (HERE, 1, 581_000)
    assert (found.altitude_dm, found.satellites, found.hdop_e2) == (11_448, 12, 101)
    assert found.utc_ms is None


def test_gns_with_a_fix_says_the_same_with_the_best_of_its_modes() -> None:
    found = part(GNS)

    assert (found.position, found.quality, found.altitude_dm) == (HERE, 2, 11_448)


@pytest.mark.parametrize(
    "body",
    [
        RMC.replace(b",A,4404", b",V,4404"),
        RMC.replace(b",A,4404", b",,4404"),
        RMC.removesuffix(b"A") + b"N",
        GGA.replace(b",1,12,", b",0,12,"),
        GGA.replace(b",1,12,", b",,12,"),
        GGA.replace(b",1,12,", b",x,12,"),
        GNS.replace(b",AD,", b",NN,"),
        GNS.replace(b",AD,", b",,"),
    ],
)
def test_sentence_without_a_fix_says_neither_where_nor_when_although_it_holds_numbers(body: bytes) -> None:
    found = part(body)

    assert (found.position, found.quality, found.utc_ms, found.altitude_dm) == (None, 0, None, None)
    assert found.time_ms == 581_000


@pytest.mark.parametrize(
    ("mode", "quality"), [(b"A", 1), (b"D", 2), (b"P", 3), (b"R", 4), (b"F", 5), (b"E", 6), (b"M", 7), (b"S", 8)]
)
def test_rmc_mode_is_the_quality_that_gga_would_have(mode: bytes, quality: int) -> None:
    assert part(RMC.removesuffix(b"A") + mode).quality == quality


def test_rmc_before_nmea_2_3_without_a_mode_has_a_fix() -> None:
    assert part(RMC.removesuffix(b",A")).quality == 1


def test_rmc_with_navigation_status_v_is_valid_as_u_blox_sends_it() -> None:
    assert part(RMC + b",V").position == HERE


def test_rmc_with_a_fix_and_no_date_says_where_but_not_when() -> None:
    found = part(RMC.replace(b"100117", b""))

    assert (found.position, found.utc_ms) == (HERE, None)


def test_rmc_with_a_position_that_is_none_still_says_when() -> None:
    found = part(RMC.replace(b"4404.13387", b"4464.13387"))

    assert (found.position, found.utc_ms) == (None, 1_484_006_981_000)


def test_gga_with_a_dilution_of_99_99_has_none() -> None:
    assert part(GGA.replace(b"1.01", b"99.99")).hdop_e2 is None


def test_sentences_of_a_receiver_that_knows_nothing_are_taken() -> None:
    empty = [part(b"GPRMC,,V,,,,,,,,,,N"), part(b"GPGGA,,,,,,0,00,99.99,,,,,,")]

    assert [(found.time_ms, found.position, found.quality) for found in empty] == [(None, None, 0)] * 2
    assert empty[1].satellites == 0


@pytest.mark.parametrize(
    "body",
    [
        b"GPGSV,4,1,16,02,05,307,,03,21,174,29,04,12,038,23,06,07,270,06",
        b"GPRMC",
        b"GPRMC,000941.00,A,4404.13387,N",
        GGA.rpartition(b",M,-21")[0].rpartition(b",")[0],
        RMC.replace(b"000941.00", b"250941.00"),
        GGA.replace(b"000941.00", b"0009"),
        b"",
    ],
)
def test_sentence_that_is_another_one_or_cut_short_or_of_no_time_is_none(body: bytes) -> None:
    assert decode.part(body) is None


@given(st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12), max_size=16))
def test_part_takes_any_printable_fields_without_raising(fields: list[str]) -> None:
    for address in ("GPRMC", "GPGGA", "GPGNS"):
        decode.part(",".join([address, *fields]).encode())


@given(st.lists(st.integers(0, 15), min_size=1, max_size=4), st.text("0123456789.,NSEWAVM", max_size=4))
def test_part_with_fields_replaced_never_has_a_position_without_a_fix(places: list[int], text: str) -> None:
    for body in (RMC, GGA, GNS):
        fields = body.decode().split(",")
        for place in places:
            fields[1 + place % (len(fields) - 1)] = text
        found = decode.part(",".join(fields).encode())
        assert found is None or found.position is None or found.quality > 0


def test_part_does_not_show_where_it_is() -> None:
    assert "440688978" not in repr(part(RMC))
