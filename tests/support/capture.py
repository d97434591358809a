"""Every IP packet of the loopback interface of a network namespace of our own, counted by port.

`own_network` gives this process (and whatever it starts later) a network namespace with nothing in it but a loopback
interface with an MTU of 1,500 bytes, like Ethernet, and with segmentation and receive offloading off: what is
captured there are the packets that a real line would carry. It takes root, as the capture itself does.
"""

import ctypes
import fcntl
import os
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Self

_CLONE_NEWNET = 0x4000_0000
_SIOCSIFFLAGS = 0x8914
_SIOCSIFMTU = 0x8922
_SIOCETHTOOL = 0x8946
_UP_AND_RUNNING = 0x41
_OFFLOADS = {"TSO": 0x1F, "GSO": 0x24, "GRO": 0x2C}
"""ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO of linux/ethtool.h."""
MTU = 1500
_ETH_P_IP = 0x0800
_SO_RCVBUFFORCE = 33
_BUFFER_BYTES = 64 << 20
_TCP = 6


def own_network() -> None:
    """Move this process into a network namespace with one loopback interface like a real line.

    Raises:
        OSError: this takes root.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFMTU, struct.pack("16si12x", b"lo", MTU))
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))
        for command in _OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            fcntl.ioctl(sock, _SIOCETHTOOL, struct.pack("16sP8x", b"lo", ctypes.addressof(value)))


@dataclass(slots=True)
class Traffic:
    """What passed from and to one TCP port.

    Attributes:
        packets: IP packets, bare acknowledgements included.
        ip_bytes: their sizes, headers included.
        data_bytes: what TCP carried in them, repetitions included.
        largest: the largest packet.
        connections: SYNs that were sent to the port, repetitions included.
    """

    packets: int = 0
    ip_bytes: int = 0
    data_bytes: int = 0
    largest: int = 0
    connections: int = 0


class Capture:
    """Counts packets of IPv4 on `lo` while its context lasts."""

    def __init__(self) -> None:
        self._ports: dict[int, Traffic] = {}
        self._over = False

    def of(self, port: int) -> Traffic:
        """Return what passed from and to a port so far."""
        return self._ports.setdefault(port, Traffic())

    def __enter__(self) -> Self:
        # Packets of one protocol are seen once, when they come in; with all protocols they are seen going out, too.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        self._socket.bind(("lo", _ETH_P_IP))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
        _, dropped = struct.unpack("II", self._socket.getsockopt(263, 6, 8))  # SOL_PACKET, PACKET_STATISTICS
        self._socket.close()
        assert dropped == 0, f"the capture itself lost {dropped} packets"

    def _run(self) -> None:
        while True:
            try:
                packet = self._socket.recv(65_536)
            except TimeoutError:
                if self._over:
                    return
                continue
            self._take(packet)

    def _take(self, packet: bytes) -> None:
        header = (packet[0] & 0xF) * 4
        if packet[9] != _TCP:
            return
        size = int.from_bytes(packet[2:4], "big")
        source, destination = struct.unpack_from("!HH", packet, header)
        data = size - header - (packet[header + 12] >> 4) * 4
        syn = packet[header + 13] & 0x12 == 0x02
        for port in {source, destination}:
            traffic = self._ports.setdefault(port, Traffic())
            traffic.packets += 1
            traffic.ip_bytes += size
            traffic.data_bytes += data
            traffic.largest = max(traffic.largest, size)
            traffic.connections += syn and port == destination
