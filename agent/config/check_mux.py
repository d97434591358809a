"""Rules about I2C multiplexers: which bus they are on, their channels, and addresses that would answer together.

In: the buses and sensors of a file. Out: problems. Never: opens a bus.

What is selected at a time is one way from the adapter to one channel; everything else that a multiplexer could join
is cut off (`drivers.bus.mux`). So the chips that can hear a transfer are those on its own bus and on every bus
between it and the adapter: no address may be there twice. Chips behind different channels, or behind different
multiplexers of one bus, never hear each other and may share an address; that is what multiplexers are for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.config.check_bus import Buses
from agent.config.check_sensor import Sensors
from agent.config.plans import BusKind, BusPlan, MuxPlan
from agent.tomlfile import Table, did_you_mean, listing, quoted

_I2C_KINDS: Final = frozenset({BusKind.I2C, BusKind.MUX})


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is at the addresses of the buses, in words: keys are bus and address."""

    multiplexers: Mapping[tuple[str, int], str]
    sensors: Mapping[tuple[str, int | None], str]


def check_addresses(root: Table, buses: Buses, sensors: Sensors) -> None:
    """Report multiplexers on a wrong bus, channels that are there twice, and addresses that clash."""
    tables = root.tables("bus")
    channels: dict[MuxPlan, str] = {}
    for name, plan in buses.plans.items():
        if plan.channel is not None:
            _check_parent(tables[name], plan.channel, buses)
            _check_channel(tables[name], plan.channel, channels)
    taken = _taken(buses, sensors)
    for name, plan in buses.plans.items():
        if plan.channel is not None:
            above = buses.above(plan.channel.bus)
            _check_above(tables[name], "address", plan.channel.address, above=above, taken=taken)
    _check_sensors(root, buses, sensors=sensors, taken=taken)


def _check_parent(table: Table, mux: MuxPlan, buses: Buses) -> None:
    fitting = [name for name, plan in buses.plans.items() if plan.kind in _I2C_KINDS]
    if mux.bus not in buses.declared:
        table.problem(
            "bus",
            "unknown-bus",
            f"there is no bus {quoted(mux.bus)}",
            expected=f"one of the I2C buses: {listing(name for name in fitting if name != table.name)}",
            found=quoted(mux.bus),
            hint=did_you_mean(mux.bus, buses.declared - {table.name}),
        )
        return
    parent = buses.plans.get(mux.bus)
    if parent is not None and parent.name not in fitting:
        table.problem(
            "bus",
            "wrong-bus-kind",
            "a multiplexer is on an I2C bus, or behind a channel of another multiplexer",
            expected=f"one of {listing(name for name in fitting if name != table.name)}",
            found=f"{quoted(mux.bus)}, of kind {quoted(parent.kind.value)}",
        )
    elif _goes_round(table.name, buses):
        table.problem(
            "bus",
            "bus-loop",
            f"bus {quoted(table.name)} is behind itself: " + " behind ".join(_way(table.name, buses)),
            expected='a bus that leads to an adapter of kind "i2c"',
            found=quoted(mux.bus),
        )


def _goes_round(name: str, buses: Buses) -> bool:
    return _way(name, buses)[-1] == name


def _way(name: str, buses: Buses) -> list[str]:
    """Return the names from a bus on to its adapter; where it goes round it ends with the name that comes again."""
    way = [name]
    plan = buses.plans.get(name)
    while plan is not None and plan.channel is not None:
        way.append(plan.channel.bus)
        if plan.channel.bus in way[:-1]:
            break
        plan = buses.plans.get(plan.channel.bus)
    return way


def _check_channel(table: Table, mux: MuxPlan, channels: dict[MuxPlan, str]) -> None:
    owner = channels.setdefault(mux, table.name)
    if owner != table.name:
        table.problem(
            "channel",
            "duplicate-channel",
            f"bus {quoted(owner)} already is channel {mux.number} of the multiplexer at 0x{mux.address:02x}",
            expected="one [bus.NAME] section for each channel",
            found=str(mux.number),
            hint=f"let the sensors of this bus name {quoted(owner)} instead, or correct the channel",
        )


def _taken(buses: Buses, sensors: Sensors) -> _Taken:
    multiplexers = {
        (plan.channel.bus, plan.channel.address): f"the multiplexer of bus {quoted(name)}"
        for name, plan in buses.plans.items()
        if plan.channel is not None
    }
    return _Taken(multiplexers, {place: f"sensor {quoted(name)}" for place, name in sensors.at.items()})


def _check_sensors(root: Table, buses: Buses, *, sensors: Sensors, taken: _Taken) -> None:
    """Report sensors that would hear what is meant for a multiplexer, or for a sensor nearer to the adapter."""
    tables = root.tables("sensor")
    for (bus, address), name in sensors.at.items():
        plan = buses.plans.get(bus)
        if address is None or plan is None or plan.kind not in _I2C_KINDS:
            continue
        key = "address" if "address" in tables[name].written else "bus"
        other = taken.multiplexers.get((bus, address))
        if other is not None:
            _clash(tables[name], key, address, other=other, bus=bus)
        else:
            _check_above(tables[name], key, address, above=buses.above(bus), taken=taken)


def _check_above(table: Table, key: str, address: int, *, above: Iterable[BusPlan], taken: _Taken) -> None:
    """Report a chip whose address is in use between its bus and the adapter."""
    for plan in above:
        place = (plan.name, address)
        other = taken.multiplexers.get(place) or taken.sensors.get(place)
        if other is not None:
            _clash(table, key, address, other=other, bus=plan.name)
            return


def _clash(table: Table, key: str, address: int, *, other: str, bus: str) -> None:
    table.problem(
        key,
        "duplicate-address",
        f"{other} has address 0x{address:02x} on bus {quoted(bus)}, so both would answer",
        expected="an address that is not in use on the way from the adapter",
        found=f"0x{address:02x}",
        hint="give one of them another address, or put it behind another channel",
    )
