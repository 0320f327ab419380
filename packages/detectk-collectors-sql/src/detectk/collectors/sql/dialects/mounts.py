"""Tell network filesystems, on which locks and shared memory cannot be trusted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["network_filesystem"]

_NETWORK: Final = frozenset(
    {
        "afs",
        "afpfs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "efs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb2",
        "smb3",
        "smbfs",
    }
)
_NETWORK_FUSE: Final = ("sshfs", "s3fs", "gcsfuse", "rclone", "glusterfs", "ceph", "davfs2", "nfs")


def network_filesystem(path: Path, mounts: Path) -> str:
    """Return the type of the network filesystem that holds ``path``, empty when it is local.

    Args:
        path: A file or folder, which need not exist yet.
        mounts: Table of what is mounted, as ``/proc/mounts``; without one nothing is known.
    """
    try:
        table = mounts.read_text(errors="surrogateescape")
    except OSError:
        return ""
    target = path.resolve()
    holders = [
        (len(point.parts), order, kind)
        for order, (point, kind) in enumerate(_mounted(table))
        if target.is_relative_to(point)
    ]
    kind = max(holders, default=(0, 0, ""))[2]
    fuse = kind.removeprefix("fuse.") if kind.startswith("fuse.") else ""
    return kind if kind in _NETWORK or fuse in _NETWORK_FUSE else ""


def _mounted(table: str) -> list[tuple[Path, str]]:
    lines = (line.split() for line in table.splitlines())
    return [(Path(_plain(fields[1])), fields[2]) for fields in lines if len(fields) > 2]  # noqa: PLR2004


def _plain(field: str) -> str:
    """Undo the octal escapes of spaces and the like."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), field)
