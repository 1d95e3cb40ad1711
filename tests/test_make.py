"""`make` reports what is missing before anything long begins."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_python_that_cannot_be_started_is_named_and_no_other_is_taken():
    done = subprocess.run(
        ["make", "install", "PYTHON=/nonexistent"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "PYTHON=/nonexistent is no Python 3.11 or newer that can be started." in done.stderr


def test_a_taken_port_is_told_before_the_installation(tmp_path: Path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/ports.py", tmp_path / ".ci")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        others = dict.fromkeys(("PERCHA_SANDBOX_PORT", "PERCHA_POSTGRES_PORT", "PERCHA_REDIS_PORT"), "0")
        command = [sys.executable, str(tmp_path / ".ci/ports.py")]
        env = os.environ | others | {"PERCHA_WEB_PORT": port, "PERCHA_DOTENV": os.devnull}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"Port {port}, meant for the shop, is in use" in done.stderr
    assert "PERCHA_WEB_PORT=" in done.stderr
    free = subprocess.run(command, env=env | {"PERCHA_WEB_PORT": "0"}, capture_output=True, check=False)
    assert free.returncode == 0
