"""A folder for servers that run as somebody else."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def room() -> Iterator[Path]:
    """Return a folder which the servers' own user may enter.

    Not one of pytest's: they are private, and each pytest session on this machine makes their root private again.
    """
    with tempfile.TemporaryDirectory(prefix="percha-services-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
