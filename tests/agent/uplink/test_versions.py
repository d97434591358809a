"""Which version of MQTT is spoken."""

import pytest

from agent.uplink.interfaces import MQTT_5, MQTT_311
from agent.uplink.settings import Mqtt
from agent.uplink.versions import Versions
from tests.support.uplink import NS

DAY = 86_400


def test_versions_with_a_refusal_of_5_speaks_3_1_1_for_a_day() -> None:
    versions = Versions(Mqtt.AUTO, DAY)
    assert versions.choose(0) == MQTT_5
    versions.refused(MQTT_5, 0)
    assert versions.choose(DAY * NS - 1) == MQTT_311
    assert versions.choose(DAY * NS) == MQTT_5


def test_versions_with_a_silent_refusal_of_5_tries_3_1_1_next_and_remembers_success() -> None:
    versions = Versions(Mqtt.AUTO, DAY)
    versions.closed(MQTT_5)
    assert versions.choose(0) == MQTT_311
    versions.worked(MQTT_311, 0)
    assert versions.choose(DAY * NS - 1) == MQTT_311


def test_versions_with_both_hung_up_on_alternates() -> None:
    versions = Versions(Mqtt.AUTO, DAY)
    chosen = []
    for _ in range(4):
        version = versions.choose(0)
        chosen.append(version)
        versions.closed(version)
    assert chosen == [MQTT_5, MQTT_311, MQTT_5, MQTT_311]


@pytest.mark.parametrize(("mqtt", "version"), [(Mqtt.V5, MQTT_5), (Mqtt.V311, MQTT_311)])
def test_versions_configured_are_kept(mqtt: Mqtt, version: int) -> None:
    versions = Versions(mqtt, DAY)
    versions.closed(MQTT_5)
    versions.refused(MQTT_5, 0)
    assert versions.choose(1) == version
