"""From names in the configuration to files of Industrial I/O, and from what they hold to values. Pure.

In: names, lists of files, contents. Out: channels, files, integers. Never: input, output.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers.bridge import Bridge, BridgeOptions, Files, Spec
from drivers.errors import InvalidData
from drivers.iio import attributes
from drivers.iio.attributes import CHIP, KINDS, OF_PEOPLE, UNSCALED
from drivers.sysfs import fixed

_NAME: Final = re.compile(r"([a-z]+)[0-9]*(?:-\1[0-9]+)?(?:_[a-z][a-z0-9]*)*")
_OWN: Final = re.compile(r"in_([a-z].*)_(?:raw|input)")
_LABEL: Final = re.compile(r"in_([a-z].*)_label")


class IioBridge(Bridge):
    """The bridge to Industrial I/O."""

    chip = CHIP
    folder = attributes.FOLDER
    prefix = attributes.PREFIX
    kinds = KINDS
    known = attributes.KNOWN

    def named(self, written: str) -> Spec | None:
        """Return the channel that a name such as ``voltage0`` or ``concentration_co2`` stands for."""
        match = _NAME.fullmatch(written)
        kind = "" if match is None else match[1]
        if kind in OF_PEOPLE:
            raise ValueError(f"channels has {written!r}, which can tell of people near the unit: it is not bridged")
        return None if match is None else Spec(written, kind, own=written)

    def choose(self, spec: Spec, files: Collection[str], labels: Mapping[str, str]) -> Files:
        """Return the files of a channel: what the kernel has worked out already, else raw, scale and offset."""
        own = self.own(spec, labels)
        prefixes = attributes.shared(own, spec.kind)
        if (worked_out := f"in_{own}_input") in files:  # its own: one of the type would be another channel's
            return Files(spec=spec, value=worked_out)
        value, scale = f"in_{own}_raw", _first("scale", prefixes, files)
        if value not in files:
            there = ", ".join(sorted({match[1] for file in files if (match := _OWN.fullmatch(file))})) or "none"
            raise InvalidData(CHIP, f"the device has no channel {own!r}; it has: {there}")
        if not scale and spec.kind not in UNSCALED:
            raise InvalidData(CHIP, f"{value} has no scale beside it, so its unit is not known: update the kernel")
        return Files(spec=spec, value=value, scale=scale, offset=_first("offset", prefixes, files))

    def value(self, files: Files, contents: Mapping[str, bytes | None]) -> tuple[int | None, int | None]:
        """Return ``(raw + offset) * scale`` in our unit, and the raw number."""
        content = contents[files.value]
        scale = contents[files.scale] if files.scale else b"1"
        offset = contents[files.offset] if files.offset else b"0"
        if content is None or scale is None or offset is None:
            return None, None
        raw = fixed(CHIP, content, files.value)
        number = raw.plus(fixed(CHIP, offset, files.offset)).times(fixed(CHIP, scale, files.scale))
        return KINDS[files.spec.kind].value(number), raw.mantissa if raw.exponent == 0 else None

    def labelled(self, file: str) -> str | None:
        """Return ``voltage0`` for ``in_voltage0_label``."""
        match = _LABEL.fullmatch(file)
        return None if match is None else match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(BridgeOptions):
    """What `[sensor.NAME.options]` may say.

    Attributes:
        device: the device's name, as `cat /sys/bus/iio/devices/*/name` shows it.
        channels: its channels, as their files are called: "temp" for in_temp_input, "voltage0" for in_voltage0_raw;
            or a type and what the device tree calls one: "voltage:battery". Needed for devices that are not in the
            table of the README.
        label: the device's label, where several have one name.
        parent: what it is attached to, such as "1-0076", where several have one name and no label.
    """

    bridge: ClassVar[Bridge] = IioBridge()


def _first(item: str, prefixes: Sequence[str], files: Collection[str]) -> str:
    return next((f"{prefix}{item}" for prefix in prefixes if f"{prefix}{item}" in files), "")
