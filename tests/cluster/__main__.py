"""`make cluster`: what several machines do, on one. Ends with status 1 when a promise of docs/scaling.md is not kept.

Purchases go on while a web node, a worker and the replica are killed; a drop is bought by 200 at once through both
nodes; then the primary is killed in the middle of purchases and the replica takes its place. In the end every rule of
a chaos run holds: stock, money, orders and providers agree.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.chaos import driver, faults, quiescence
from tests.chaos.records.report import lines
from tests.cluster import drop
from tests.cluster.servers import Cluster
from tests.cluster.stack import ClusterStack

NEEDED: Final = {"nginx": "nginx-light", "pgbouncer": "pgbouncer"}
SEED: Final = 13
DAYS: Final = 3
# A buyer of a drop sends an address of his own, as a CDN before nginx does.
SETTINGS: Final = {"PAYMENT_TIMEOUT": "10", "BEHIND_PROXY": "on", "TRUSTED_PROXY_COUNT": "2"}


def programs() -> dict[str, str]:
    """Return where the programs are that no wheel brings.

    Raises: SystemExit saying what to install.
    """
    found = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") for name in NEEDED}
    missing = [NEEDED[name] for name, path in found.items() if path is None]
    if missing:
        say(f"make cluster needs {' and '.join(missing)}: apt-get install {' '.join(missing)}")
        sys.exit(1)
    return {name: path for name, path in found.items() if path is not None}


class Failover(faults.Striker):
    """Strikes as a chaos run does; what it calls `replica` and `primary` are those of the cluster."""

    stack: ClusterStack

    def kill(self, name: str) -> None:
        """Kill a node, a worker, the replica for a while, or the primary for good."""
        servers = self.stack.servers
        if name == "replica":
            servers.kill_replica()
            time.sleep(3)
            servers.replica.start()
        elif name == "primary":
            servers.confirm_by_replica()
            time.sleep(2)
            servers.fail_over()
        else:
            super().kill(name)
            return
        self.log.note(self.log.struck, f"SIGKILL of the {name}")


class Run(driver.Run):
    """A chaos run of the cluster, with a drop in it."""

    stack: ClusterStack

    def __init__(self, stack: ClusterStack, report: driver.Report, drawn: faults.Plan) -> None:
        super().__init__(
            stack,
            report,
            drawn,
            DAYS,
            manners=(),
            steps=quiescence.STEPS,
            patience=quiescence.QUIET_SECONDS,
            say=say,
        )
        self.striker = Failover(stack, report.log, drawn, report.seed)


def plan(purchases: int) -> faults.Plan:
    """Return what strikes before which purchase: nothing at the providers, much at the machines."""
    names = ("web", "replica", "worker", "beat", "primary", "web")
    step = max(1, purchases // len(names))
    kills = {at * step: name for at, name in enumerate(names, 0)}
    return faults.Plan({}, {}, kills, frozenset())


@contextmanager
def cluster(found: dict[str, str]) -> Iterator[Cluster]:
    """Start the servers in a folder that their account can enter; delete all of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="percha-cluster-"))
    folder.chmod(0o755)
    servers = Cluster(folder, found)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make cluster", description="A cluster on one machine.")
    parser.add_argument("--purchases", type=int, default=48)
    parser.add_argument("--buyers", type=int, default=200)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    found = programs()
    report = driver.Report(SEED, options.purchases, "ARS")
    begun = time.monotonic()
    with cluster(found) as servers:
        say(f"A primary, its replica, a pooler and Redis are up after {time.monotonic() - begun:.0f} s.")
        stack = ClusterStack(servers, **SETTINGS)
        try:
            stack.start()
            say("Two nodes behind nginx, two workers, beat and the sandbox.")
            promises = drop.run(stack, buyers=options.buyers, say=say)
            Run(stack, report, plan(options.purchases)).all()
            promises += drop.run(stack, buyers=options.buyers, say=say)
        finally:
            stack.stop()
    report.seconds = time.monotonic() - begun
    for line in lines(report):
        say(line)
    broken = [promise for promise, is_kept in promises if not is_kept]
    for promise in broken:
        say(f"NOT KEPT: {promise}")
    return 0 if report.is_good and not broken else 1


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
