"""From names in the configuration to files of hardware monitoring, and from what they hold to values. Pure.

In: names, lists of files, contents. Out: channels, files, integers. Never: input, output.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers.bridge import Bridge, BridgeOptions, Files, Spec
from drivers.errors import InvalidData
from drivers.hwmon import attributes
from drivers.hwmon.attributes import CHIP, KINDS, VALUES
from drivers.sysfs import fixed

_NAME: Final = re.compile(r"([a-z]+)[0-9]+")
_OWN: Final = re.compile(r"([a-z]+[0-9]+)_(?:input|average)")
_LABEL: Final = re.compile(r"([a-z]+[0-9]+)_label")


class HwmonBridge(Bridge):
    """The bridge to hardware monitoring."""

    chip = CHIP
    folder = attributes.FOLDER
    prefix = attributes.PREFIX
    kinds = KINDS
    known = attributes.KNOWN

    def named(self, written: str) -> Spec | None:
        """Return the channel that a name such as ``temp1`` stands for."""
        match = _NAME.fullmatch(written)
        return None if match is None else Spec(written, match[1], own=written)

    def choose(self, spec: Spec, files: Collection[str], labels: Mapping[str, str]) -> Files:
        """Return the files of a channel: its value, and whether it is at fault."""
        own = self.own(spec, labels)
        candidates = [f"{own}_{item}" for item in VALUES.get(spec.kind, ("input",))]
        value = next((file for file in candidates if file in files), None)
        if value is None:
            there = ", ".join(sorted({match[1] for file in files if (match := _OWN.fullmatch(file))})) or "none"
            raise InvalidData(CHIP, f"the device has no channel {own!r}; it has: {there}")
        return Files(spec=spec, value=value, fault=f"{own}_fault" if f"{own}_fault" in files else "")

    def value(self, files: Files, contents: Mapping[str, bytes | None]) -> tuple[int | None, int | None]:
        """Return the value in our unit, and the kernel's number; neither where the channel is at fault."""
        content = contents[files.value]
        fault = contents[files.fault] if files.fault else b"0"
        if content is None or fault is None or fixed(CHIP, fault, files.fault).mantissa:
            return None, None
        number = fixed(CHIP, content, files.value)
        return KINDS[files.spec.kind].value(number), number.mantissa if number.exponent == 0 else None

    def labelled(self, file: str) -> str | None:
        """Return ``temp1`` for ``temp1_label``."""
        match = _LABEL.fullmatch(file)
        return None if match is None else match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(BridgeOptions):
    """What `[sensor.NAME.options]` may say.

    Attributes:
        device: the device's name, as `cat /sys/class/hwmon/*/name` shows it.
        channels: its channels, as their files are called: "temp1" for temp1_input; or a type and a label:
            "temp:Composite". Needed for devices that are not in the table of the README.
        label: the device's label, where several have one name.
        parent: what it is attached to, such as "1-0044", where several have one name and no label.
    """

    bridge: ClassVar[Bridge] = HwmonBridge()
