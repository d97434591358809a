"""How a PMS5003ST is told from others on a serial line, for `lamppost scan`."""

from typing import Final

from drivers.identity import SerialIdentity, by_count
from drivers.pms5003st.frames import LAYOUT

IDENTITY: Final = SerialIdentity(hear=by_count(LAYOUT.framer), by="the check codes of its frames")
