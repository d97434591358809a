"""Small sensor models for tests of the configuration: one of every kind that a rule tells apart."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Never

from agent.config.catalogue import Catalogue
from drivers.model import Delivery, I2cModel, ModbusModel, Model, SerialModel
from drivers.reading import Channel, Sensitivity


class Mode(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class ThermoOptions:
    """Options of the thermometer.

    Attributes:
        height_m: metres above the ground.
        gain: a factor.
        mode: how it measures.
    """

    height_m: int = 0
    gain: float = 1.0
    mode: Mode = Mode.SLOW
    quick: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.height_m <= 100:
            raise ValueError(f"height_m must be 0 to 100, found {self.height_m}")


def _never(*_: object) -> Never:
    raise AssertionError("the checker builds no drivers")


THERMO = I2cModel(
    name="thermo",
    title="Thermometer",
    addresses=(0x40, 0x41),
    create=_never,
    options=ThermoOptions,
    interval_s=10.0,
    fastest_s=2.0,
    timeout_s=3.0,
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=8500,
            accuracy="±1 °C (a data sheet)",
            property="http://qudt.org/vocab/quantitykind/Temperature",
        ),
        Channel(name="humidity", title="Relative humidity", unit="%RH", exponent=-2, minimum=0, maximum=10_000),
    ),
)
GAS = I2cModel(
    name="gas",
    title="Gas sensor",
    addresses=(0x62,),
    create=_never,
    interval_s=30.0,
    fastest_s=5.0,
    channels=(Channel(name="co2", title="Carbon dioxide", unit="ppm", minimum=0, maximum=40_000),),
)
SKY = SerialModel(
    name="sky",
    title="GNSS receiver",
    baudrate=9600,
    create=_never,
    delivery=Delivery.PUSHED,
    channels=(
        Channel(
            name="latitude",
            title="Latitude",
            unit="lat",
            exponent=-7,
            minimum=-900_000_000,
            maximum=900_000_000,
            sensitivity=Sensitivity.LOCATION,
        ),
        Channel(name="utc", title="Time", unit="s", exponent=-3, minimum=0, maximum=2**42),
    ),
)
SCAN = SerialModel(
    name="scan",
    title="Scanner",
    baudrate=115_200,
    create=_never,
    delivery=Delivery.PUSHED,
    channels=(
        Channel(name="mac", title="Address", unit="", sensitivity=Sensitivity.IDENTIFIER, group="devices"),
        Channel(name="rssi", title="Signal strength", unit="dBm", minimum=-120, maximum=0, group="devices"),
    ),
)
METER = ModbusModel(
    name="meter",
    title="Energy meter",
    create=_never,
    channels=(Channel(name="power", title="Power", unit="W", exponent=-1, minimum=-100_000, maximum=100_000),),
)
MODELS: dict[str, Model] = {model.name: model for model in (THERMO, GAS, SKY, SCAN, METER)}
CATALOGUE = Catalogue(tuple(MODELS), MODELS.__getitem__)

UNIT = """\
[unit]
id = "corner"
site = "5th Avenue"
publisher = "City of Example"
office = "Office of Air"
contact = "air@city.example"
key = "unit.key"
location = [40.748817, -73.985428]
location_grid = "250m"
installed = 2026-03-01
hardware = "Board and box"
firmware = "Image 7"
legal_basis = "Local law 1"
dtpr = ["accountable__organization"]
notice_url = "https://city.example/poles/corner"

[bus.pole]
kind = "i2c"
path = "/dev/i2c-1"

[bus.sky]
kind = "serial"
path = "/dev/serial/by-id/a"

[bus.scan]
kind = "serial"
path = "/dev/serial/by-id/b"
baudrate = 57600

[sensor.air]
model = "thermo"
bus = "pole"
address = 0x40
interval = "20s"
timeout = "1s"
start = "required"
calibrated = 2026-02-14
options = { height_m = 3, gain = 2, mode = "fast" }

[sensor.gas]
model = "gas"
bus = "pole"

[sensor.sky]
model = "sky"
bus = "sky"

[sensor.scan]
model = "scan"
bus = "scan"
quiet_hours = ["22:00-06:00", "12:00-12:30"]

[stream.weather]
title = "Weather"
description = "Weather at the kerb"
keywords = ["weather", "heat"]
purpose = "Heat planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
contact = "heat@city.example"
window = "1min"
batch = "10min"
overflow = "drop_newest"

[stream.weather.channel.temperature]
from = "air.temperature"
rule = "mean"
unit = "Cel"
resolution = 0.5
range = [-30, 50.5]

[stream.weather.channel.co2]
from = "gas.co2"
rule = "max"
unit = "ppm"
property = "https://city.example/properties/co2"

[stream.place]
title = "Place"
description = "Where it is"
purpose = "Maintenance"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "non-public"
rights = "Tells where the unit is"
window = "1h"
batch = "1h"
overflow = "drop_oldest"

[stream.place.channel.latitude]
from = "sky.latitude"
rule = "grid"
unit = "lat"
grid = "500m"

[stream.footfall]
title = "Footfall"
description = "Devices"
purpose = "Planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "restricted public"
rights = "Ask the office"
delay = "1h"
window = "15min"
batch = "1h"
overflow = "drop_oldest"
suppress_below = 12
dtpr = ["purpose__mobility", "process__differential_privacy"]

[stream.footfall.noise]
epsilon = "1/2"
daily = 48
sensitivity = 1

[stream.footfall.channel.devices]
from = "scan.mac"
rule = "count_distinct"
unit = "count"
range = [0, 500]

[uplink]
host = "mqtt.city.example"
port = 8884
username = "corner"
password_file = "credential:broker"
receiver_keys = ["keys/receiver.pub"]
keepalive = "90s"
in_flight = 8
status_interval = "10min"
topic_root = "city/air"
mqtt = "auto"
delivery = "receipts"

[uplink.tls]
ca = "/etc/ca.pem"
client_cert = "unit.crt"
client_key = "unit.tls.key"

[buffer]
directory = "store"
max_bytes = "128MiB"
free_floor = "32MB"
loss_window = "2s"
retain = "1h"
log_bytes = "4MB"
log_days = 90
flash_daily = "40MB"

[budget]
messages_per_minute = 60
bytes_per_minute = "256kB"
daily = "20MB"
monthly = "300MB"
billing_day = 5

[clock]
source = "gnss"
gnss = "sky"
timezone = "UTC"
"""
"""A configuration without mistakes that uses every key."""
