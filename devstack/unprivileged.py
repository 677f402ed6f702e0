"""Running a child as an unprivileged user when the parent is root: PostgreSQL refuses to run as root."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

USER = "kontor-postgres"
SHELTER = Path("/var/lib/kontor")


@dataclass(frozen=True)
class Account:
    """The system user a child runs as; `None` fields mean the current user."""

    uid: int | None
    gid: int | None

    def own(self, folder: Path) -> None:
        """Hand an existing folder to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


SAME_USER = Account(uid=None, gid=None)


def account() -> Account:
    """The current user, or for root an own system user (`nobody` where none can be created)."""
    if os.geteuid() != 0:
        return SAME_USER
    entry = _lookup(USER) or _create() or pwd.getpwnam("nobody")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def reachable(folder: Path, user: Account) -> bool:
    """Whether `user` can enter every folder above `folder`."""
    if user.uid is None:
        return True
    parents = [parent for parent in folder.resolve().parents if parent.exists()]
    return all(_may_enter(parent.stat(), user) for parent in parents)


def shelter(wanted: Path, user: Account) -> Path:
    """`wanted`, or a stable folder under /var/lib for a checkout that the user cannot enter."""
    if reachable(wanted, user):
        return wanted
    name = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    return SHELTER / name


def program_folder(installed: Path, user: Account) -> Path:
    """`installed`, or a copy of it under /var/lib if the user cannot enter the original's folder."""
    if reachable(installed, user):
        return installed
    copy = SHELTER / f"programs-{int(installed.stat().st_mtime)}" / installed.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Renamed at the end: a copy cut short by a full disk must never look complete.
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(installed, partial, symlinks=True)
        SHELTER.chmod(0o711)
        partial.rename(copy)
    return copy


def _may_enter(folder: os.stat_result, user: Account) -> bool:
    if folder.st_uid == user.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        return None
    arguments = ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", USER]
    subprocess.run([tool, *arguments], check=False, capture_output=True)
    return _lookup(USER)
