"""The price that `make test` prints: the processor time of every process that the tests have started."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests import price


def test_the_status_and_the_time_of_the_tests_come_back(tmp_path):
    (tmp_path / "test_two.py").write_text("def test_one(): pass\n\n\ndef test_other(): assert False\n")
    env = {
        key: value
        for key, value in os.environ.items()
        if key != "DJANGO_SETTINGS_MODULE" and not key.startswith("PYTEST_XDIST")
    }
    # No configuration, so that neither servers nor the shop are started for two tests that need none.
    plain = [
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:valkey",
        "-n",
        "0",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.price", *plain, str(tmp_path / "test_two.py")],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert re.search(r"Processor time of these tests: \d+ s\.\n$", done.stdout)
    assert "calibrations" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "is_whole"),
    [(["-n", "2"], True), (["-n", "2", "-x"], True), (["orders"], False), (["-k", "refund"], False)],
)
def test_the_budget_speaks_of_the_whole_suite_alone(arguments, is_whole):
    assert price.is_whole(arguments) == is_whole


def test_a_whole_run_within_its_budget_passes_and_one_beyond_it_fails(monkeypatch, capsys):
    monkeypatch.delenv("PERCHA_SOAK", raising=False)
    monkeypatch.setattr(price, "calibrate", lambda: 2.0)
    for seconds, status, expected in (
        (2.0 * price.BUDGET, 0, 0),
        (2.0 * price.BUDGET + 2, 0, 1),
        (2.0 * price.BUDGET, 3, 3),
        (2.0 * price.BUDGET + 2, 3, 3),
    ):
        monkeypatch.setattr(price, "run", lambda _arguments, _measure, data=(status, seconds, []): data)
        assert price.main(["-n", "2"]) == expected
        assert ("They exceed their budget" in capsys.readouterr().out) == (seconds > 2.0 * price.BUDGET)
    # A part of the suite has no budget, nor has a soak run.
    monkeypatch.setattr(price, "run", lambda _arguments, _measure: (0, 9.0 * price.BUDGET, []))
    assert price.main(["orders"]) == 0
    monkeypatch.setenv("PERCHA_SOAK", "on")
    assert price.main(["-n", "2"]) == 0


def test_the_calibration_is_the_median_of_samples_taken_while_the_tests_run(monkeypatch, capsys):
    """Their own processor time is not the tests'; one that fails is left out; without any, one is taken at the end."""
    monkeypatch.delenv("PERCHA_SOAK", raising=False)
    monkeypatch.setattr(price, "CALIBRATED_EVERY", 0.01)
    monkeypatch.setattr(signal, "signal", lambda *_any: None)
    samples, spent = iter([3.0, 900.0, 2.0]), iter([100.0, 101.0, 111.0, 111.0, 131.0, 131.0, 141.0, 150.0])

    class Tests:
        """Two samples can be taken, and one fails, before they end."""

        waits = iter([True, True, True, False])

        def __init__(self, _command: list[str]) -> None:
            pass

        def wait(self, seconds: float) -> int:
            if next(self.waits):
                raise subprocess.TimeoutExpired("pytest", seconds)
            return 5

    def measure() -> float:
        if (sample := next(samples)) == 900.0:
            raise OSError("no port")
        return sample

    monkeypatch.setattr(subprocess, "Popen", Tests)
    monkeypatch.setattr(price, "spent", lambda: next(spent))
    assert price.run(["-n", "2"], measure) == (5, 50.0 - 10 - 20 - 10, [3.0, 2.0])

    for taken, words in (([3.0, 2.0, 9.0], "30 calibrations of 3.00 s"), ([], "45 calibrations of 2.00 s")):
        monkeypatch.setattr(price, "run", lambda _arguments, _measure, taken=taken: (0, 90.0, taken))
        monkeypatch.setattr(price, "calibrate", lambda: 2.0)
        assert price.main(["-n", "2"]) == 0
        assert words in capsys.readouterr().out
