"""No transcript holds what looks like somebody's identifier, whoever put it on the line."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agent.config.plans import SensorPlan
from agent.discretion import NotTaped, refuse, refuse_somebody
from agent.poller import StartPolicy
from drivers.maxbotix import MODEL
from drivers.model import NoOptions
from drivers.reading import Channel, Sensitivity
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES

PLAN = SensorPlan(
    name="gauge",
    model=MODEL,
    bus="gauge",
    address=None,
    options=NoOptions(),
    interval_s=1,
    timeout_s=1,
    start=StartPolicy.RETRY,
)


class Listening:
    """A driver whose line has somebody's identifier on it now and then."""

    @property
    def trips(self) -> Mapping[str, int]:
        return {"email": 2}

    async def open(self) -> None: ...

    async def sample(self) -> None: ...

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    "channel",
    [
        Channel(name="mac", title="Device", unit="", sensitivity=Sensitivity.IDENTIFIER, group="devices"),
        Channel(name="latitude", title="Latitude", unit="lat", sensitivity=Sensitivity.LOCATION),
        Channel(name="cars", title="Cars", unit="count", sensitivity=Sensitivity.COUNT, group="cars"),
        Channel(name="speed", title="Speed", unit="m/s", group="cars"),
    ],
    ids=lambda channel: channel.name,
)
def test_sensor_that_tells_of_people_or_places_is_refused(channel: Channel) -> None:
    plan = replace(PLAN, model=replace(MODEL, channels=(*MODEL.channels, channel)))
    with pytest.raises(NotTaped, match=f"sensor gauge: its {channel.name} can tell of people or places"):
        refuse(plan)


@pytest.mark.parametrize(
    ("arrived", "kind"),
    [
        (b'{"temperature":21.5,"mac":"02:AB:CD:00:00:01"}\n', "mac"),
        (b"21.5;02ABcd000001;3\r\n", "mac"),
        (b"21.5,somebody@city.example\r\n", "email"),
        (b"\xff\xfe+436601234567\x00\x01", "phone"),
        (b"21.5|AB12 XYZ".replace(b" ", b"") + b"|7\n", "plate"),
        (b"21.5\t192.168.10.20\t7\n", "ip"),
        (b"R1235\r+436 601 234567", "phone"),
        (b"21.5;4111 1111 1111 1111;7\n", "card"),
        (b"21.5|AB12 XYZ|7\n", "plate"),
        (b"=" * 300 + b" 02:AB:CD:00:00:01 ", "mac"),
        (b"=" * 300 + b"somebody@city.example", "email"),
    ],
)
def test_line_with_somebodys_identifier_in_any_field_is_refused_without_it(arrived: bytes, kind: str) -> None:
    with pytest.raises(NotTaped, match=rf"somebody's identifier \({kind}\)") as caught:
        refuse_somebody(PLAN, arrived=arrived, drivers=[])
    for secret in ("AB", "somebody@", "436", "192", "4111"):
        assert secret not in str(caught.value)


def test_line_on_which_a_driver_has_dropped_somebodys_identifier_is_refused() -> None:
    with pytest.raises(NotTaped, match=r"\(email\)"):
        refuse_somebody(PLAN, arrived=b"R1234\r", drivers=[Listening()])  # type: ignore[list-item]  # it gives nothing


@pytest.mark.parametrize("name", ["pmsx003", "pms5003t", "sds01x", "sds198", "mhz19b", "sps30"])
def test_capture_of_a_real_sensor_is_no_identifier(name: str) -> None:
    refuse(PLAN)
    refuse_somebody(PLAN, arrived=b"".join(read_hexdump(CAPTURES / f"{name}.hexdump")), drivers=[])


@pytest.mark.parametrize(
    "arrived",
    [
        b"R1234\rR0300\r",
        b"Acc  0.12 mm, EventAcc  0.42 mm, TotalAcc  1.23 mm, RInt  3.10 mmph\r\n",
        b"\x02Q,229,002.74,M,00,\x0316\r\n",
        b"0R0,Dn=236D,Dm=283D,Dx=031D,Sn=0.0M,Sm=1.0M,Sx=2.2M,Ta=21.5C,Ua=43.7P,Pa=1013.2H\r\n",
        b'{"wind":{"speed":1.25},"time":1700000000.123}\n',
    ],
)
def test_line_of_numbers_and_units_is_no_identifier(arrived: bytes) -> None:
    refuse_somebody(PLAN, arrived=arrived, drivers=[])
