"""The cases: each plugs its own devices in, does something to them, and says what it has found.

In: a virtual USB hub, the host's hands. Out: findings. Never: anything left plugged in for the next case.

A control is a case in which something is wrong on purpose: what the others check must be seen not to hold there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tests.hil.kernel import agreement, pulling, tools
from tests.hil.kernel.stage import Finding, Host

Play = Callable[[Host], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Attributes:
        name: by which it is chosen.
        title: what it is about.
        play: does it.
        needs: Debian package without which it is skipped; empty for none.
        program: of that package.
    """

    name: str
    title: str
    play: Play
    needs: str = ""
    program: str = ""


CASES: Final[Mapping[str, Case]] = MappingProxyType(
    {
        case.name: case
        for case in (
            Case(
                name="tools",
                title="i2c-tools find the chips through the real i2c-dev",
                play=tools.detect,
                needs="i2c-tools",
                program="i2cdetect",
            ),
            Case(name="once", title="the agent reads chips through the real i2c-dev", play=tools.once_reads),
            Case(
                name="agreement",
                title="the kernel's bmp280 driver, our bridge to it, our driver and the chip agree",
                play=agreement.agree,
            ),
            Case(
                name="control-agreement",
                title="a chip with one wrong byte of calibration: nobody may agree",
                play=agreement.disagree,
            ),
            Case(
                name="adapter",
                title="the I2C adapter is pulled under the agent, and comes back under another number",
                play=pulling.pull_adapter,
            ),
            Case(
                name="bridge",
                title="the adapter is pulled under a chip that the kernel drives",
                play=pulling.pull_bridged,
            ),
            Case(
                name="serial",
                title="the USB serial adapter is pulled under the agent, and comes back",
                play=pulling.pull_serial,
            ),
            Case(
                name="control-descriptor",
                title="somebody keeps the pulled adapter open: it must not come back",
                play=pulling.keep_open,
            ),
            Case(
                name="control-port",
                title="somebody keeps the pulled serial port open: it must not have its name again",
                play=pulling.keep_port_open,
            ),
            Case(
                name="control-remembers",
                title="an agent that remembers where the adapter was: it must not find it",
                play=pulling.remember,
            ),
        )
    }
)
"""All of them, by name, in the order in which they are played."""
