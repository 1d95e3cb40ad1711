"""What is missing is named, with how to install it, before anything begins."""

import shutil

import pytest

from tests.lighthouse.__main__ import programs


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/usr/bin/node" if name == "node" else None)
    with pytest.raises(SystemExit, match="1"):
        programs()
    assert "apt-get install npm nginx-light chromium\n" in capsys.readouterr().out


def test_a_node_of_another_age_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
):
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v16.20.2\n")
    old.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: str(old))
    with pytest.raises(SystemExit, match="1"):
        programs()
    assert "needs node 18 or newer" in capsys.readouterr().out
