"""Network filesystems, told from tables of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectk.collectors.sql.dialects.mounts import network_filesystem

TABLE = """\
/dev/vda1 / ext4 rw 0 0
proc /proc proc rw 0 0
server:/export /srv/shared nfs4 rw 0 0
//server/share /srv/my\\040files cifs rw 0 0
me@host:/ /home/me/remote fuse.sshfs rw 0 0
/dev/fuse /home/me/local fuse.ntfs rw 0 0
/dev/vdb1 /srv/shared/fast xfs rw 0 0
tmpfs /over tmpfs rw 0 0
server:/x /over nfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/shared/project/.detectk/detectk.db", "nfs4"),
        ("/srv/shared", "nfs4"),
        ("/srv/shared-not/x.db", ""),
        ("/srv/shared/fast/x.db", ""),
        ("/srv/my files/x.db", "cifs"),
        ("/home/me/remote/x.db", "fuse.sshfs"),
        ("/home/me/local/x.db", ""),
        ("/home/me/x.db", ""),
        ("/over/x.db", "nfs"),
    ],
)
def test_the_deepest_and_newest_mount_decides(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(TABLE)
    assert network_filesystem(Path(path), mounts) == kind


def test_without_a_table_nothing_is_known(tmp_path: Path) -> None:
    assert network_filesystem(Path("/srv/shared"), tmp_path / "none") == ""
