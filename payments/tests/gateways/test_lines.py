"""Connections to the providers are kept, and never used when the other end may have closed them."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore, Thread
from typing import Any, Final

import pytest

from orders.shipping.carriers.http import HttpClient
from payments.gateways.base import Patience
from payments.gateways.conekta.client import Client as Conekta
from payments.gateways.mercadopago.client import Client as MercadoPago
from payments.gateways.stripe.client import Client as Stripe
from shop.core.protection import lines

BODY: Final = b'{"id": "1", "object": "refund"}'
PATIENCE: Final = Patience(timeout=5, retries=0)
Act = Callable[[], object]


class Server(ThreadingHTTPServer):
    """Counts connections, requests and cookies; closes a connection after its answer where `closes` says so."""

    daemon_threads = True
    connections = requests = 0
    cookies: list[str | None]
    closes = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cookies = []
        self.closed = Semaphore(0)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.release()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests += 1
        self.server.cookies.append(self.headers["Cookie"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("Set-Cookie", "who=somebody; Path=/")
        self.end_headers()
        self.wfile.write(BODY)
        # Without telling so in its answer, as a server that is restarted.
        self.close_connection = self.server.closes

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def acts(code: str, base: str) -> tuple[Act, Act]:
    """Return a read and a write at this provider."""
    if code == "mercadopago":
        mp = MercadoPago(token="APP_USR-1", base=base, patience=PATIENCE)
        return (
            lambda: mp.read(lambda sdk, options: sdk.payment().get("1", options)),
            lambda: mp.write(lambda sdk, options: sdk.refund().create("1", {}, options), "key"),
        )
    if code == "stripe":
        stripe = Stripe(key="sk_test_1", base=base, patience=PATIENCE)
        return (
            lambda: stripe.call(lambda sdk: sdk.v1.refunds.retrieve("1")),
            lambda: stripe.call(lambda sdk: sdk.v1.refunds.create({"amount": 1})),
        )
    if code == "conekta":
        conekta = Conekta(token="key_1", base=base, patience=PATIENCE)
        return (
            lambda: conekta.read(
                lambda api, wait: api.get_order_by_id_without_preload_content("1", _request_timeout=wait)
            ),
            lambda: conekta.write(
                lambda api, wait: api.cancel_order_without_preload_content("1", _request_timeout=wait)
            ),
        )
    carrier = HttpClient("Tortuga", base, PATIENCE)
    return lambda: carrier.read("/labels"), lambda: carrier.send("POST", "/labels", body={})


every = pytest.mark.parametrize("code", ["mercadopago", "stripe", "conekta", "a carrier"])


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@every
def test_one_connection_serves_many_calls_and_tells_nothing_from_one_to_the_next(server: Server, code: str):
    read, write = acts(code, address(server))
    for act in (read, write, read, write):
        act()
    assert (server.connections, server.requests, set(server.cookies)) == (1, 4, {None})


@every
def test_a_connection_that_the_server_has_closed_meanwhile_is_no_error(server: Server, code: str):
    server.closes = True
    read, write = acts(code, address(server))
    for act in (read, write, read, write):
        act()
        assert server.closed.acquire(timeout=5)
    assert (server.connections, server.requests) == (4, 4)


@every
def test_a_connection_that_was_idle_for_long_is_not_used_again(
    server: Server, code: str, monkeypatch: pytest.MonkeyPatch
):
    read, write = acts(code, address(server))
    read()
    monkeypatch.setattr(lines, "MOST_IDLE_SECONDS", 0.0)
    write()
    assert (server.connections, server.requests) == (2, 2)


def test_proxies_and_certificates_of_the_environment_are_read_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own.pem")
    outside, inside = lines.session("https://api.example"), lines.session("https://localhost:1")
    carrier = lines.session("https://api.example", of_environment=False)
    assert (outside.proxies["https"], outside.verify) == ("http://proxy.test:3128", "/etc/own.pem")
    assert (inside.proxies, inside.verify) == ({}, "/etc/own.pem")
    assert (carrier.proxies, carrier.verify) == ({}, True)
