"""Where the files of declared devices are, and the models that they declare.

In: a model's name that no built-in driver has. Out: its model, from ``NAME.toml`` in the first folder that has it:
the one called ``devices`` beside the configuration, then the one that is shipped; mistakes of that file go into the
same report. Never: an import of what reads such files, unless one is named.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.tomlfile import Document, Report, Unusable, read
from drivers.model import Model

BESIDE: Final = "devices"
"""The folder beside a configuration."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_INSTALLED: Final = Path(__file__).with_name("devices") / "shipped"
_CHECKOUT: Final = Path(__file__).parents[2] / "config" / "devices"


def shipped() -> Path:
    """Return the folder of the devices that come with the program."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def is_device(document: Document) -> bool:
    """Return whether a file describes a device, not a unit."""
    return "channel" in document.values and "unit" not in document.values


def names(folders: Sequence[Path]) -> list[str]:
    """Return the names of all devices that files in these folders declare, sorted."""
    files = (file for folder in folders for file in folder.glob("*.toml"))
    return sorted({file.stem for file in files if _NAME.fullmatch(file.stem)})


class DeclaredModels:
    """The devices of one check: each file is read once, and its mistakes are told once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._known: dict[str, Model | None] = {}

    @property
    def names(self) -> list[str]:
        """The names of all devices that files declare."""
        return names(self._folders)

    def has(self, name: str) -> bool:
        """Return whether there is a file for this name."""
        return self.file(name) is not None

    def model(self, name: str, report: Report) -> Model | None:
        """Return the model of a name that `has` one, None after reporting what is wrong with its file."""
        file = self.file(name)
        if name not in self._known and file is not None:
            self._known[name] = _load(file, report)
        return self._known.get(name)

    def file(self, name: str) -> Path | None:
        """Return the file that a name stands for: the first one of that name, None where there is none."""
        if not _NAME.fullmatch(name):
            return None
        files = (folder / f"{name}.toml" for folder in self._folders)
        return next((file for file in files if file.is_file()), None)


def _load(file: Path, report: Report) -> Model | None:
    from agent.config.devices import check_device  # noqa: PLC0415 - see the module

    try:
        document = read(file)
    except Unusable as error:
        report.add(error.problem)
        return None
    return check_device(document, name=file.stem, report=report)


def examine_device(document: Document, *, name: str) -> tuple[Report, Model | None]:
    """Return what is wrong with a device file, and its model when nothing is."""
    from agent.config.devices import check_device  # noqa: PLC0415 - see the module

    report = Report()
    return report, check_device(document, name=name, report=report)
