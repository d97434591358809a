from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import dtpr
from agent.config.check_unit import EXPONENT, snap
from agent.privacy.grid import Grid
from agent.wire.fields import MAX_CODES
from tests.support.config_files import Finding, edited, errors, findings, only, outcome, resolved

LOCATION = "location = [40.748817, -73.985428]\n"
GRID = 'location_grid = "250m"\n'


@pytest.mark.parametrize(
    ("new", "finding"),
    [
        pytest.param("location = [91, 0]\n", ("bad-location", "unit.location"), id="latitude"),
        pytest.param("location = [0, -180.01]\n", ("bad-location", "unit.location"), id="longitude"),
        pytest.param("location = [40.7]\n", ("wrong-type", "unit.location"), id="one-number"),
        pytest.param('location = ["40.7", 0]\n', ("wrong-type", "unit.location[0]"), id="text"),
        pytest.param("location = [inf, 0]\n", ("out-of-range", "unit.location[0]"), id="infinite"),
        pytest.param("", ("no-effect", "unit.location_grid"), id="grid-alone"),
    ],
)
def test_check_of_a_wrong_location_reports_exactly_that(new: str, finding: Finding) -> None:
    assert errors(edited((LOCATION, new))) == [finding]


@pytest.mark.parametrize("grid", ["99m", "101km"])
def test_check_of_a_grid_that_is_too_fine_or_too_coarse_reports_it(grid: str) -> None:
    assert errors(edited((GRID, f'location_grid = "{grid}"\n'))) == [("out-of-range", "unit.location_grid")]


def test_check_of_swapped_coordinates_says_that_latitude_comes_first_and_shows_neither() -> None:
    problem = only(edited((LOCATION, "location = [-122.4194, 37.7749]\n")))
    assert problem.hint == "the two may be swapped: latitude comes first"
    assert "122" not in f"{problem.message}{problem.expected}{problem.found}{problem.hint}"


def test_settings_hold_the_middle_of_the_cell_and_not_the_location() -> None:
    settings = resolved(edited((GRID, "")))
    assert settings.unit.location is not None
    latitude, longitude, edge_m = settings.unit.location
    assert edge_m == 1000
    assert abs(latitude - 4_074_882) < 500
    assert abs(longitude + 7_398_543) < 700
    assert "40.748817" not in repr(settings)
    assert "4074882" not in repr(settings)


def test_settings_without_a_location_tell_none() -> None:
    assert resolved(edited((LOCATION + GRID, ""))).unit.location is None


@given(
    st.decimals(min_value=-90, max_value=90, places=7),
    st.decimals(min_value=-180, max_value=180, places=7),
    st.sampled_from([100, 250, 1000, 100_000]),
)
def test_snap_of_any_place_gives_a_cell_that_is_snapped_to_itself(lat: Decimal, lon: Decimal, edge_m: int) -> None:
    latitude, longitude, edge = snap((lat, lon), edge_m)
    grid = Grid(edge_m, EXPONENT)
    assert (grid.latitude(latitude), grid.longitude(longitude, latitude=latitude), edge_m) == (
        latitude,
        longitude,
        edge,
    )


def test_snap_of_two_places_in_one_cell_is_the_same() -> None:
    one, other = (Decimal("40.74882"), Decimal("-73.98543")), (Decimal("40.74881"), Decimal("-73.98544"))
    assert snap(one, 1000) == snap(other, 1000)
    assert snap(one, 1000) != snap((Decimal("40.77"), Decimal("-73.98543")), 1000)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("purpose__mobilty", "purpose__mobility"),
        ("mobility", "purpose__mobility"),
        ("Fire & Emergency", "purpose__fire_emergency"),
        ("tech_air_quality", "tech__air_quality"),
    ],
)
def test_check_of_an_unknown_code_proposes_the_one_that_was_meant(written: str, meant: str) -> None:
    problem = only(edited(('"purpose__mobility"', f'"{written}"')))
    assert (problem.code, problem.key) == ("unknown-code", "stream.footfall.dtpr[0]")
    assert problem.hint == f'did you mean "{meant}"?'


def test_check_of_a_code_like_nothing_proposes_none() -> None:
    assert only(edited(('"accountable__organization"', '"xyzzy"'))).hint is None


def test_check_of_codes_that_are_there_twice_or_too_many_reports_them() -> None:
    twice = edited(('["accountable__organization"]', '["tech__gps", "tech__gps"]'))
    assert findings(twice) == [("duplicate-code", "unit.dtpr[1]")]
    many = str([*dtpr.TITLES][: MAX_CODES + 1]).replace("'", '"')
    assert findings(edited(('["accountable__organization"]', many))) == [("too-many-codes", "unit.dtpr")]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("installed = 2026-03-01", 'installed = "2026-03-01"', ("wrong-type", "unit.installed")),
        ("installed = 2026-03-01", "installed = 2026-03-01T10:00:00Z", ("wrong-type", "unit.installed")),
        ("calibrated = 2026-02-14", "calibrated = 20260214", ("wrong-type", "sensor.air.calibrated")),
        ("instaled", "instaled", ("unknown-key", "unit.instaled")),
        ('notice_url = "https:', 'notice_url = "', ("bad-url", "unit.notice_url")),
        ('hardware = "Board and box"', 'hardware = ""', ("empty", "unit.hardware")),
        ('log_bytes = "4MB"', 'log_bytes = "4kB"', ("out-of-range", "buffer.log_bytes")),
        ("log_days = 90", 'log_days = "90d"', ("wrong-type", "buffer.log_days")),
        ("log_days = 90", "log_days = 0", ("out-of-range", "buffer.log_days")),
        ('flash_daily = "40MB"', 'flash_daily = "40kB"', ("out-of-range", "buffer.flash_daily")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_check_of_one_wrong_word_reports_exactly_that(old: str, new: str, finding: Finding) -> None:
    text = edited((old, new)) if old != "instaled" else edited(("installed =", "instaled ="))
    assert errors(text) == [finding]
    assert outcome(text).settings is None


def test_check_of_a_date_in_quotes_says_how_to_write_it() -> None:
    problem = only(edited(("installed = 2026-03-01", 'installed = "2026-03-01"')))
    assert problem.expected == "a date, without quotes, such as 2026-01-31"
    assert problem.hint == "write it without quotes: 2026-03-01"
    assert problem.source == 'installed = "2026-03-01"'
    assert (problem.column, problem.width) == (13, 12)
