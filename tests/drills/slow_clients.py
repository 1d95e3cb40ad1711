"""`python -m tests.drills.slow_clients`: 200 slow clients against the shop, without and with docs/nginx.conf.

Asks `/healthz/` meanwhile. Needs Debian's nginx; the figures stand in docs/operations.md. Everything is on this machine and
ends by itself after some seconds.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis
from shop.demo.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, QUESTIONS = 200, 6
HEADER = b"POST /payments/webhook/stripe/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
KINDS = {
    "slow headers": HEADER,
    "slow bodies": HEADER + b"Content-Length: 2000\r\n\r\n" + b"{",
}


def configuration(folder: Path, *, web: int, proxy: int) -> Path:
    """Return a whole nginx configuration around the project's own, without TLS and on other ports.

    `access.log` in the folder has a line for each request: whether the proxy had the answer (`$upstream_cache_status`).
    """
    site = (ROOT / "docs/nginx.conf").read_text()
    servers = re.split(r"(?m)^server \{", site)
    shop = next(part for part in servers if "location /payments/webhook/" in part)
    shop = re.sub(r"(?m)^\s*(listen|ssl_).*$", "", shop)
    site = servers[0] + f"server {{\n    listen 127.0.0.1:{proxy};" + shop
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{web}").replace("shop.example.com", "127.0.0.1")
    site = site.replace("/var/cache/nginx/percha", f"{folder}/kept")
    path = folder / "nginx.conf"
    path.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nworker_processes 1;\ndaemon off;\n"
        "events { worker_connections 2048; }\n"
        f"http {{\nlog_format kept '$upstream_cache_status';\naccess_log {folder}/access.log kept;\n"
        f"client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f;\nuwsgi_temp_path {folder}/u;\nscgi_temp_path {folder}/s;\n{site}\n}}\n"
    )
    return path


def dawdle(port: int, beginning: bytes) -> list[socket.socket]:
    """Open many connections that have sent the beginning of a request and send no more."""
    found = []
    for _client in range(CLIENTS):
        with suppress(OSError):
            client = socket.create_connection(("127.0.0.1", port), timeout=5)
            client.sendall(beginning)
            found.append(client)
    return found


def answered(port: int) -> tuple[int, float]:
    """Request the shop's health some times; return how often it answered within 3 s, and the slowest answer."""
    good, slowest = 0, 0.0
    for _question in range(QUESTIONS):
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/", timeout=3) as answer:
                good += answer.status == 200
        except OSError:
            pass
        slowest = max(slowest, time.monotonic() - begun)
    return good, slowest


def recover(port: int) -> None:
    """Wait until every request is answered again, some minutes at most."""
    for _turn in range(20):
        if answered(port)[0] == QUESTIONS:
            return
        time.sleep(0.2)


def measure(name: str, port: int) -> None:
    """Try both kinds of slowness at one port, and print the shop's answers meanwhile."""
    for kind, beginning in KINDS.items():
        recover(port)
        clients = dawdle(port, beginning)
        time.sleep(1)
        good, slowest = answered(port)
        line = f"{name:12} {len(clients):4} × {kind:13} {good} of {QUESTIONS} answered, slowest {slowest:.2f} s\n"
        sys.stdout.write(line)
        sys.stdout.flush()
        for client in clients:
            client.close()
        begun = time.monotonic()
        recover(port)
        sys.stdout.write(f"{'':12} well again {time.monotonic() - begun:.1f} s after they had left\n")


def main() -> int:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx is None:
        sys.stdout.write("nginx is not installed: nothing was tried (apt-get install nginx).\n")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="percha-slow-"))
    folder.chmod(0o755)
    web, proxy = free_port(), free_port()
    postgres = EmbeddedPostgres(folder / "postgres", port=free_port(), options={"fsync": "off"})
    redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for server in (postgres, redis):
            stack.callback(server.stop)
            server.start()
        postgres.ensure_database("percha")
        environment = os.environ | {
            "DEBUG": "on",
            "PERCHA_DOTENV": os.devnull,
            "DATABASE_URL": postgres.url("percha"),
            "REDIS_URL": redis.url(0),
            "SITE_URL": f"http://127.0.0.1:{proxy}",
            "LOG_LEVEL": "ERROR",
        }
        shop = [sys.executable, "-m", "gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{web}", "--workers", "2"]
        shop += ["--worker-class", "gthread", "--threads", "4", "--log-level", "error", "--no-control-socket"]
        for command in (shop, [nginx, "-c", str(configuration(folder, web=web, proxy=proxy))]):
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        for _turn in range(120):
            if answered(proxy)[0] == QUESTIONS:
                break
            time.sleep(0.5)
        for name, port in (("gunicorn", web), ("behind nginx", proxy)):
            measure(name, port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
