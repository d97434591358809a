"""Shared by all tests: a required component that is missing fails the run instead of skipping its tests."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of what is tested
hypothesis.settings.load_profile("untimed")

_COMPONENTS = {
    "broker": "mosquitto",
    "chromium": "chromium",
    "faketime": "faketime",
    "fuse": "fusermount3",
    "i2ctools": "i2cdetect",
    "qemu": "qemu-system-x86_64",
    "systemd": "systemd-analyze",
    "umockdev": "umockdev-run",
}
_PACKAGES = {
    "fusermount3": "fuse3",
    "i2cdetect": "i2c-tools",
    "qemu-system-x86_64": "qemu-system-x86",
    "systemd-analyze": "systemd",
    "umockdev-run": "umockdev",
}
_REQUIRED = frozenset(filter(None, os.environ.get("LAMPPOST_REQUIRE", "").split(",")))


def component_path(marker: str) -> str | None:
    """Return where the program behind a marker is, sbin included."""
    program = _COMPONENTS[marker]
    found = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    return str(Path(found)) if found else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose component is not installed; fail it where the component is required."""
    for marker, program in _COMPONENTS.items():
        if item.get_closest_marker(marker) is None or component_path(marker) is not None:
            continue
        message = f"{program} is not installed (Debian: apt install {_PACKAGES.get(program, program)})"
        if marker in _REQUIRED:
            pytest.fail(message)
        pytest.skip(message)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn any other skip of a required test into a failure."""
    report = yield
    required = [marker for marker in _REQUIRED if item.get_closest_marker(marker) is not None]
    if required and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, although {', '.join(required)} is required"
    return report
