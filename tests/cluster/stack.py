"""The shop of a cluster: two web nodes behind nginx, two workers, beat, and the sandbox, each a process of its own."""

import subprocess
from pathlib import Path
from typing import Final

from tests.chaos.services.stack import ShopStack
from tests.cluster.servers import Cluster
from tests.drills.slow_clients import configuration
from tests.journeys.stack import free_port

NODES: Final = ("web-1", "web-2")
WORKERS: Final = ("worker-1", "worker-2")


class ClusterStack(ShopStack):
    """A chaos run's shop whose web and worker are two each; nginx has the shop's address."""

    servers: Cluster
    worker_threads = 2

    def __init__(self, servers: Cluster, **settings: str) -> None:
        super().__init__(servers, **settings)
        self.ports = {name: free_port() for name in NODES}
        self._proxy: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        found = super().env
        return found | {"DATABASE_URL": self.servers.pooled_url(self.database)}

    @property
    def processes(self) -> tuple[str, ...]:
        return ("sandbox", *NODES, *WORKERS, "beat")

    def start(self) -> None:
        """Copy the seeded shop and start every process, nginx last."""
        self.servers.copy(self.database)
        self.servers.flush_redis()
        for name in self.processes:
            self.begin(name)
        self._start_proxy()
        self.await_web()

    def all_begin(self) -> None:
        """Start what does not run, and wait until the shop answers."""
        for name in self.processes:
            self.begin(name)
        self.await_web()

    def begin(self, name: str) -> None:
        """Start a process that does not run; of a pair that is named by its kind, both."""
        for one in {"web": NODES, "worker": WORKERS}.get(name, (name,)):
            super().begin(one)

    def kill(self, name: str) -> None:
        """SIGKILL a process; of a pair that is named by its kind, the first."""
        super().kill({"web": NODES[0], "worker": WORKERS[0]}.get(name, name))

    def command(self, name: str) -> list[str]:
        """Return what Python runs as this node, worker, beat or sandbox."""
        if name in NODES:
            command = super().command("web")
            return [word.replace(f":{self.web_port}", f":{self.ports[name]}") for word in command]
        if name in WORKERS:
            return [*super().command("worker"), "--hostname", f"{name}@%h"]
        return super().command(name)

    def stop(self) -> None:
        """Stop nginx and every process, and drop the database."""
        if self._proxy is not None:
            self._proxy.terminate()
            self._proxy.wait(30)
        super().stop()

    def _start_proxy(self) -> None:
        place = Path(self.folder) / "nginx"
        place.mkdir()
        path = configuration(place, web=8000, proxy=self.web_port)
        nodes = "\n".join(
            f"    server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in self.ports.values()
        )
        text = path.read_text().replace("    server 127.0.0.1:8000;", nodes)
        # Another node takes what one that is gone did not: a GET, and a POST that was not sent (docs/scaling.md).
        text = text.replace("proxy_next_upstream off;", "proxy_next_upstream error;")
        # The port is no usual one here, and belongs to the origin that a browser names.
        path.write_text(text.replace("Host $host;", "Host $http_host;"))
        self._proxy = subprocess.Popen(
            [self.servers.programs["nginx"], "-e", str(place / "error.log"), "-c", str(path)]
        )
