"""The sandbox's web server: one process, one port, bound to this machine only."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shop.sandbox import control, counterparts
from shop.sandbox.config import SandboxConfig, SandboxRefused, is_loopback
from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import api as mp_api
from shop.sandbox.mercadopago import notifications as mp_notifications
from shop.sandbox.mercadopago import pages as mp_pages
from shop.sandbox.mercadopago import payments as mp_payments
from shop.sandbox.mercadopago import refunds as mp_refunds
from shop.sandbox.router import Request, Response, Router, dispatch
from shop.sandbox.stripe import api as stripe_api
from shop.sandbox.stripe import checkout, events, idempotency, intents, sessions
from shop.sandbox.stripe import pages as stripe_pages
from shop.sandbox.stripe import refunds as stripe_refunds

log = logging.getLogger(__name__)
MAX_BODY = 2_000_000


def assemble(config: SandboxConfig) -> tuple[Sandbox, Router]:
    """Open a sandbox and wire its providers and its control page into one router."""
    sandbox, router = Sandbox.open(config), Router()
    for module in (mp_api, mp_pages, stripe_api, stripe_pages, control):
        module.routes(router)
    sandbox.outbox.writers.update(
        {
            "mp.webhook": mp_notifications.webhook_writer(sandbox),
            "mp.ipn": mp_notifications.write_ipn,
            "stripe": events.writer(sandbox),
        }
    )
    sandbox.on_due.update(
        {
            mp_payments.KIND: mp_payments.expire,
            mp_refunds.KIND: mp_refunds.settle,
            sessions.KIND: sessions.expire_due,
            intents.KIND: checkout.lapse,
            stripe_refunds.KIND: stripe_refunds.settle_due,
        }
    )
    for joined in counterparts.found().values():
        joined.routes(router)
        sandbox.outbox.writers.update(joined.writers(sandbox))
        sandbox.on_due.update(joined.on_due)
    idempotency.forget_unfinished(sandbox)
    return sandbox, router


class Handler(BaseHTTPRequestHandler):
    """Turn the standard library's requests into ours and back."""

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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it
        """Send the access log to the debug log instead of stderr."""
        log.debug("%s %s", self.address_string(), format % args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a broken connection quietly: clients that give up are part of the game."""
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
        """Return ``http://127.0.0.1:<port>``; the APIs are below ``/mp``, ``/stripe`` and the prefixes
        of the counterparts."""
        return self.sandbox.base_url

    def stop(self) -> None:
        """Stop serving and sending; everything pending stays in the state file."""
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)
        self.sandbox.outbox.stop()
        self.sandbox.store.close()


def start(config: SandboxConfig, host: str = "127.0.0.1", port: int = 0) -> Handle:
    """Start a sandbox in background threads and return its handle (port 0: any free port).

    Raises:
        SandboxRefused: ``host`` is not this machine.
        OSError: the port is taken.
    """
    if not is_loopback(host):
        raise SandboxRefused("The payment sandbox only listens on this machine (127.0.0.1).")
    stopping = threading.Event()
    handler = type("BoundHandler", (Handler,), {"stopping": stopping})
    server = _Server((host, port), handler)
    sandbox, router = assemble(config)
    sandbox.base_url = f"http://{host}:{server.server_address[1]}"
    handler.sandbox, handler.router = sandbox, router  # type: ignore[attr-defined]
    sandbox.outbox.start(sandbox.tick)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-http", daemon=True
    )
    thread.start()
    return Handle(sandbox, server, thread, stopping)


def describe(handle: Handle) -> str:
    """Return the addresses of a running sandbox, one per line."""
    lines = {
        "Panel": "/_sandbox/",
        "MERCADOPAGO_API_BASE": "/mp",
        "STRIPE_API_BASE": "/stripe",
        **{joined.setting: joined.prefix for joined in counterparts.found().values()},
    }
    return "\n".join(f"{name:<22}{handle.base_url}{path}" for name, path in lines.items())
