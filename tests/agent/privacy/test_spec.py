from dataclasses import replace

import pytest

from agent.privacy.spec import Rule
from drivers.reading import Sensitivity
from tests.support.privacy import CARS, MAC, RSSI, TEMPERATURE, histogram, released


def test_group_of_a_released_channel_is_qualified_by_its_sensor() -> None:
    assert released(RSSI, sensor="north").group == "north.devices"
    assert released(TEMPERATURE).group is None


@pytest.mark.parametrize("source", [MAC, CARS], ids=lambda source: str(source.name))
def test_identifier_or_count_without_a_group_is_a_group_of_its_own(source: object) -> None:
    lone = replace(MAC if source is MAC else CARS, group=None)
    assert released(lone, Rule.SUM, sensor="s").group == f"s.{lone.name}"


def test_class_of_a_distinct_count_is_count_again() -> None:
    assert released(MAC, Rule.COUNT_DISTINCT).sensitivity is Sensitivity.COUNT
    assert released(RSSI).sensitivity is Sensitivity.MEASUREMENT


def test_class_of_a_dwell_and_of_a_histogram_is_count_again() -> None:
    assert released(MAC, Rule.DWELL).sensitivity is Sensitivity.COUNT
    assert {column.sensitivity for column in histogram(RSSI, -127, 0, 21)} == {Sensitivity.COUNT}


def test_histogram_of_a_plain_measurement_has_class_count_and_no_group() -> None:
    (first, _) = histogram(TEMPERATURE, 0, 1, 2)
    assert (first.sensitivity, first.group, first.tells_contributors) == (Sensitivity.COUNT, None, False)


def test_contributors_are_told_by_numbers_of_people_and_by_identifiers_only() -> None:
    telling = [released(MAC, Rule.COUNT_DISTINCT), released(MAC, Rule.DWELL), released(CARS, Rule.MEDIAN)]
    assert all(channel.tells_contributors for channel in telling)
    others = [released(RSSI), released(RSSI, Rule.COUNT), *histogram(RSSI, -127, 0, 21)]
    assert not any(channel.tells_contributors for channel in others)


def test_counts_are_numbers_of_people_and_of_sightings_only() -> None:
    assert released(MAC, Rule.COUNT_DISTINCT).counts
    assert released(CARS, Rule.MAX).counts
    assert released(RSSI, Rule.COUNT).counts
    assert not released(RSSI).counts
    assert not released(TEMPERATURE, Rule.COUNT).counts
