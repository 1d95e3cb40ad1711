"""Fixtures of the payments' tests. What needs Django's apps is imported within: this file is read before they are."""

import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from payments.tests.world import Mailbox, World
    from shop.accounts.models import User
    from shop.sandbox.server import Handle

COLLECTOR = "724484980"


@pytest.fixture(scope="session")
def listening() -> Iterator["Mailbox"]:
    from payments.tests.world import Letter, Mailbox

    box = Mailbox()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            box.letters.append(Letter(self.path, headers, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.daemon_threads = True
    box.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, listening: "Mailbox") -> Iterator["Handle"]:
    from shop.sandbox.config import SandboxConfig
    from shop.sandbox.server import start

    config = SandboxConfig(
        data_path=tmp_path_factory.mktemp("providers") / "state.sqlite3",
        site_url=listening.url,
        retry_scale=0.00005,
        webhook_delay=0.0,
        options={
            "mercadopago": {
                "access_token": "APP_USR-test",
                "webhook_secret": "mp-secret",
                "collector_id": int(COLLECTOR),
                "allow_http_back_urls": True,
                "ipn": False,
            },
            "stripe": {"secret_key": "sk_test_percha", "webhook_secret": "whsec_percha_test"},
            "conekta": {"access_token": "key_percha_test"},
        },
    )
    handle = start(config)
    yield handle
    handle.stop()


def patient_with_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a slow Redis instead of treating it as down: what one step stores, the next one must find."""
    from shop.core.protection import circuits

    monkeypatch.setattr(circuits, "_SECONDS", 30.0)
    circuits._server.cache_clear()
    circuits._away["until"] = 0.0


@cache
def an_older_key() -> str:
    """Return the public half of a key that was replaced."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = generate_private_key(65537, 2048).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def providers(
    request: pytest.FixtureRequest,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    running: "Handle",
    listening: "Mailbox",
) -> Iterator["World"]:
    """The sandbox without rows of other tests, and the shop configured to use it."""
    from payments import gateways
    from payments.tests.world import World

    settings.SITE_URL = listening.url
    settings.MERCADOPAGO_API_BASE = f"{running.base_url}/mp"
    settings.MERCADOPAGO_ACCESS_TOKEN = "APP_USR-test"
    settings.MERCADOPAGO_WEBHOOK_SECRETS = ["an-older-one", "mp-secret"]
    settings.MERCADOPAGO_COLLECTOR_ID = COLLECTOR
    settings.STRIPE_API_BASE = f"{running.base_url}/stripe"
    settings.STRIPE_SECRET_KEY = "sk_test_percha"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_an_older_one", "whsec_percha_test"]
    settings.STRIPE_LIVEMODE = False
    settings.CONEKTA_API_BASE = f"{running.base_url}/conekta"
    settings.CONEKTA_ACCESS_TOKEN = "key_percha_test"
    settings.CONEKTA_WEBHOOK_KEYS = [an_older_key(), *settings.CONEKTA_WEBHOOK_KEYS]
    settings.CONEKTA_LIVEMODE = False
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("gateway") == "conekta":
        settings.SHOP_CURRENCY = "MXN"
        settings.PAYMENT_GATEWAYS = ["conekta", "stripe"]
    # A healthy call may take its time on a busy machine: a test that wants a time-out says so (`World.impatient`).
    settings.PAYMENT_TIMEOUT = settings.PAYMENT_PAGE_SECONDS = 30
    # The threads of a race stand for as many processes, each with slots of its own (test_bulkhead has the real ones).
    settings.PAYMENT_CALLS_PER_PROVIDER = settings.PAYMENT_CALLS_IN_ALL = 100
    # The jobs' pauses between two tries, made short.
    monkeypatch.setattr("payments.gateways.mercadopago.client._PAUSES", (0.02, 0.02))
    monkeypatch.setattr("payments.gateways.conekta.client._PAUSES", (0.02, 0.02))
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0.02)
    monkeypatch.setattr("stripe.HTTPClient.MAX_DELAY", 0.05)
    patient_with_redis(monkeypatch)
    assert running.sandbox.outbox.flush(60), "another test's notifications are still on their way"
    running.sandbox.store.reset()
    listening.letters.clear()
    gateways.forget()
    yield World(running, listening)
    running.sandbox.outbox.flush(60)
    gateways.forget()


@pytest.fixture(autouse=True)
def forgotten_counters() -> None:
    """Reset the counters, so that no test's notifications count against another's at the webhook endpoint."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def _copied_sessions() -> Iterator[None]:
    """Let `make_session()` write the rows that the verbs have made once: the tests of `orders` judge the verbs."""
    from orders.tests import copied_sessions

    copied_sessions.use(True)
    yield
    copied_sessions.use(False)


@pytest.fixture
def person() -> "User":
    """A customer with an account."""
    from payments.tests.privacy.customer_traces import make_person

    return make_person()


@pytest.fixture
def life(providers: "World", person: "User") -> "User":
    """The same customer with as many traces as a customer can leave."""
    from payments.tests.privacy.customer_traces import live

    return live(providers, person)
