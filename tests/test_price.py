"""What `make test` prints of its price: the time of every process that the tests have started."""

import os
import subprocess
import sys

import pytest

from tests import price


def test_the_status_and_the_time_of_the_tests_come_back():
    env = {
        key: value
        for key, value in os.environ.items()
        if key != "DJANGO_SETTINGS_MODULE" and not key.startswith("PYTEST_XDIST")
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.price", "-n", "0", "--collect-only", "tests/test_make.py"],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 tests collected" in done.stdout
    assert "Processor time of these tests: " in done.stdout
    assert "calibrations" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "is_whole"),
    [(["-n", "2"], True), (["-n", "2", "-x"], True), (["orders"], False), (["-k", "refund"], False)],
)
def test_the_budget_speaks_of_the_whole_suite_alone(arguments, is_whole):
    assert price.is_whole(arguments) == is_whole
