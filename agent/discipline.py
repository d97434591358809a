"""Where wall time comes from, and what it is worth: the kernel's discipline, a GNSS receiver, or the system's word.

In: `adjtimex`, or samples of a GNSS receiver. Out: wall time with a quality. Never: sets a clock.

The rate a free-running clock is charged in holdover is `DRIFT_PPM`: the 500 parts per million that the kernel
itself adds to `maxerror` (MAXFREQ in Linux's `include/linux/timex.h`), far more than a crystal drifts.
"""

import ctypes
import functools
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.clock import NS_PER_MS, WallTime

_LOG = logging.getLogger(__name__)

DRIFT_PPM: Final = 500
HOLDOVER_LIMIT_MS: Final = 60_000
"""A wall clock whose error may be larger than this is unset again."""

_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5
_US_PER_MS: Final = 1000
_MS_PER_S: Final = 1000
_PPM: Final = 1_000_000
_EARLIEST_UTC_NS: Final = 1_735_689_600_000 * NS_PER_MS
"""2025-01-01: the software is younger, so a receiver that says less has lost count of its weeks."""


@dataclass(frozen=True, slots=True)
class KernelTime:
    """What `adjtimex` says: whether something disciplines the clock, and the kernel's own bound of its error."""

    synchronised: bool
    maxerror_us: int


