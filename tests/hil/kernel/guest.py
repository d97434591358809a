"""What runs in the guest: the cases that the host names, one after the other.

In: root's rights in a machine of its own; names of cases, on the second serial port. Out: a line of JSON there for
each finding, and for each thing that the host is asked to do. Never: run outside such a machine.
"""

import json
import os
import select
import sys
import time
import traceback
import tty
from pathlib import Path
from typing import IO, Any, Final

from tests.hil.kernel.cases import CASES, Case
from tests.hil.kernel.stage import Finding

CHANNEL: Final = Path("/dev/ttyS1")
HOST_S: Final = 60.0
"""The host answers at once. If it was killed, its machine must not run for ever."""
END: Final = "end"
WIDTH: Final = "400"
"""Of the terminal that commands believe they write to, in characters: no row is broken."""


class Wire:
    """The serial port to the host."""

    def __init__(self, port: IO[bytes]) -> None:
        self._port = port

    def send(self, **content: Any) -> None:  # noqa: ANN401 - whatever JSON has
        """Send one line."""
        self._port.write(json.dumps(content).encode() + b"\n")

    def receive(self) -> str:
        """Return the host's next line; `END` when it says nothing, for nobody is there any more then."""
        if not select.select([self._port], [], [], HOST_S)[0]:
            return END
        return self._port.readline().decode().strip()

    def ask(self, request: str) -> None:
        """Have the host do something, and return when it is done."""
        self.send(ask=request)
        answer = self.receive()
        assert answer == "done", f"the host was asked to {request}, and said: {answer}"

    def tell(self, case: Case, finding: Finding) -> None:
        """Tell what a case has found."""
        seconds = None if finding.seconds is None else round(finding.seconds, 2)
        self.send(case=case.name, what=finding.what, holds=finding.holds, found=finding.found, seconds=seconds)


def play(case: Case, wire: Wire) -> None:
    """Play one case; what goes wrong with it is a finding too."""
    began_s = time.monotonic()
    try:
        for finding in case.play(wire):
            wire.tell(case, finding)
    except Exception:  # noqa: BLE001 - told to the host, which has nothing else to go by
        text = traceback.format_exc()[-2000:]
        wire.tell(case, Finding(what="the case itself", holds=False, found=text))
    wire.send(ended=case.name, seconds=round(time.monotonic() - began_s, 1))


def main() -> int:
    """Play what the host names until it says that this is all."""
    os.environ["COLUMNS"] = WIDTH
    with CHANNEL.open("r+b", buffering=0) as port:
        tty.setraw(port.fileno())
        wire = Wire(port)
        wire.send(ready=os.uname().release)
        while (name := wire.receive()) != END:
            play(CASES[name], wire)
        wire.send(ended="all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
