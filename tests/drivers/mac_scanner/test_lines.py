import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mac_scanner.lines import LONGEST_LINE, LineParser, Sighting
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut, feed_each

LINE = b"02:AB:cd:00:00:01,-67\r\n"
SIGHTING = (b"\x02\xab\xcd\x00\x00\x01", -67)


def test_parser_fed_a_whole_line_returns_the_sighting() -> None:
    assert LineParser().feed(LINE) == [SIGHTING]


ESP32_SKETCH = "%02X:%02X:%02X:%02X:%02X:%02X,%d\n"
"""What the ESP32 sketch "Fast ESP32 WiFi RSSI Sniffer (Multi-BSSID)" gives to `Serial.printf` for each sighting."""
ESP8266_SNIFFER = "%02x:%02x:%02x:%02x:%02x:%02x,%d\n"
"""What an ESP8266 sniffer for Aeroscout tags gives to `os_printf`, without the space that it has behind the end."""


@pytest.mark.parametrize("form", [ESP32_SKETCH, ESP8266_SNIFFER], ids=["esp32", "esp8266"])
def test_parser_takes_what_public_sniffers_print(form: str) -> None:
    heard = [((2, 0x1E, 0xE3, 0xE8, 0x94, 0x81), -67), ((0x7E, 0xA6, 0x82, 0x31, 0x6B, 0xF5), -9)]
    data = "".join(form % (*address, rssi) for address, rssi in heard).encode()

    assert LineParser().feed(data) == [(bytes(address), rssi) for address, rssi in heard]


def test_parser_fed_byte_by_byte_returns_nothing_until_the_line_feed() -> None:
    parser = LineParser()

    assert feed_each(parser, LINE[:-1]) == []
    assert parser.feed(LINE[-1:]) == [SIGHTING]


def test_parser_keeps_what_follows_a_line() -> None:
    parser = LineParser()

    assert parser.feed(LINE + LINE[:9]) == [SIGHTING]
    assert parser.feed(LINE[9:]) == [SIGHTING]
    assert parser.malformed == 0


@pytest.mark.parametrize(
    "line",
    [
        b"AB:cd:00:00:01,-67",
        b"02:AB:cd:00:00:01",
        b"02:AB:cd:00:00:01,",
        b"02:AB:cd:00:00:01,-",
        b"02:AB:cd:00:00:01,-67,3",
        b"02:AB:cd:00:00:01;-67",
        b"02-AB-cd-00-00-01,-67",
        b"02ABcd000001,-67",
        b"02:AB:cd:00:00:0g,-67",
        b"02:AB:cd:00:00:01,-67 ",
        b" 02:AB:cd:00:00:01,-67",
        b"02:AB:cd:00:00:01,-6.7",
        b"02:AB:cd:00:00:01,-6\xb27",
        b"02:AB:cd:00:00:01,-128",
        b"02:AB:cd:00:00:01,21",
        b"02:AB:cd:00:00:01,126",
        b"02:AB:cd:00:00:01,-1000",
        b"00:00:00:00:00:00,-67",
        b"FF:FF:FF:FF:FF:FF,-67",
        b"02:AB:cd:00:00:01,-67\r\r",
        b"\x00",
    ],
)
def test_parser_counts_and_drops_a_line_of_another_form(line: bytes) -> None:
    parser = LineParser()

    assert parser.feed(line + b"\n" + LINE) == [SIGHTING]
    assert parser.malformed == 1


@pytest.mark.parametrize(("text", "dbm"), [(b"-127", -127), (b"20", 20), (b"0", 0), (b"-07", -7), (b"127", None)])
def test_parser_takes_every_signal_strength_there_is(text: bytes, dbm: int | None) -> None:
    assert LineParser().feed(b"02:AB:cd:00:00:01," + text + b"\n") == [(SIGHTING[0], dbm)]


