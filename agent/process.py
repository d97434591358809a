"""What the process promises about its own memory: no core file, no debugger, no unexpected error's text, no waste.

In: nothing. Out: limits set in the kernel, and hooks in the interpreter. Never: a reason to stop; a kernel that
refuses is reported.
"""

import ctypes
import logging
import os
import resource
from typing import Final

from agent import tracebacks

_LOG = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4
_M_ARENA_MAX: Final = -8


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


def share_memory_among_threads() -> None:
    """Let all threads allocate from one arena, where the C library has arenas (glibc: mallopt(3)).

    A thread waits on each serial line and each bus, and would keep an arena of its own for a few small objects.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
