"""Keys that a bus of its kind does not take, through the real command: what is told, and where."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.rig import ROOT

DELIVERED = (ROOT / "config/unit.toml").read_text()
ALL = (
    "one of address, baudrate, bus, channel, kind, parity, path, stop_bits, turnaround; which of them depends on kind"
)


def _told(folder: Path, bus: str) -> str:
    """Check the delivered file with one more bus; return what the command says without the lines of the file."""
    file = folder / "unit.toml"
    file.write_text(f"{DELIVERED}\n{bus}")
    command = [sys.executable, "-m", "agent", "check", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    return "\n".join(line.strip() for line in (done.stdout + done.stderr).splitlines() if " | " not in line)


@pytest.mark.parametrize(
    ("bus", "told"),
    [
        pytest.param(
            '[bus.extra]\nkind = "i2c"\npath = "/dev/i2c-9"\nbaud = 9600\n',
            '[bus.extra], of kind "i2c", knows no key "baud"\n'
            "expected: one of kind, path\n"
            'found: "baud"\n'
            'did you mean "baudrate"? that is a key of kind "serial" or "modbus"; here kind is "i2c"',
            id="misspelt-key-of-another-kind",
        ),
        pytest.param(
            '[bus.extra]\nkind = "i2c"\npath = "/dev/i2c-9"\nbaudrate = 9600\n',
            '"baudrate" is a key of kind "serial" or "modbus"; this bus is of kind "i2c"\n'
            "expected: one of kind, path\n"
            'found: "baudrate"\n'
            "remove this line or correct kind; the speed of I2C is set in the system's /boot/firmware/config.txt",
            id="key-of-another-kind",
        ),
        pytest.param(
            '[bus.extra]\nkind = "serial"\npath = "/dev/serial/by-id/x"\nbaud = 9600\n',
            '[bus.extra], of kind "serial", knows no key "baud"\n'
            "expected: one of baudrate, kind, parity, path, stop_bits\n"
            'found: "baud"\n'
            'did you mean "baudrate"?',
            id="misspelt-key-of-its-own",
        ),
        pytest.param(
            '[bus.extra]\nkind = "seriel"\npath = "/dev/serial/by-id/x"\nbaud = 9600\n',
            f'[bus.extra] knows no key "baud"\nexpected: {ALL}\nfound: "baud"\ndid you mean "baudrate"?',
            id="unknown-kind",
        ),
        pytest.param(
            '[bus.extra]\npath = "/dev/serial/by-id/x"\nbaud = 9600\n',
            f'[bus.extra] knows no key "baud"\nexpected: {ALL}\nfound: "baud"\ndid you mean "baudrate"?',
            id="no-kind",
        ),
    ],
)
def test_bus_with_a_key_that_its_kind_does_not_take_is_told_which_it_takes(
    tmp_path: Path, bus: str, told: str
) -> None:
    text = _told(tmp_path, bus)
    line = DELIVERED.count("\n") + 2 + bus[: bus.index("baud")].count("\n")
    place, _, message = text[text.index(f"{tmp_path}/unit.toml:{line}:") :].partition(": ")
    assert place.endswith((":1", ":12")), "the key, or its value"
    assert message.startswith(told)
