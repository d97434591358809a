import re

from drivers.sim.mac_scanner import ListedScanner, SimulatedScanner, render

LINE = re.compile(rb"(?:[0-9A-F]{2}:){5}[0-9A-F]{2},-\d{1,3}\r\n")


def test_render_gives_the_line_of_a_sighting() -> None:
    assert render(b"\xaa\xbb\xcc\xdd\xee\xff", -67) == b"AA:BB:CC:DD:EE:FF,-67\r\n"


def test_street_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    streets = [SimulatedScanner(seed=seed) for seed in (1, 1, 2)]

    first, again, other = [b"".join(street.frame() for _ in range(60)) for street in streets]

    assert first == again != other


def test_frame_holds_a_line_for_each_presented_sighting() -> None:
    street = SimulatedScanner(seed=3, arrivals_per_s=5)
    for _ in range(40):
        lines = street.frame().splitlines(keepends=True)
        assert len(lines) == len(street.presented) == len(street.addresses)
        assert all(LINE.fullmatch(line) for line in lines)


def test_devices_come_at_the_given_rate_stay_as_long_as_given_and_leave() -> None:
    street = SimulatedScanner(seed=5, arrivals_per_s=2, stay_s=10)
    ever: set[bytes] = set()
    sightings = 0
    for _ in range(500):
        street.frame()
        ever |= street.addresses
        sightings += len(street.presented)

    assert 950 < len(ever) <= 1000
    assert 9 < sightings / len(ever) < 11


def test_addresses_are_locally_administered_and_of_one_device() -> None:
    street = SimulatedScanner(seed=6, arrivals_per_s=50)
    street.frame()

    assert {address[0] & 3 for address in street.addresses} == {2}


def test_listed_scanner_gives_the_list_once_in_order() -> None:
    sightings = [(bytes([2, 0, 0, 0, 0, number]), -number) for number in range(1, 6)]
    scanner = ListedScanner(sightings, each=2)

    found = []
    while scanner.frame():
        found.append(scanner.presented)

    assert found == [sightings[:2], sightings[2:4], sightings[4:]]
    assert scanner.presented == []
