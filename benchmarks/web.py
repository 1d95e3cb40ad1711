"""Web servers to be measured, by default the one that README advises, set as in production; and an HTTP client."""

import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from benchmarks.environment import ROOT, data

CSRF = "b" * 32
# Settings that production requires; the values are never sent anywhere.
PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "DATA_KEYS": secrets.token_urlsafe(32),
    "ALLOWED_HOSTS": "127.0.0.1,shop.example.com",
    "SITE_URL": "https://shop.example.com",
    "SHOP_NAME": "Benchmark",
    "SHOP_COUNTRY": "AR",
    "SHOP_EMAIL": "shop@example.com",
    "SANDBOX_ENABLED": "off",
    "SECURE_SSL_REDIRECT": "off",
    "MERCADOPAGO_ACCESS_TOKEN": "APP_USR-benchmark-0123456789",
    "MERCADOPAGO_WEBHOOK_SECRETS": "benchmark-secret",
    "MERCADOPAGO_COLLECTOR_ID": "1234567890",
    "STRIPE_SECRET_KEY": "sk_live_benchmark0123456789",
    "STRIPE_WEBHOOK_SECRETS": "whsec_benchmark_0123456789",
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class Answer:
    """An answer: status, the redirect's address, cookies set, how long it took (seconds), the page, its ETag."""

    status: int
    location: str
    cookies: dict[str, str]
    seconds: float
    body: str = ""
    etag: str = ""


@dataclass(frozen=True)
class Server:
    """A web server: its kind (`gthread`, `sync`: gunicorn's workers; `granian`), its processes, threads in each."""

    kind: str
    workers: int
    threads: int = 1

    def __str__(self) -> str:
        return f"{self.kind} {self.workers} × {self.threads}"

    def command(self, application: str, port: int) -> list[str]:
        """Return the command that serves a WSGI application on this machine's own address."""
        if self.kind == "granian":
            return [
                *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
                *("--workers", str(self.workers), "--blocking-threads", str(self.threads)),
                *("--backlog", "1024", "--log-level", "warning", "--no-ws", "--respawn-failed-workers"),
                application,
            ]
        return [
            *("gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", str(self.workers)),
            *("--worker-class", self.kind, "--threads", str(self.threads), "--log-level", "warning"),
            *("--no-control-socket", "--backlog", "512"),
        ]


# What README advises.
ADVISED = Server("gthread", 2, 4)
_served: dict[int, int] = {}
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


def as_browser(path: str, *, cookies: str = "") -> bytes:
    """Return a request as a browser sends it, which takes compressed pages."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n"
        f"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: es-AR\r\nCookie: {cookies}\r\n\r\n"
    ).encode()


def processor_seconds(port: int) -> float:
    """Return the processor time (user and system) that the processes of a server have used so far."""
    import psutil

    parent = psutil.Process(_served[port])
    times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


def production() -> dict[str, str]:
    """Return the environment of a process that is set as in production; its static files are collected."""
    static = data() / "static"
    env = {
        **os.environ,
        **PRODUCTION,
        "STATIC_ROOT": str(static),
        "MEDIA_ROOT": str(data() / "media"),
    }
    if not static.exists():
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(command, cwd=ROOT, env=env, check=True)
    return env


@contextmanager
def serve(application: str, *, server: Server = ADVISED, **settings: str) -> Iterator[int]:
    """Serve a WSGI application, with `settings` of its own beside the usual ones; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = production() | settings
    env.pop("PERCHA_BENCH_READY", None)
    log = (data() / "web.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", *server.command(application, port)],
        cwd=ROOT,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    _served[port] = process.pid
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(60)
        log.close()


class Client:
    """One visitor's connection, kept open as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def post(self, path: str, body: str, *, cookies: str = "", headers: str = "") -> Answer:
        """Send a form and read the answer."""
        cookies = f"csrftoken={CSRF}" + (f"; {cookies}" if cookies else "")
        payload = f"csrfmiddlewaretoken={CSRF}&{body}".encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n{headers}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return self._ask(head.encode() + payload)

    def post_json(self, path: str, body: str, *, headers: str = "") -> Answer:
        """Send JSON and read the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return self._ask(f"{head}{body}".encode())

    def get(self, path: str, *, cookies: str = "", headers: str = "") -> Answer:
        """Fetch a page."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n{headers}\r\n"
        return self._ask(head.encode())

    def ask_again(self, request: bytes) -> Answer:
        """Send what was put together before and read the answer; of that only the status is looked at.

        What a generator of load should cost: nothing beside the server that it measures.
        """
        begun = time.perf_counter()
        if self._socket is None:
            head, body = self._exchange(request)
            return _answer(head, body, time.perf_counter() - begun)
        self._socket.sendall(request)
        raw = self._socket.recv(1 << 18)
        if (end := raw.find(b"\r\n\r\n")) < 0:
            raise ConnectionResetError("a header in pieces, or none")
        length = _LENGTH.search(raw, 0, end + 2)
        missing = end + 4 + int(length[1] if length else 0) - len(raw)
        while missing > 0:
            missing -= len(self._more())
        return Answer(int(raw[9:12]), "", {}, time.perf_counter() - begun)

    def connect(self) -> socket.socket:
        """Open the connection unless it is open; return it."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _ask(self, request: bytes) -> Answer:
        begun = time.perf_counter()
        for attempt in (1, 2):
            fresh = self._socket is None
            try:
                head, body = self._exchange(request)
                break
            except OSError:
                self.close()
                if (
                    fresh or attempt == 2
                ):  # A kept connection may have been closed by the server; a new one not.
                    raise
        return _answer(head, body, time.perf_counter() - begun)

    def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        self.connect().sendall(request)
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += self._more()
        head, _sep, rest = raw.partition(b"\r\n\r\n")
        lower = head.lower()
        length = (
            int(lower.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in lower else 0
        )
        while len(rest) < length:
            rest += self._more()
        if b"connection: close" in lower:
            self.close()
        return head, rest

    def _more(self) -> bytes:
        assert self._socket
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        return part


def in_flight(
    acts: Sequence[Callable[[Client], Answer]], *, port: int, width: int
) -> tuple[list[Answer], float]:
    """Send all requests, `width` at once, in their order; return the answers and the seconds for all of them.

    Each client has its connection before it begins, as nginx has those to the shop.
    """
    waiting: SimpleQueue[Callable[[Client], Answer]] = SimpleQueue()
    for act in acts:
        waiting.put(act)
    answers: list[Answer] = []
    start = threading.Barrier(width + 1)

    def work() -> None:
        client = Client(port)
        client.connect()
        start.wait()
        while True:
            try:
                act = waiting.get_nowait()
            except Empty:
                return client.close()
            answers.append(act(client))

    threads = [threading.Thread(target=work, daemon=True) for _n in range(width)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return answers, time.perf_counter() - begun


def _answer(head: bytes, body: bytes, seconds: float) -> Answer:
    lines = head.decode("latin-1").split("\r\n")
    location, etag, cookies = "", "", {}
    for line in lines[1:]:
        name, _sep, value = line.partition(": ")
        if name.lower() == "location":
            location = value
        elif name.lower() == "etag":
            etag = value
        elif name.lower() == "set-cookie":
            key, _equals, rest = value.partition("=")
            cookies[key] = rest.partition(";")[0]
    return Answer(int(lines[0].split()[1]), location, cookies, seconds, body.decode("utf-8", "replace"), etag)


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _attempt in range(300):
        if server.poll() is not None:
            break
        try:
            Client(port).get("/healthz/")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the server did not start:\n{(data() / 'web.log').read_text()[-3000:]}")
