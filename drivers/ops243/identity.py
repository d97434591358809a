"""How an OPS243 is told from others on a serial line, for `lamppost scan`.

It speaks only when something moves before it. What it says is counted here and goes nowhere.
"""

from typing import Final

from drivers.identity import SerialIdentity, by_count
from drivers.ops243 import lines

IDENTITY: Final = SerialIdentity(hear=by_count(lines.parser), by="the form of its lines")
