"""What the process promises about its own memory: no core file, no debugger, no unexpected error's text, no waste.

In: nothing. Out: limits set in the kernel, and hooks in the interpreter. Never: a reason to stop; a kernel that
refuses is reported.
"""

import ctypes
import gc
import logging
import os
import resource
from typing import Final

from agent import tracebacks

_LOG = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 128 * 1024
"""Where glibc begins."""
_THRESHOLDS: Final = (700, 5, 2)
"""A full collection after 12,600 objects: 18 times the first."""


def keep_memory_private() -> None:
    """Forbid core files, attaching, and texts in tracebacks: raw readings and identifiers live in this process.

    Every command that opens a sensor calls this before it does. Not dumpable says more than the limit: the kernel
    minds the limit only where it writes core files itself, not where it pipes them to a program (core(5)); and it
    lets nobody without capabilities look into the process (proc(5)).
    """
    tracebacks.install()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        _LOG.warning("the kernel does not let this process forbid core files: %s", os.strerror(ctypes.get_errno()))


def spare_memory() -> None:
    """Have the C library keep one arena for all threads and give large blocks back, if it is glibc (mallopt(3)).

    A thread waits on each serial line and each bus, and would keep an arena of its own for a few small objects. A
    block of 128 KiB and more is mapped for itself, until the first one was freed: from then on glibc cuts blocks of
    that size out of the heap, and where they were, smaller ones keep it from ever shrinking.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


def give_memory_back() -> None:
    """Give the pages of the heap back that are free between what lasts, if the C library can: malloc_trim(3)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle_memory() -> None:
    """Leave what is alive now out of all collections of cyclic garbage, and collect often; for when all is started.

    CPython (gcmodule.c) puts a full collection off until 70,000 objects more than were freed have come, and a quarter
    as many as there are. With the modules of an agent among them that is a megabyte of garbage, from each try to
    connect and each line that is opened anew, in the middle of what lasts. Without them a collection is cheap.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()  # so that it counts from nothing
