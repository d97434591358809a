"""What a unit in a proof is made of, and its configuration file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.wire.keyfile import SigningKey
from agent.wire.orders import Role


class Raw(str):
    """Text that stands in a TOML file without quotes."""

    __slots__ = ()


def section(title: str, pairs: Mapping[str, object]) -> str:
    """Return one section of a TOML file."""
    lines = [f"{name} = {value if isinstance(value, Raw) else json.dumps(value)}" for name, value in pairs.items()]
    return "\n".join([f"[{title}]", *lines, ""])


@dataclass(frozen=True, kw_only=True)
class ChannelPlan:
    """One released channel: `source` is a channel of the stream's sensor."""

    name: str
    source: str
    rule: str
    unit: str
    range: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class StreamPlan:
    """One stream, of one sensor; `keys` are further ones of its section."""

    name: str
    sensor: str
    channels: Sequence[ChannelPlan]
    window: str = "1s"
    batch: str = "1s"
    overflow: str = "drop_oldest"
    keys: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UnitPlan:
    """A unit: sensors by name with their models (serial ones), its streams, and further keys of its sections.

    `control` are the city's keys that it obeys. `program` is what Python runs instead of `-m agent`: a broken agent,
    for a negative control. `options` are further ones of `run`.
    """

    name: str
    sensors: Mapping[str, str]
    streams: Sequence[StreamPlan]
    uplink: Mapping[str, object] = field(default_factory=dict)
    buffer: Mapping[str, object] = field(default_factory=dict)
    clock: Mapping[str, object] = field(default_factory=lambda: {"source": "system"})
    control: Mapping[Role, SigningKey] = field(default_factory=dict)
    program: Sequence[str] = ("-m", "agent")
    options: Sequence[str] = ()


NUMBER = ChannelPlan(name="number", source="n0_3", rule="last", unit="count")
SAMPLES = ChannelPlan(name="samples", source="n0_3", rule="count", unit="count", range=(0, 1000))
"""What `NumberedDust` counts: the last frame's number, and how many frames there were."""


def dust_stream(
    name: str,
    *,
    sensor: str | None = None,
    channels: Sequence[ChannelPlan] = (NUMBER, SAMPLES),
    keys: Mapping[str, object] | None = None,
    **changes: str,
) -> StreamPlan:
    """Return a stream of a dust sensor of the same name, with one-second windows unless told otherwise."""
    return StreamPlan(name=name, sensor=sensor or name, channels=channels, keys=keys or {}, **changes)


def configuration(plan: UnitPlan, *, folder: Path, port: int, receiver: SigningKey) -> str:
    """Return a unit's configuration file."""
    uplink: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": False}
    if plan.uplink.get("delivery") != "broker":
        uplink["receiver_keys"] = [receiver.public.line]
    parts = [
        section(
            "unit",
            {
                "id": plan.name,
                "site": "A bench",
                "publisher": "City of Example",
                "office": "Office of Proofs",
                "contact": "proofs@city.example",
                "key": "unit.key",
            },
        )
    ]
    for name, model in plan.sensors.items():
        parts.append(section(f"bus.{name}", {"kind": "serial", "path": str(folder / f"tty-{name}")}))
        parts.append(section(f"sensor.{name}", {"model": model, "bus": name}))
    for stream in plan.streams:
        parts += _stream(stream)
    limits = {"directory": "store", "max_bytes": "16MB", "free_floor": "1MB", "loss_window": "100ms"}
    parts += [
        section("uplink", uplink | dict(plan.uplink)),
        section("buffer", limits | dict(plan.buffer)),
        section("clock", plan.clock),
        section("control", {"keys": Raw(f"[{', '.join(_city_keys(plan))}]")}),
    ]
    return "\n".join(parts)


def _city_keys(plan: UnitPlan) -> Iterator[str]:
    for role, key in plan.control.items():
        yield f'{{ key = "{key.public.line}", role = "{role.value}" }}'


def _stream(plan: StreamPlan) -> Iterator[str]:
    yield section(
        f"stream.{plan.name}",
        {
            "title": "Dust",
            "description": "Frames of a simulated sensor.",
            "purpose": "A proof",
            "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
            "access": "public",
            "window": plan.window,
            "batch": plan.batch,
            "overflow": plan.overflow,
        }
        | dict(plan.keys),
    )
    for channel in plan.channels:
        released: dict[str, object] = {
            "from": f"{plan.sensor}.{channel.source}",
            "rule": channel.rule,
            "unit": channel.unit,
        }
        bounds: dict[str, object] = {} if channel.range is None else {"range": channel.range}
        yield section(f"stream.{plan.name}.channel.{channel.name}", bounds | released)
