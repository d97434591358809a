"""How a travel-time scanner is told from others on a serial line, for `lamppost scan`.

It speaks only when somebody passes. What it says is counted here and goes nowhere.
"""

from typing import Final

from drivers.identity import SerialIdentity, by_count
from drivers.mac_scanner.lines import LineParser

IDENTITY: Final = SerialIdentity(hear=by_count(LineParser), by="the form of its lines")
