"""Tell whether the holder of a lease is a process of this host that has died."""

from __future__ import annotations

import os
import socket

__all__ = ["is_dead"]


def is_dead(holder: str) -> bool:
    """Whether ``holder``, ``host:pid:anything``, is of this host and no longer runs.

    Any other text, another host and any doubt give False: then the lease has to expire. Where
    containers share one storage, give each its own host name.
    """
    host, _, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    # Signal 0 asks nothing of a process, except on Windows, where it would interrupt it.
    if os.name != "posix" or host != socket.gethostname() or not pid.isdecimal() or not int(pid):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
