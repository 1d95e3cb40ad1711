"""One run at a time per data folder, by a lock that the system releases however the run ends."""

import fcntl
import os
from pathlib import Path

from shop.demo.services.errors import ServiceError


class FolderLock:
    """Hold a POSIX record lock on `<folder>/<name>`.

    POSIX record locks belong to the process: children do not inherit them, and SIGKILL releases them. A plain `flock`
    would remain in orphaned children and block the next start.
    """

    def __init__(self, folder: Path, name: str = "lock") -> None:
        self.path = folder / name
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock without waiting; return False when another living process has it.

        Raises: ServiceError when the folder cannot be made or written.
        """
        make_folder(self.path.parent)
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ServiceError(unwritable(self.path.parent, error)) from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    def owner(self) -> int | None:
        """Return the process id written by the lock's last holder."""
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        """Release the lock; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_folder(folder: Path) -> None:
    """Create the folder and its parents.

    Raises: ServiceError when it may not be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceError(unwritable(folder, error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ServiceError(unwritable(folder, PermissionError("permission denied")))


def unwritable(folder: Path, error: OSError) -> str:
    """Return the error of a folder that cannot be written."""
    reason = error.strerror or str(error)
    return (
        f"Percha keeps its data in {folder}, but cannot write there ({reason.lower()}). "
        "Make the folder writable for this user, or choose another one: PERCHA_DATA_DIR=/some/folder make run"
    )
