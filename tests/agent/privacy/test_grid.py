import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.grid import (
    COSINE_MILLIONTHS,
    EQUATOR_DEGREE_M,
    LONGEST_DEGREE_M,
    SHORTEST_LATITUDE_DEGREE_M,
    Grid,
)

UNIT = 10**7
EDGES = st.integers(100, 100_000)
LATITUDES = st.one_of(st.integers(-90 * UNIT, 90 * UNIT), st.sampled_from([-90 * UNIT, 0, 90 * UNIT]))
LONGITUDES = st.one_of(st.integers(-180 * UNIT, 180 * UNIT), st.sampled_from([-180 * UNIT, 0, 180 * UNIT]))

WGS84_A_M = 6_378_137.0
WGS84_E2 = 0.0066943799901413165


def longitude_degree_m(latitude_deg: float) -> float:
    phi = math.radians(latitude_deg)
    return math.pi / 180 * WGS84_A_M * math.cos(phi) / math.sqrt(1 - WGS84_E2 * math.sin(phi) ** 2)


def test_degrees_are_taken_at_their_shortest_and_longest_of_wgs84() -> None:
    meridian = math.pi / 180 * WGS84_A_M * (1 - WGS84_E2)
    assert math.floor(meridian) == SHORTEST_LATITUDE_DEGREE_M
    assert math.ceil(meridian / (1 - WGS84_E2) ** 1.5) == LONGEST_DEGREE_M
    assert math.floor(longitude_degree_m(0)) == EQUATOR_DEGREE_M


def test_cosine_table_is_cut_never_rounded_up() -> None:
    assert len(COSINE_MILLIONTHS) == 91
    for degree, millionths in enumerate(COSINE_MILLIONTHS):
        assert 0 <= math.cos(math.radians(degree)) * 1e6 - millionths < 1 + 1e-6


@given(EDGES, LATITUDES, LONGITUDES)
def test_snapping_a_snapped_position_changes_nothing(edge_m: int, latitude: int, longitude: int) -> None:
    grid = Grid(edge_m, -7)
    row = grid.latitude(latitude)
    cell = grid.longitude(longitude, latitude=latitude)
    assert grid.latitude(row) == row
    assert grid.longitude(cell, latitude=row) == cell
    assert grid.longitude(longitude, latitude=row) == cell


@given(EDGES, LATITUDES, LONGITUDES)
def test_snapped_position_is_on_the_globe_and_within_half_a_cell(edge_m: int, latitude: int, longitude: int) -> None:
    grid = Grid(edge_m, -7)
    row, cell = grid.latitude(latitude), grid.longitude(longitude, latitude=latitude)
    assert -90 * UNIT <= row <= 90 * UNIT
    assert -180 * UNIT <= cell <= 180 * UNIT
    rows = 180 * SHORTEST_LATITUDE_DEGREE_M // edge_m
    assert abs(row - latitude) <= 180 * UNIT / rows / 2 + 1


@given(EDGES, LATITUDES, LONGITUDES)
def test_cell_is_never_smaller_than_the_declared_edge(edge_m: int, latitude: int, longitude: int) -> None:
    """A neighbour less than one edge away is in the same cell or the next one, and cells are an edge apart."""
    grid = Grid(edge_m, -7)
    row = grid.latitude(latitude)
    north = grid.latitude(min(row + edge_m * UNIT // LONGEST_DEGREE_M, 90 * UNIT))
    assert north == row or (north - row) / UNIT * LONGEST_DEGREE_M >= edge_m * 0.999
    cell = grid.longitude(longitude, latitude=latitude)
    shortest_m = longitude_degree_m(min(90.0, (abs(row) / UNIT) + edge_m / SHORTEST_LATITUDE_DEGREE_M / 2))
    cells = {grid.longitude(step * UNIT, latitude=latitude) for step in range(-180, 180)} | {cell}
    gaps = [b - a for a, b in zip(sorted(cells), sorted(cells)[1:], strict=False)]
    assert all(gap / UNIT * shortest_m >= edge_m * 0.999 for gap in gaps)


@given(EDGES, LATITUDES)
def test_both_sides_of_the_antimeridian_are_one_line(edge_m: int, latitude: int) -> None:
    grid = Grid(edge_m, -7)
    east, west = (grid.longitude(sign * 180 * UNIT, latitude=latitude) for sign in (1, -1))
    assert east == west


def test_positions_on_two_sides_of_the_antimeridian_have_cells_at_their_side() -> None:
    grid = Grid(1000, -7)
    assert grid.longitude(180 * UNIT - 1, latitude=0) > 0
    assert grid.longitude(-180 * UNIT + 1, latitude=0) < 0


@pytest.mark.parametrize("pole", [-90, 90])
def test_near_a_pole_all_longitudes_are_one(pole: int) -> None:
    grid = Grid(250, -7)
    assert {grid.longitude(degree * UNIT, latitude=pole * UNIT) for degree in range(-180, 181, 7)} == {0}


@pytest.mark.parametrize(
    ("latitude", "longitude", "snapped"),
    [
        (601_699_000, 249_384_000, (601_703_239, 249_383_637)),
        (-338_688_000, 1_512_093_000, (-338_688_406, 1_512_081_809)),
        (0, 0, (0, 11_230)),
    ],
    ids=["helsinki", "sydney", "origin"],
)
def test_known_positions_on_a_250_m_grid_are_the_same_on_every_machine(
    latitude: int, longitude: int, snapped: tuple[int, int]
) -> None:
    grid = Grid(250, -7)
    assert (grid.latitude(latitude), grid.longitude(longitude, latitude=latitude)) == snapped


@pytest.mark.parametrize(
    ("height", "snapped"), [(0, 0), (499, 0), (501, 1000), (500, 0), (1500, 2000), (-501, -1000), (12_345, 12_000)]
)
def test_height_is_rounded_to_the_edge(height: int, snapped: int) -> None:
    assert Grid(100, -1).height(height) == snapped
    assert Grid(100, -1).height(snapped) == snapped


@pytest.mark.parametrize(("latitude", "there"), [(90 * UNIT, True), (-90 * UNIT, True), (90 * UNIT + 1, False)])
def test_latitude_beyond_a_pole_is_none(latitude: int, *, there: bool) -> None:
    assert Grid(100, -7).has_latitude(latitude) is there


def test_edge_longer_than_from_pole_to_pole_makes_one_cell_of_the_globe() -> None:
    grid = Grid(50_000_000, 0)
    assert {grid.latitude(latitude) for latitude in (-90, -1, 0, 50, 90)} == {0}
    assert {grid.longitude(longitude, latitude=50) for longitude in (-180, -1, 0, 90, 180)} == {0}


@pytest.mark.parametrize("edge_m", [1000, 33_333, 100_000])
def test_rows_as_far_north_as_south_are_cut_into_the_same_cells(edge_m: int) -> None:
    grid = Grid(edge_m, -7)
    for degree in range(90):
        north, south = (grid.latitude(sign * degree * UNIT + sign) for sign in (1, -1))
        assert north + south in {-1, 0}
        assert grid.longitude(70 * UNIT, latitude=north) == grid.longitude(70 * UNIT, latitude=south)
