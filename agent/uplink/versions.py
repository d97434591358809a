"""Which version of MQTT to speak: 5 where the broker can, 3.1.1 otherwise."""

from dataclasses import dataclass
from typing import Final

from agent.uplink.interfaces import MQTT_5, MQTT_311
from agent.uplink.settings import Mqtt

_NS: Final = 1_000_000_000
_DOUBT_S: Final = 60.0
"""A broker that has spoken MQTT 5 was silent for another reason: it is soon asked again."""


@dataclass(slots=True)
class Versions:
    """Remembers a refusal of MQTT 5 for this process.

    Attributes:
        mqtt: what may be spoken.
        retry_s: MQTT 5 is tried again after this.
    """

    mqtt: Mqtt
    retry_s: float
    _old_until_ns: int = 0
    _try_old: bool = False
    _spoke_new: bool = False

    def choose(self, now_ns: int) -> int:
        """Return the version for the next try."""
        if self.mqtt is not Mqtt.AUTO:
            return MQTT_5 if self.mqtt is Mqtt.V5 else MQTT_311
        return MQTT_311 if self._try_old or now_ns < self._old_until_ns else MQTT_5

    def refused(self, version: int, now_ns: int) -> None:
        """The broker said that it does not speak `version`."""
        if version == MQTT_5:
            self._old_until_ns = now_ns + int(self.retry_s * _NS)
        else:
            self._old_until_ns = 0
        self._try_old = False

    def closed(self, version: int) -> None:
        """The broker hung up without an answer: perhaps it does not speak `version`, so the other one is next."""
        self._try_old = version == MQTT_5

    def worked(self, version: int, now_ns: int) -> None:
        """There is a session; one with 3.1.1 after a silent refusal of 5 settles it, unless 5 has worked before."""
        self._spoke_new = self._spoke_new or version == MQTT_5
        if version == MQTT_311 and self._try_old:
            wait_s = min(_DOUBT_S, self.retry_s) if self._spoke_new else self.retry_s
            self._old_until_ns = now_ns + int(wait_s * _NS)
        self._try_old = False
