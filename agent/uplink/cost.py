"""What a message costs on the wire: MQTT, TLS and TCP/IP; by an upper model, and by what is to be expected.

In: sizes. Out: bytes. Never: measures: what was really sent is the kernel's to tell (`agent.uplink.kernel`).

The upper model (`WireCost`) prices what is about to be sent, always a little higher than it will be:

- MQTT bytes are exact: fixed header, topic, packet id, properties, payload.
- A TLS record adds 29 bytes at most (TLS 1.2 AES-GCM: 5 header, 8 nonce, 16 tag; TLS 1.3 adds 22); one record
  holds at most 16 KiB.
- A TCP segment adds 72 bytes (40 IPv6, 20 TCP, 12 timestamp option; IPv4 adds 52) and carries at most 1,220
  bytes (the IPv6 minimum MTU of 1,280 less headers). Every segment is charged one bare acknowledgement, although
  TCP delays and combines them.
- A publish is charged with its PUBACK, an incoming message with the PUBACK that we send.
- A connection is charged 3 segments to open and 4 to close, and with TLS a full handshake: 6,000 bytes in 8
  segments (a ClientHello of 0.6 kB, a chain of two or three certificates of 4 kB, two session tickets), 2,500
  more when the unit shows a certificate.

What is to be expected (`ExpectedCost`), for plans:

- IPv4 and time stamps: 52 bytes a segment, which carries up to 1,448 (an MTU of 1,500). TLS 1.3: 22 bytes a record.
- The PUBACK carries the acknowledgement of the message, and is itself acknowledged by a bare segment, since nothing
  else is to be sent soon (RFC 1122, 4.2.3.2); of a message in several segments every second one is, too (RFC 5681,
  4.2).
- A message that leaves right behind another shares segments with it: its own, what acknowledges it, its receipt and
  what acknowledges that are 2 to 5 segments fewer, measured with two to ten streams in step; 4 are taken, and without
  receipts half of it.
- A connection with TLS has a handshake of 4,500 bytes: a chain of two certificates of 1.5 kB each. The broker's
  chain is not known here; one certificate makes it 2,500.
"""

from dataclasses import dataclass
from typing import Final

_RECORD: Final = 29
_RECORD_HOLDS: Final = 16_384
_SEGMENT: Final = 72
_SEGMENT_HOLDS: Final = 1_220
_HANDSHAKE: Final = 6_000
_CLIENT_CERTIFICATE: Final = 2_500
_ACK: Final = 6
"""PUBACK and SUBACK of MQTT 5 with a reason code and no properties."""
_PING: Final = 2
_REFUSED: Final = 60 + 40
_ATTEMPT_SEGMENTS: Final = 6
"""A try that nobody answers: the first SYN and its repeats."""


@dataclass(frozen=True, slots=True)
class WireCost:
    """Prices of one kind of connection.

    Attributes:
        tls: whether bytes travel in TLS records.
        client_certificate: whether the unit shows a certificate.
    """

    tls: bool
    client_certificate: bool = False

    def packet(self, mqtt_bytes: int) -> int:
        """Return the cost of one MQTT packet, the TCP acknowledgements of its segments included."""
        records = -(-mqtt_bytes // _RECORD_HOLDS) * _RECORD if self.tls else 0
        segments = -(-(mqtt_bytes + records) // _SEGMENT_HOLDS)
        return mqtt_bytes + records + 2 * segments * _SEGMENT

    def publish(self, topic_bytes: int, payload_bytes: int) -> int:
        """Return the cost of one message in either direction with its PUBACK."""
        body = 2 + topic_bytes + 2 + 1 + payload_bytes
        return self.packet(1 + _length_bytes(body) + body) + self.packet(_ACK)

    def ping(self) -> int:
        """Return the cost of PINGREQ and PINGRESP."""
        return 2 * self.packet(_PING)

    def attempt(self) -> int:
        """Return the cost of a try that never got an answer."""
        return _ATTEMPT_SEGMENTS * _SEGMENT

    def refusal(self) -> int:
        """Return the cost of a try that was refused at once: a SYN and a RST, with IPv4."""
        return _REFUSED

    def connection(self, connect_bytes: int) -> int:
        """Return the cost of opening, greeting (CONNECT of `connect_bytes`, CONNACK) and closing a connection."""
        cost = 7 * _SEGMENT + self.packet(connect_bytes) + self.packet(_SEGMENT)
        if self.tls:
            handshake = _HANDSHAKE + (_CLIENT_CERTIFICATE if self.client_certificate else 0)
            cost += handshake + 2 * _SEGMENT * 8
        return cost


_USUAL_SEGMENT: Final = 52
_USUAL_HOLDS: Final = 1_448
_USUAL_RECORD: Final = 22
_USUAL_HANDSHAKE: Final = 4_500
_HANDSHAKE_SEGMENTS: Final = 9
_SHORT_ACK: Final = 4
"""PUBACK without a reason: it was taken."""
_SUBSCRIPTION: Final = 110
"""SUBSCRIBE to two filters, and SUBACK."""
_GREETING: Final = 20
"""CONNACK with the broker's limits."""
_SHARED_SEGMENTS: Final = 4
_OPEN_AND_CLOSE: Final = 6 * _USUAL_SEGMENT + 16


@dataclass(frozen=True, slots=True)
class ExpectedCost:
    """What is to be expected of one kind of connection.

    Attributes:
        tls: whether bytes travel in TLS records.
        client_certificate: whether the unit shows a certificate.
    """

    tls: bool
    client_certificate: bool = False

    def _carried(self, mqtt_bytes: int) -> tuple[int, int]:
        """Return bytes and segments of something that is sent at once."""
        records = -(-mqtt_bytes // _RECORD_HOLDS) * _USUAL_RECORD if self.tls else 0
        segments = -(-(mqtt_bytes + records) // _USUAL_HOLDS)
        return mqtt_bytes + records + segments * _USUAL_SEGMENT, segments

    def exchange(self, asked: int, answered: int) -> int:
        """Return the cost of something that is answered at once, and of the answer, which nothing follows."""
        out, segments = self._carried(asked)
        back, answers = self._carried(answered)
        return out + back + (segments // 2 + -(-answers // 2)) * _USUAL_SEGMENT

    def publish(self, topic_bytes: int, payload_bytes: int) -> int:
        """Return the cost of one message in either direction with its PUBACK."""
        body = 2 + topic_bytes + 2 + 1 + payload_bytes
        return self.exchange(1 + _length_bytes(body) + body, _SHORT_ACK)

    @staticmethod
    def in_company(*, receipted: bool) -> int:
        """Return how much less a message costs that leaves right behind another, its receipt included."""
        return _SHARED_SEGMENTS * _USUAL_SEGMENT // (1 if receipted else 2)

    def ping(self) -> int:
        """Return the cost of PINGREQ and PINGRESP."""
        return self.exchange(_PING, _PING)

    def connection(self, connect_bytes: int) -> int:
        """Return the cost of opening, greeting, subscribing and closing a connection."""
        greeting = self.exchange(connect_bytes, _GREETING) + self.exchange(_SUBSCRIPTION, _SHORT_ACK + 3)
        cost = _OPEN_AND_CLOSE + greeting
        if self.tls:
            cost += _USUAL_HANDSHAKE + (_CLIENT_CERTIFICATE if self.client_certificate else 0)
            cost += _HANDSHAKE_SEGMENTS * _USUAL_SEGMENT
        return cost


def _length_bytes(remaining: int) -> int:
    return 1 if remaining < 1 << 7 else 2 if remaining < 1 << 14 else 3 if remaining < 1 << 21 else 4