class _Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class _Timex(ctypes.Structure):
    """`struct timex` of Linux's `include/uapi/linux/timex.h`; 11 reserved ints stand at its end."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def read_kernel_time() -> KernelTime:
    """Return what `adjtimex` says; needs no privilege.

    Raises:
        OSError: the call is not allowed (a sandbox with ProtectClock= forbids it).
    """
    timex = _Timex()
    result = _libc().adjtimex(ctypes.byref(timex))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    error_us = max(int(timex.maxerror), int(timex.esterror))  # the second is an estimate, and says no less if larger
    return KernelTime(result != _TIME_ERROR and not timex.status & _STA_UNSYNC, error_us)


def rtc_time(name: str, *, floor_ms: int, folder: Path = Path("/sys/class/rtc")) -> tuple[int, int] | None:
    """Return what a clock with a battery is worth: wall time in ms and the bound of its error; None if nothing.

    It was set while the unit's clock was synchronised, the last time at `floor_ms`, and has run free since. A driver
    that knows that its chip has lost its power tells no time. What was wrong by years has a bound of days.

    Source: Linux, Documentation/admin-guide/rtc.rst (`since_epoch`).
    """
    try:
        rtc_ms = int((folder / name / "since_epoch").read_text()) * _MS_PER_S
    except (OSError, ValueError):
        return None
    error_ms = _MS_PER_S + _drift_ms((rtc_ms - floor_ms) * NS_PER_MS)
    if not floor_ms or rtc_ms < floor_ms or error_ms > HOLDOVER_LIMIT_MS:
        return None
    return rtc_ms + _MS_PER_S // 2, error_ms  # it counts whole seconds


def _drift_ms(elapsed_ns: int) -> int:
    return -(-elapsed_ns * DRIFT_PPM // (_PPM * NS_PER_MS))


class KernelDiscipline:
    """Believes the kernel when an NTP daemon (or PTP, or `chronyd`) keeps it synchronised.

    When the daemon is lost, wall time is in holdover until its error may be larger than `HOLDOVER_LIMIT_MS`. It runs
    on from the last synchronised instant then: whoever sets the system's clock meanwhile is not believed.

    Args:
        read: `read_kernel_time`, or a stand-in.
        utc_ns: CLOCK_REALTIME, or a stand-in.
    """

    def __init__(
        self, read: Callable[[], KernelTime] = read_kernel_time, *, utc_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._read = read
        self._utc_ns = utc_ns
        self._last: tuple[int, int, int] | None = None
        self._forbidden = False

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        """Go on from where an earlier process was synchronised, in this boot."""
        if error_ms is not None:
            self._last = (mono_ns, utc_ns, error_ms)

    def agrees(self, wall: WallTime) -> bool:  # noqa: ARG002 - the interface gives it
        """Return False: there is no second source."""
        return False

    def wall(self, mono_ns: int) -> WallTime:
        """Return the kernel's wall time with what `adjtimex` says about it."""
        utc_ns = self._utc_ns()
        kernel = self._ask()
        if kernel.synchronised:
            error_ms = -(-kernel.maxerror_us // _US_PER_MS)
            self._last = (mono_ns, utc_ns, error_ms)
            return WallTime(utc_ns=utc_ns, synchronised=True, error_ms=error_ms)
        return self._holdover(mono_ns) or WallTime(utc_ns=utc_ns, synchronised=False, error_ms=None)

    def _ask(self) -> KernelTime:
        try:
            return self._read()
        except OSError as error:
            if not self._forbidden:
                self._forbidden = True
                _LOG.warning(
                    "the kernel does not tell whether its clock is synchronised (%s), so wall time stays unset; "
                    "allow the adjtimex call in the service's sandbox (ProtectClock=no)",
                    error.strerror,
                )
            return KernelTime(synchronised=False, maxerror_us=0)

    def _holdover(self, mono_ns: int) -> WallTime | None:
        if self._last is None:
            return None
        since_ns, utc_ns, error_ms = self._last
        bound_ms = error_ms + _drift_ms(mono_ns - since_ns)
        if bound_ms > HOLDOVER_LIMIT_MS:
            return None
        return WallTime(utc_ns=utc_ns + mono_ns - since_ns, synchronised=False, error_ms=bound_ms)


class SystemDiscipline:
    """Takes the system's wall clock at its word, for machines whose host keeps it right."""

    def __init__(self, *, utc_ns: Callable[[], int] = time.time_ns) -> None:
        self._utc_ns = utc_ns

    def wall(self, mono_ns: int) -> WallTime:  # noqa: ARG002 - the interface gives it; this source has no memory
        """Return the system's wall time, believed, with an unknown error."""
        return WallTime(utc_ns=self._utc_ns(), synchronised=True, error_ms=None)

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        """Do nothing: this source is always there."""

    def agrees(self, wall: WallTime) -> bool:  # noqa: ARG002 - the interface gives it
        """Return False: there is no second source."""
        return False


class GnssDiscipline:
    """Wall time from a GNSS receiver's sentences, for units without a network's time.

    A sentence comes late by an unknown part of its second (fix calculation, serial line), never early. So of
    the last samples the one that was least late counts, and the bound of the error is `latency_ms`. Wall time
    is believed after `AGREEING` samples that agree within `latency_ms`; samples that disagree with what is
    believed are ignored until as many in a row agree with each other.

    Args:
        latency_ms: how late a sentence may be; 1000 covers every receiver that reports each second.
        fresh_s: age of the last sample after which wall time is in holdover.
        utc_ns: CLOCK_REALTIME, given out (unbelieved) until the first samples are in.
        read: `read_kernel_time`, or a stand-in; a kernel that is synchronised, too, is a second source.
    """

    AGREEING: Final = 5
    _KEPT: Final = 60

    def __init__(
        self,
        *,
        latency_ms: int = 1000,
        fresh_s: float = 10.0,
        utc_ns: Callable[[], int] = time.time_ns,
        read: Callable[[], KernelTime] = read_kernel_time,
    ) -> None:
        self._read = read
        self._latency_ns = latency_ms * NS_PER_MS
        self._fresh_ns = int(fresh_s * 1000) * NS_PER_MS
        self._utc_ns = utc_ns
        self._believed: deque[tuple[int, int]] = deque(maxlen=self._KEPT)
        self._candidates: deque[tuple[int, int]] = deque(maxlen=self.AGREEING)

    @property
    def last_sample_mono_ns(self) -> int | None:
        """When the last believed sample was heard, None before the first: holdover is counted from here."""
        return self._believed[-1][0] if self._believed else None

    def sample(self, *, utc_ms: int, mono_ns: int) -> None:
        """Take one time of the receiver: `utc_ms` since 1970, heard at `mono_ns`."""
        utc_ns = utc_ms * NS_PER_MS
        if utc_ns < _EARLIEST_UTC_NS or (self._believed and mono_ns < self._believed[-1][0]):
            return
        offset_ns = utc_ns - mono_ns
        if self._believed and abs(offset_ns - self._offset_ns()) <= self._latency_ns:
            self._believed.append((mono_ns, offset_ns))
            self._candidates.clear()
            return
        self._candidates.append((mono_ns, offset_ns))
        offsets = [offset for _, offset in self._candidates]
        if len(offsets) == self.AGREEING and max(offsets) - min(offsets) <= self._latency_ns:
            self._believed.clear()
            self._believed.extend(self._candidates)
            self._candidates.clear()

    def wall(self, mono_ns: int) -> WallTime:
        """Return the receiver's time, or the kernel's, unbelieved, while there is none."""
        if not self._believed:
            return WallTime(utc_ns=self._utc_ns(), synchronised=False, error_ms=None)
        age_ns = mono_ns - self._believed[-1][0]
        bound_ms = self._latency_ns // NS_PER_MS + _drift_ms(age_ns)
        if bound_ms > HOLDOVER_LIMIT_MS:
            return WallTime(utc_ns=mono_ns + self._offset_ns(), synchronised=False, error_ms=None)
        return WallTime(utc_ns=mono_ns + self._offset_ns(), synchronised=age_ns <= self._fresh_ns, error_ms=bound_ms)

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        """Go on from where an earlier process heard the receiver, in this boot."""
        if error_ms is not None and error_ms <= HOLDOVER_LIMIT_MS and not self._believed:
            self._believed.append((mono_ns, utc_ns - mono_ns))

    def agrees(self, wall: WallTime) -> bool:
        """Return whether the kernel is synchronised as well, and has the same time within both bounds."""
        try:
            kernel = self._read()
        except OSError:
            return False
        bound_ms = (wall.error_ms or 0) + kernel.maxerror_us // _US_PER_MS + 1
        return kernel.synchronised and abs(self._utc_ns() - wall.utc_ns) <= bound_ms * NS_PER_MS

    def _offset_ns(self) -> int:
        return max(offset for _, offset in self._believed)
