"""What to mind about what was found, in words. Pure.

In: findings. Out: sentences, each with what to do. Never: input, output.
"""

from collections.abc import Collection, Iterator

from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Port
from drivers.identity import Certainty

_PI = "bcm2835"
"""How the kernel calls the Raspberry Pi's own controllers, from the first to the fourth (i2c-bcm2835.c)."""


def about_adapter(adapter: Adapter, candidates: Candidates) -> Iterator[str]:
    """Yield what to mind about an adapter and who is on it."""
    stretching = {each.model.name for each in candidates.chips if each.identity.stretches}
    for branch in adapter.branches:
        for chip in branch.chips:
            where = f"{place(branch)} address 0x{chip.address:02x}"
            if chip.doubt:
                yield f"{where}: {chip.doubt}"
            if chip.owner is not None:
                yield f"{where}: {_owned(chip)}"
            found = {match.model for match in chip.matches if match.certainty > Certainty.POSSIBLE}
            if found & stretching and adapter.name.startswith(_PI):
                yield (
                    f"{where}: this sensor holds the clock, and the Raspberry Pi's own controller gets that wrong: "
                    "slow the bus down (dtparam=i2c_arm_baudrate=10000 in /boot/firmware/config.txt), use a bus by "
                    "software (dtoverlay=i2c-gpio), or a USB adapter"
                )
            if not chip.matches and chip.owner is None and not chip.multiplexer and candidates.at(chip.address):
                yield (
                    f"{where}: answers, but like no model that can be there: it is another chip, two chips have this "
                    "address, or the line is disturbed"
                )


def about_port(path: str, port: Port, *, lasting: str | None, unsteady: bool) -> Iterator[str]:
    """Yield what to mind about a port that was named `path`."""
    if unsteady and lasting is not None:
        yield f'{path} can be another adapter after the next start: write path = "{lasting}"'
    elif unsteady:
        yield f"{path} can be another adapter after the next start, and has no name under /dev/serial/by-id"
    if len(port.slaves) and port.best is None:
        yield f"{port.path}: Modbus devices do not say what they are: take model and register map from their manual"


def about_nothing(*, adapters: Collection[str], ports: Collection[str]) -> Iterator[str]:
    """Yield what to do where there is no bus at all."""
    if not adapters:
        yield "there is no I2C adapter: on a Raspberry Pi switch it on with sudo raspi-config nonint do_i2c 0"
    if not ports:
        yield "there is no serial adapter: a port of the board itself has to be named, as in --serial /dev/serial0"


def place(branch: Branch) -> str:
    """Return where a bus is, in words."""
    hops = "".join(f" multiplexer 0x{hop.address:02x} channel {hop.channel}" for hop in branch.way)
    return f"{branch.path}{hops}"


def _owned(chip: Chip) -> str:
    owner = chip.owner
    if owner is None:
        return ""
    driver = f"the kernel's driver {owner.driver}" if owner.driver else "a driver of the kernel"
    if owner.bridge:
        return f'{driver} has it: read it through the kernel, with model = "{owner.bridge}" as below'
    return f"{driver} has it: remove its overlay from /boot/firmware/config.txt to have Lamppost read it"
