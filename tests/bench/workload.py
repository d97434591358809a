"""The files of the workload: one GNSS line and nine PMSx003 lines, a stream for each with four released values."""

from dataclasses import dataclass
from pathlib import Path

from agent.control.state import create
from agent.wire import keyfile
from tests.bench.feeder import DUST, GNSS

UNIT = "bench"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How long windows and batches are, as the configuration writes it, and the batch in seconds."""

    window: str
    batch: str
    batch_s: int


BATCHES_OF_10_S = Cadence("1s", "10s", 10)
BATCHES_OF_60_S = Cadence("1s", "60s", 60)
SLOW = Cadence("60s", "10min", 600)

_DUST_CHANNELS = (
    ("pm1_0", "mean", "ug/m3", ""),
    ("pm2_5", "mean", "ug/m3", ""),
    ("pm10", "max", "ug/m3", ""),
    ("n0_3", "mean", "count", ""),
)
_GNSS_CHANNELS = (
    ("latitude", "grid", "lat", 'grid = "500m"'),
    ("longitude", "grid", "lon", 'grid = "500m"'),
    ("satellites", "mean", "count", ""),
    ("hdop", "max", "/", ""),
)

_HEAD = """[unit]
id = "{unit}"
site = "A bench"
publisher = "City of Example"
office = "Office of Measures"
contact = "air@city.example"
key = "unit.key"

[uplink]
host = "127.0.0.1"
port = {port}
tls = false
receiver_keys = ["receiver.pub"]

[buffer]
directory = "{folder}/store"
loss_window = "1s"

[clock]
source = "system"
"""

_SENSOR = """
[bus.{name}]
kind = "serial"
path = "{folder}/dev/{name}"

[sensor.{name}]
model = "{model}"
bus = "{name}"

[stream.{name}]
title = "{name}"
description = "Four values in each window."
purpose = "To measure the agent"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "{window}"
batch = "{batch}"
overflow = "drop_oldest"
"""

_CHANNEL = """
[stream.{sensor}.channel.{name}]
from = "{sensor}.{name}"
rule = "{rule}"
unit = "{unit}"
{more}
"""

_MOSQUITTO = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
"""

_RECEIVER = """[receiver]
key = "receiver.key"
devices = "devices.toml"
store = "receiver.db"

[broker]
host = "127.0.0.1"
port = {port}
tls = false
"""

_DEVICES = """[unit.{unit}]
key = "unit.pub"
alg = "Ed25519"
valid_from = 2020-01-01T00:00:00Z
simulated = true
"""


def write_files(folder: Path, *, cadence: Cadence, agent_port: int, broker_port: int) -> None:
    """Put keys and configurations into `folder`."""
    for name in ("unit", "receiver"):
        key = keyfile.generate(folder / f"{name}.key")
        (folder / f"{name}.pub").write_text(key.public.pem)
    (folder / "dev").mkdir()
    create(folder / "store", unit=UNIT)
    (folder / "mosquitto.conf").write_text(_MOSQUITTO.format(port=broker_port))
    (folder / "receiver.toml").write_text(_RECEIVER.format(port=broker_port))
    (folder / "devices.toml").write_text(_DEVICES.format(unit=UNIT))
    (folder / "unit.toml").write_text(unit_toml(folder, cadence=cadence, port=agent_port))


def unit_toml(folder: Path, *, cadence: Cadence, port: int) -> str:
    """Return the unit's configuration."""
    parts = [_HEAD.format(unit=UNIT, port=port, folder=folder)]
    for sensor in (GNSS, *DUST):
        model, channels = ("gnss", _GNSS_CHANNELS) if sensor == GNSS else ("pmsx003", _DUST_CHANNELS)
        parts.append(
            _SENSOR.format(name=sensor, model=model, folder=folder, window=cadence.window, batch=cadence.batch)
        )
        parts += [
            _CHANNEL.format(sensor=sensor, name=name, rule=rule, unit=unit, more=more)
            for name, rule, unit, more in channels
        ]
    return "".join(parts)
