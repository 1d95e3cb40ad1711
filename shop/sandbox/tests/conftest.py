"""A sandbox over real HTTP, the two unmodified SDKs, and a shop that only records requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mercadopago
import pytest
import requests
import stripe
from mercadopago.config import RequestOptions
from mercadopago.http import HttpClient

from shop.sandbox.config import SandboxConfig
from shop.sandbox.engine import Counterpart
from shop.sandbox.server import Handle, start

MP_TOKEN = "APP_USR-sandbox-token"
MP_SECRET = "sandbox-secret"
COLLECTOR = 724484980
STRIPE_KEY = "sk_test_sandbox"
STRIPE_SECRET = "whsec_sandbox_0123456789"

stripe.enable_telemetry = False


@dataclass
class Received:
    """One request that reached the listening shop."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    order: int


@dataclass
class Shop:
    """A recording shop: the requests, and its next answers (200 when the list is empty)."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, part: str) -> list[Received]:
        """Return the requests to paths that contain ``part``."""
        return [item for item in list(self.received) if part in item.path]


class _Listener(BaseHTTPRequestHandler):
    shop: Shop

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        with self.shop.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            count = len(self.shop.received)
            self.shop.received.append(Received(parts.path, query, headers, body, count))
            status = self.shop.answers.pop(0) if self.shop.answers else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it
        pass


@pytest.fixture(scope="session")
def listening_shop() -> Iterator[Shop]:
    shop = Shop("")
    handler = type("Bound", (_Listener,), {"shop": shop})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def shop(listening_shop: Shop) -> Shop:
    """A recording shop without requests."""
    with listening_shop.lock:
        listening_shop.received.clear()
        listening_shop.answers.clear()
    return listening_shop


def configuration(
    data_path: Path, shop_url: str, mp: dict[str, Any] | None = None, **changes: Any
) -> SandboxConfig:
    """Return a configuration; ``mp`` are changes of Mercado Pago's options."""
    account = {"access_token": MP_TOKEN, "webhook_secret": MP_SECRET, "collector_id": COLLECTOR}
    values: dict[str, Any] = {
        "data_path": data_path,
        "site_url": shop_url,
        "retry_scale": 0.00005,
        "webhook_delay": 0.0,
        "options": {
            "mercadopago": {**account, "allow_http_back_urls": True, "ipn": False, **(mp or {})},
            "stripe": {"secret_key": STRIPE_KEY, "webhook_secret": STRIPE_SECRET},
        },
    }
    return SandboxConfig(**{**values, **changes})


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, listening_shop: Shop) -> Iterator[Handle]:
    handle = start(configuration(tmp_path_factory.mktemp("sandbox") / "s.sqlite3", listening_shop.url))
    yield handle
    handle.stop()


@pytest.fixture
def box(running: Handle, shop: Shop) -> Handle:
    """A running sandbox without state of other tests."""
    assert running.sandbox.outbox.flush(60), "another test's notifications are still on their way"
    running.sandbox.store.reset()
    shop.received.clear()
    return running


@pytest.fixture
def start_sandbox(tmp_path: Path, shop: Shop) -> Iterator[Callable[..., Handle]]:
    """Start sandboxes of their own configuration; they are stopped at the end."""
    handles: list[Handle] = []

    def begin(*, counterparts: dict[str, Counterpart] | None = None, **changes: Any) -> Handle:
        path = changes.pop("data_path", tmp_path / "own.sqlite3")
        handles.append(start(configuration(path, shop.url, **changes), counterparts=counterparts))
        return handles[-1]

    yield begin
    for handle in handles:
        if not handle.stopping.is_set():
            handle.stop()


class SandboxTransport(HttpClient):
    """Send every call to the sandbox instead of api.mercadopago.com."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url

    def request(self, method: str, url: str, maxretries: int | None = None, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return super().request(method, self._base + path, maxretries=maxretries, **kwargs)


def options(timeout: float = 60.0, **headers: str) -> RequestOptions:
    custom = {name.replace("_", "-"): value for name, value in headers.items()}
    return RequestOptions(connection_timeout=timeout, max_retries=0, custom_headers=custom or None)


def mp_sdk(handle: Handle, token: str = MP_TOKEN) -> mercadopago.SDK:
    client = SandboxTransport(f"{handle.base_url}/mp")
    return mercadopago.SDK(token, http_client=client, request_options=options())


def stripe_sdk(
    handle: Handle, key: str = STRIPE_KEY, timeout: float = 60, retries: int = 0
) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": f"{handle.base_url}/stripe"},
        http_client=stripe.RequestsClient(timeout=timeout),
        max_network_retries=retries,
    )


@pytest.fixture
def mp(box: Handle) -> mercadopago.SDK:
    return mp_sdk(box)


@pytest.fixture
def client(box: Handle) -> stripe.StripeClient:
    return stripe_sdk(box)


def page_of(handle: Handle, tab: str = "") -> str:
    """Return a page of the control panel."""
    answer = requests.get(f"{handle.base_url}/_sandbox/{tab}", timeout=60)
    assert answer.status_code == 200
    return answer.text


def until(done: Callable[[], Any]) -> None:
    """Wait until `done` is true: for a state, never for a time."""
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


@dataclass
class Control:
    """The control page's JSON side."""

    base_url: str

    def get(self, path: str) -> Any:
        return requests.get(f"{self.base_url}/_sandbox/api/{path}", timeout=60).json()

    def fault(self, name: str, **body: Any) -> int:
        answer = requests.post(
            f"{self.base_url}/_sandbox/api/faults", json={"name": name, **body}, timeout=60
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def act(self, name: str, subject: Any, *, status: int = 200, **body: Any) -> Any:
        url = f"{self.base_url}/_sandbox/api/actions/{name}"
        answer = requests.post(url, json={"id": str(subject), **body}, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()

    def advance(self, seconds: float) -> None:
        url = f"{self.base_url}/_sandbox/api/advance"
        assert requests.post(url, json={"seconds": seconds}, timeout=60).status_code == 200

    def flush(self) -> None:
        answer = requests.post(f"{self.base_url}/_sandbox/api/flush", json={"timeout": 50}, timeout=60)
        assert answer.json() == {"done": True}


@pytest.fixture
def control(box: Handle) -> Control:
    return Control(box.base_url)
