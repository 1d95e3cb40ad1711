"""The sandbox's web server: one process, one port, bound to this machine only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shop.sandbox import control
from shop.sandbox import counterparts as known_counterparts
from shop.sandbox.config import (
    SandboxConfig,
    SandboxRefused,
    default_data_path,
    is_loopback,
    require_permission,
    required,
)
from shop.sandbox.engine import Counterpart, Sandbox
from shop.sandbox.router import Request, Response, Router

log = logging.getLogger(__name__)
MAX_BODY = 2_000_000
Counterparts = Mapping[str, Counterpart]


def configure(
    settings: Any, *, data_path: Path | None = None, counterparts: Counterparts | None = None
) -> SandboxConfig:
    """Read the configuration, and that of the counterparts, from the shop's Django settings.

    Raises:
        SandboxRefused: DEBUG or SANDBOX_ENABLED is off, or a key is missing or malformed.
    """
    require_permission(settings)
    played = known_counterparts.found() if counterparts is None else counterparts
    return SandboxConfig(
        data_path=data_path or default_data_path(settings),
        site_url=str(required(settings, "SITE_URL")).rstrip("/"),
        options={code: counterpart.configure(settings) for code, counterpart in played.items()},
    )


def assemble(config: SandboxConfig, counterparts: Counterparts) -> tuple[Sandbox, Router]:
    """Open a sandbox and wire its counterparts and its control page into one router."""
    sandbox, router = Sandbox.open(config, counterparts), Router()
    control.routes(router)
    for counterpart in counterparts.values():
        counterpart.routes(router)
    return sandbox, router


def canonical(path: str, counterparts: Counterparts) -> str:
    """Return the canonical path of a counterpart's route, however its client writes it."""
    for counterpart in counterparts.values():
        if counterpart.at_root and path.startswith(counterpart.at_root):
            return counterpart.prefix + path
        below = f"{counterpart.prefix}/"
        if counterpart.takes_last_slash and path.startswith(below) and path != below:
            return path.removesuffix("/")
    return path


def dispatch(sandbox: Sandbox, router: Router, request: Request) -> Response:
    """Answer a request through the matching route, or 404/405 in the counterpart's own shape."""
    request.path = canonical(request.path, sandbox.counterparts)
    found = router.match("GET" if request.method == "HEAD" else request.method, request.path)
    if found:
        handler, places = found
        return handler(sandbox, request, **places)
    allowed = router.allowed(request.path)
    for counterpart in sandbox.counterparts.values():
        if request.path.startswith(f"{counterpart.prefix}/"):
            return counterpart.unknown(sandbox, request, allowed)
    if allowed:
        return Response.of_json({"error": "method not allowed"}, 405, {"Allow": ", ".join(allowed)})
    return Response.of_json({"error": "not found", "path": request.path}, 404)


class Handler(BaseHTTPRequestHandler):
    """Turn the standard library's requests into ours and back.

    Not by Werkzeug's server, which has no kept connections (it answers each call with `Connection: close`, at five
    times the processor time) and leaves the connection open where a fault requires closing it without an answer.
    """

    protocol_version = "HTTP/1.1"
    server_version = "PerchaSandbox/1.0"
    sys_version = ""
    timeout = 75
    disable_nagle_algorithm = True
    sandbox: ClassVar[Sandbox]
    router: ClassVar[Router]
    stopping: ClassVar[threading.Event]

    def _serve(self) -> None:
        try:
            response = self._answer()
        except Exception:
            log.exception("The sandbox failed on %s %s", self.command, self.path)
            response = Response.of_json({"error": "the sandbox itself failed; see its log"}, 500)
        if response.hang:
            self.stopping.wait(response.hang)
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def do_GET(self) -> None:
        """Answer a request; every method goes the same way."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a request."""
        self._serve()

    def do_PUT(self) -> None:
        """Answer a request."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a request."""
        self._serve()

    def do_PATCH(self) -> None:
        """Answer a request."""
        self._serve()

    def do_OPTIONS(self) -> None:
        """Answer a request."""
        self._serve()

    def do_HEAD(self) -> None:
        """Answer a request without the body."""
        self._serve()

    def _answer(self) -> Response:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            return Response.of_json({"error": "request body too large"}, 413)
        body = self.rfile.read(int(length))
        stranger = self._stranger()
        if stranger:
            return Response.of_json({"error": stranger}, 403)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parts.query, headers, body)
        return dispatch(self.sandbox, self.router, request)

    def _stranger(self) -> str:
        """Return why a request is refused: another host name (DNS rebinding) or another site's form."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if not is_loopback(host):
            return "the sandbox only answers to this machine's own names"
        origin = self.headers.get("Origin")
        if self.command != "GET" and origin and not is_loopback(urlsplit(origin).hostname or ""):
            return "the sandbox takes no forms from other sites"
        return ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
        """Send the access log to the debug log instead of stderr."""
        log.debug("%s %s", self.address_string(), format % args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a broken connection quietly: clients that give up are expected."""
        log.debug("Connection from %s broke off.", client_address)


@dataclass(slots=True)
class Handle:
    """A running sandbox."""

    sandbox: Sandbox
    server: ThreadingHTTPServer
    thread: threading.Thread
    stopping: threading.Event

    @property
    def base_url(self) -> str:
        """Return ``http://127.0.0.1:<port>``; the APIs are below the counterparts' prefixes."""
        return self.sandbox.base_url

    def stop(self) -> None:
        """Stop serving and sending; everything pending stays in the state file."""
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)
        self.sandbox.outbox.stop()
        self.sandbox.store.close()


def start(
    config: SandboxConfig,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    counterparts: Counterparts | None = None,
) -> Handle:
    """Start a sandbox in background threads and return its handle.

    Port 0 is any free port; ``counterparts`` are, unless given, all that have a folder here.

    Raises:
        SandboxRefused: ``host`` is not this machine.
        OSError: the port is taken.
        ValueError: two counterparts claim the same.
    """
    if not is_loopback(host):
        raise SandboxRefused("The payment sandbox only listens on this machine (127.0.0.1).")
    played = known_counterparts.found() if counterparts is None else counterparts
    stopping = threading.Event()
    handler = type("BoundHandler", (Handler,), {"stopping": stopping})
    server = _Server((host, port), handler)
    try:
        sandbox, router = assemble(config, played)
    except BaseException:
        server.server_close()
        raise
    sandbox.base_url = f"http://{host}:{server.server_address[1]}"
    handler.sandbox, handler.router = sandbox, router  # type: ignore[attr-defined]
    sandbox.start()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-http", daemon=True
    )
    thread.start()
    return Handle(sandbox, server, thread, stopping)


def describe(handle: Handle) -> str:
    """Return the addresses of a running sandbox, one per line."""
    lines = {
        "Panel": "/_sandbox/",
        **{counterpart.setting: counterpart.prefix for counterpart in handle.sandbox.counterparts.values()},
    }
    return "\n".join(f"{name:<22}{handle.base_url}{path}" for name, path in lines.items())
