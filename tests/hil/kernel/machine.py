"""A virtual machine with the real kernel in it, and the host's hands on its USB serial adapter.

In: QEMU without KVM, a kernel, an initramfs. Out: the guest's lines, and what they ask for. Never: root's rights on
this machine, a network.
"""

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from drivers.sim.pmsx003 import SimulatedPms
from tests.hil.kernel.image import Missing, program

SILENCE_S: Final = 300.0
"""After so long without a line from the guest it is given up."""
_PROCESSOR: Final = "Nehalem"
"""An old one: what newer ones have beyond it costs more to emulate than it saves."""
_CONNECT_S: Final = 20.0
_FRAME_S: Final = 1.0
_SERIAL: Final = {"driver": "usb-serial", "id": "dust", "chardev": "line", "bus": "hub.0", "port": "2"}
_PLUGGED: Final = {"always-plugged": True}
"""Else it is in the hub only while somebody is at the other end of its line."""


class Machine:
    """A running QEMU.

    Attributes:
        console: what the kernel and the first program have written.
    """

    def __init__(self, folder: Path, command: Sequence[str]) -> None:
        self.console = folder / "console"
        self._folder = folder
        with (folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._monitor = Monitor(self._connect("qmp"))
            self._dust = Dust(self._connect("line"))
            self._channel = self._connect("channel")
        except BaseException:
            self._kill()
            raise
        self._channel.settimeout(SILENCE_S)
        self._lines = self._channel.makefile("rb")

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield what the guest says, and do what it asks for.

        Raises:
            TimeoutError: it has said nothing for too long.
        """
        for line in self._lines:
            if not line.startswith(b"{"):
                continue
            told: dict[str, Any] = json.loads(line)
            if "ask" not in told:
                yield told
                continue
            self._do(told["ask"])
            self.send("done")

    def send(self, line: str) -> None:
        """Send the guest a line."""
        self._channel.sendall(line.encode() + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dust.close()
        self._kill()
        self._lines.close()
        self._channel.close()
        self._monitor.close()

    def _do(self, request: str) -> None:
        if request == "pull serial":
            self._monitor.run("device_del", id=_SERIAL["id"])
            self._monitor.wait_for("DEVICE_DELETED")
        elif request == "put serial back":
            self._monitor.run("device_add", **_SERIAL, **_PLUGGED)
        else:
            raise AssertionError(f"the guest asks to {request}")

    def _connect(self, name: str) -> socket.socket:
        end_s = time.monotonic() + _CONNECT_S
        while time.monotonic() < end_s and self._process.poll() is None:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self._folder / name))
            except OSError:
                connection.close()
                time.sleep(0.02)
            else:
                return connection
        raise Missing(f"QEMU does not run: {(self._folder / 'qemu.log').read_text(errors='replace').strip()}")

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def booting(folder: Path, *, image: Path, initramfs: Path, processors: int) -> list[str]:
    """Return the command that boots; its sockets and its console are in `folder`."""

    def listening(name: str) -> str:
        return f"socket,id={name},path={folder / name},server=on,wait=off"

    serial = json.dumps(_SERIAL | _PLUGGED)
    return [
        *(program("qemu-system-x86_64"), "-accel", "tcg,thread=multi", "-cpu", _PROCESSOR, "-m", "1024"),
        *(
            "-smp",
            str(processors),
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-kernel",
            str(image),
            "-initrd",
            str(initramfs),
        ),
        *("-append", "console=ttyS0 quiet loglevel=4 panic=-1"),
        *("-chardev", f"file,id=console,path={folder / 'console'}", "-serial", "chardev:console"),
        *("-chardev", listening("channel"), "-serial", "chardev:channel", "-chardev", listening("line")),
        *("-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"),
        *("-device", "qemu-xhci,id=hub", "-device", serial),
        *("-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=root,mount_tag=host"),
    ]


class Monitor:
    """QEMU's own control socket (QMP)."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(SILENCE_S)
        self._connection = connection
        self._file = connection.makefile("rwb")
        self._file.readline()  # its greeting
        self._events: list[str] = []
        self.run("qmp_capabilities")

    def run(self, command: str, **arguments: object) -> None:
        """Run one command; events that come meanwhile are kept."""
        self._file.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._file.flush()
        while "return" not in (answer := self._next()):
            assert "error" not in answer, f"QEMU refuses {command}: {answer}"

    def wait_for(self, event: str) -> None:
        """Return when QEMU has told of an event."""
        while event not in self._events:
            self._next()
        self._events.remove(event)

    def close(self) -> None:
        """Let it go."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._connection.close()

    def _next(self) -> Mapping[str, Any]:
        answer: dict[str, Any] = json.loads(self._file.readline())
        if "event" in answer:
            self._events.append(answer["event"])
        return answer


class Dust:
    """The sensor at the other end of the USB serial adapter: a frame each second, and an answer to each command."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="played dust sensor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop it."""
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        sensor, due_s = SimulatedPms(), time.monotonic()
        while not self._stop.is_set():
            due_s += _FRAME_S
            self._send(sensor.frame())
            while (left_s := due_s - time.monotonic()) > 0 and not self._stop.is_set():
                self._send(sensor.command(self._receive(left_s)))

    def _receive(self, wait_s: float) -> bytes:
        self._connection.settimeout(wait_s)
        try:
            data = self._connection.recv(4096)
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        if not data:  # QEMU has ended
            self._stop.set()
        return data

    def _send(self, data: bytes) -> None:
        """Send what the line takes now: nobody reads it while the adapter is out."""
        self._connection.settimeout(_FRAME_S)
        with contextlib.suppress(OSError):
            self._connection.sendall(data)