@pytest.mark.parametrize(
    ("line", "trips"),
    [
        (b"02-AB-cd-00-00-01,-67", {"mac": 1}),
        (b"02:AB:cd:00:00:01;-67;02:AB:cd:00:00:02", {"mac": 1}),
        (b"02:AB:cd:00:00:01,somebody@city.example", {"email": 1}),
        (b"02:AB:cd:00:00:01,-67,+436601234567", {"phone": 1}),
        (b"4111 1111 1111 1111\t-67", {"card": 1}),
        (b"AB12 XYZ,-67", {"plate": 1}),
        (b"seen 2001:db8::1 again", {"ip": 1}),
        (b"somebody@city.example,02-AB-cd-00-00-01", {"email": 1}),
        (b"somebody@city.example" + b"," * 100, {"email": 1}),
        (b"02:AB:cd:00:00:01,-1000", {}),
        (b"02:AB:cd:00:00:01", {}),
        (b"AB:cd:00:00:01,-67", {}),
        (b"FF:FF:FF:FF:FF:FF,-67", {}),
        (b"x" * 100, {}),
        (b"x" * 100 + b" somebody@city.example", {}),
    ],
)
def test_line_of_another_form_is_counted_by_what_its_odd_fields_look_like(line: bytes, trips: dict[str, int]) -> None:
    whole, cut = Tally(), Tally()
    parser = LineParser(whole)

    assert parser.feed(line + b"\n" + LINE) == [SIGHTING]
    assert feed_each(LineParser(cut), line + b"\n" + LINE) == [SIGHTING]
    assert parser.malformed == 1
    assert whole.counts == cut.counts == trips


def test_sightings_trip_nothing() -> None:
    tally = Tally()
    assert LineParser(tally).feed(LINE * 3 + b"\n") == [SIGHTING] * 3
    assert tally.counts == {}


def test_parser_passes_over_empty_lines_without_counting_them() -> None:
    parser = LineParser()

    assert parser.feed(b"\n\r\n" + LINE + b"\r\n\n") == [SIGHTING]
    assert parser.malformed == 0


@pytest.mark.parametrize("size", [LONGEST_LINE + 1, 10_000, 1_000_000])
def test_parser_fed_a_line_that_is_too_long_drops_it_to_its_end_and_counts_it_once(size: int) -> None:
    whole, cut = LineParser(), LineParser()
    data = b"x" * size + LINE + LINE

    assert whole.feed(data) == [SIGHTING]
    assert feed_cut(cut, data, range(0, len(data), 1000)) == [SIGHTING]
    assert (whole.malformed, cut.malformed) == (1, 1)


def test_parser_fed_a_line_without_end_holds_no_memory() -> None:
    parser = LineParser()
    chunk = b"0" * 4096
    parser.feed(chunk)
    tracemalloc.start()
    for _ in range(1000):
        parser.feed(chunk)
    grown_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown_bytes < 16_384
    assert parser.malformed == 1
    assert parser.feed(b"\n" + LINE) == [SIGHTING]


sightings = st.tuples(
    st.binary(min_size=6, max_size=6).filter(lambda address: address not in (bytes(6), b"\xff" * 6)),
    st.integers(-127, 20),
)
noise_lines = st.binary(max_size=100).map(lambda line: line.replace(b"\n", b"").replace(b",", b""))


@given(
    st.lists(st.one_of(sightings, noise_lines), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.lists(st.integers(0, 9999), max_size=8),
)
def test_parser_returns_every_sighting_amid_lines_without_comma_exactly_once_and_nothing_else(
    items: list[Sighting | bytes], end: bytes, cuts: list[int]
) -> None:
    data, wanted = b"", []
    for item in items:
        if isinstance(item, tuple):
            data += f"{item[0].hex(':')},{item[1]}".encode() + end
            wanted.append(item)
        else:
            data += item + b"\n"

    assert feed_cut(LineParser(), data, cuts) == wanted


@given(st.lists(st.one_of(st.binary(max_size=80), st.just(LINE), st.just(b"\n"))), st.lists(st.integers(0, 9999)))
def test_parser_returns_and_counts_the_same_however_a_stream_is_cut(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    whole, cut = LineParser(), LineParser()

    assert feed_cut(cut, stream, cuts) == whole.feed(stream)
    assert cut.malformed == whole.malformed
    assert cut.needed >= 1
