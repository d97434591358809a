"""Trees of attributes as the kernel shows them: devices with their links, for bridges to read."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a class in a tree."""

    folder: Path
    link: Path

    def write(self, **attributes: str) -> None:
        """Change attributes, or add some."""
        for name, content in attributes.items():
            (self.folder / name).write_text(f"{content}\n")

    def remove(self) -> None:
        """Unbind the device: its link is gone, and so are its files."""
        self.link.unlink()
        for file in self.folder.iterdir():
            file.unlink()

    def renumber(self, number: int) -> "Device":
        """Give the device another number, as the next start may."""
        digits = len(self.link.name.rstrip("0123456789"))
        renamed = self.link.with_name(f"{self.link.name[:digits]}{number}")
        self.link.rename(renamed)
        return Device(self.folder, renamed)


class FakeSysfs:
    """A tree below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("bus/iio/devices", "class/hwmon"):
            (root / folder).mkdir(parents=True)

    def iio(self, number: int, attributes: Mapping[str, str], *, parent: str = "i2c-1/1-0076") -> Device:
        """Add a device of Industrial I/O."""
        return self._device(f"devices/{parent}/iio:device{number}", "bus/iio/devices", attributes)

    def hwmon(self, number: int, attributes: Mapping[str, str], *, parent: str = "i2c-1/1-0044") -> Device:
        """Add a device of hardware monitoring."""
        return self._device(f"devices/{parent}/hwmon/hwmon{number}", "class/hwmon", attributes)

    def _device(self, at: str, listed: str, attributes: Mapping[str, str]) -> Device:
        folder = self.root / at
        folder.mkdir(parents=True)
        for name, content in attributes.items():
            (folder / name).write_text(f"{content}\n")
        link = self.root / listed / folder.name
        link.symlink_to(os.path.relpath(folder, link.parent))
        return Device(folder, link)


class PlainTree:
    """A tree read without a thread; single files can be made to fail as the kernel fails them."""

    simulated = True

    def __init__(self, root: Path) -> None:
        self.path = str(root)
        self.failing: dict[str, Exception | None] = {}
        self.opened = self.closed = 0

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def entries(self, folder: str) -> list[str]:
        return _entries(Path(self.path, folder))

    async def take_up(self, folder: str) -> list[str]:
        return await self.entries(folder)

    async def place(self, folder: str) -> tuple[str, ...]:
        return _parts(Path(self.path, folder))

    async def read(self, files: Sequence[str]) -> list[bytes | None]:
        return [self._read(file) for file in files]

    def _read(self, file: str) -> bytes | None:
        name = file.rpartition("/")[2]
        if name in self.failing:
            if (failure := self.failing[name]) is None:
                return None
            raise failure
        return Path(self.path, file).read_bytes()


def _entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def _parts(folder: Path) -> tuple[str, ...]:
    return folder.resolve().parts
