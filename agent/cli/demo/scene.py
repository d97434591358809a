"""The files of a demonstration: keys, the unit's and the receiver's configuration, and where everything is.

In: a folder. Out: files in it. Never: a process.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Final

from agent.cli.demo.errors import DemoError
from agent.control.state import create
from agent.wire import keyfile

UNIT: Final = "demo-corner"
_TEMPLATE: Final = Path(__file__).with_name("unit.toml")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything is.

    Attributes:
        folder: holds keys and, for a while, what the sensors showed; readable by its owner only.
    """

    folder: Path

    @property
    def unit_file(self) -> Path:
        """The unit's configuration."""
        return self.folder / "unit.toml"

    @property
    def receiver_file(self) -> Path:
        """The receiver's configuration."""
        return self.folder / "receiver.toml"

    @property
    def receiver_store(self) -> Path:
        """Everything that the city has received."""
        return self.folder / "receiver.db"

    @property
    def sensor_log(self) -> Path:
        """What the sensors showed, written on their side."""
        return self.folder / "sensors.jsonl"

    @property
    def runtime(self) -> Path:
        """The folder of the unit's status file."""
        return self.folder / "run"

    @property
    def status_file(self) -> Path:
        """What `lamppost status` reads."""
        return self.runtime / "status.json"

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.folder / "logs"


def prepare(folder: Path) -> Scene:
    """Return a scene in `folder`, which is made if it is not there.

    Raises:
        DemoError: it is not empty, or cannot be made.
    """
    scene = Scene(folder.absolute())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DemoError(f"{folder}: expected a new or an empty folder; name another one")
        for inner in (scene.logs, scene.runtime, folder / "outbox"):
            inner.mkdir(mode=0o700)
    except OSError as error:
        raise DemoError(f"{folder}: cannot make this folder: {error.strerror}. Name another one") from error
    return scene


def write_files(scene: Scene, *, unit_port: int, broker_port: int, mqtt5: bool) -> None:
    """Make the keys, and write the configuration of the unit and of the receiver.

    Args:
        scene: where.
        unit_port: where the unit finds its broker.
        broker_port: where the receiver finds it.
        mqtt5: whether the broker speaks MQTT 5.
    """
    unit = keyfile.generate(scene.folder / "unit.key")
    receiver = keyfile.generate(scene.folder / "receiver.key")
    create(scene.folder / "outbox", unit=UNIT)
    (scene.folder / "receiver.pub").write_text(receiver.public.pem, encoding="ascii")
    within_quotes = json.dumps(str(scene.folder), ensure_ascii=False)[1:-1]
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        folder=within_quotes, port=unit_port, mqtt="auto" if mqtt5 else "3.1.1"
    )
    scene.unit_file.write_text(text, encoding="utf-8")
    scene.receiver_file.write_text(_receiver_text(broker_port, mqtt5=mqtt5), encoding="utf-8")
    (scene.folder / "devices.toml").write_text(_devices_text(unit.public.pem), encoding="utf-8")


def _receiver_text(port: int, *, mqtt5: bool) -> str:
    return (
        '[receiver]\nkey = "receiver.key"\ndevices = "devices.toml"\nstore = "receiver.db"\n\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {port}\ntls = false\nmqtt5 = {str(mqtt5).lower()}\n'
    )


def _devices_text(key: str) -> str:
    yesterday = datetime.now(tz=UTC) - timedelta(days=1)
    return (
        f'[unit.{UNIT}]\nkey = """\n{key}"""\nalg = "Ed25519"\n'
        f"valid_from = {yesterday:%Y-%m-%dT%H:%M:%SZ}\n"
        "simulated = true  # this demonstration only; a unit on a pole has false\n"
    )
