"""The process: restart, refusal to run, binding, strangers, repeatable ids, the command, and its isolation."""

from __future__ import annotations

import ast
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from shop.sandbox.config import SandboxRefused
from shop.sandbox.counterparts import found
from shop.sandbox.ids import EPOCH
from shop.sandbox.mercadopago import options as mercadopago_options
from shop.sandbox.server import Handle, configure, start
from shop.sandbox.stripe import options as stripe_options
from shop.sandbox.tests.conftest import Shop, configuration, mp_sdk, options, stripe_sdk, until
from shop.sandbox.tests.factories import mp_pay, new_preference, new_session, payments_of, stripe_submit

PACKAGE = Path(__file__).resolve().parents[1]


def test_everything_survives_a_restart(
    start_sandbox: Callable[..., Handle], shop: Shop, tmp_path: Path
) -> None:
    shop.answers += [500] * 1000
    first = start_sandbox(data_path=tmp_path / "kept.sqlite3", retry_scale=0.002)
    mp, client = mp_sdk(first), stripe_sdk(first)
    payment = mp_pay(first, mp, new_preference(mp, shop.url))
    mp.refund().create(payment["id"], {"amount": 10.0}, options(x_idempotency_key="refund-1"))
    session = new_session(client, shop.url)
    intent: Any = {"amount": 5000, "currency": "mxn"}
    made = client.v1.payment_intents.create(intent, {"idempotency_key": "intent-1"})
    first.sandbox.faults.add("http_429", count=3)
    first.sandbox.clock.advance(60)
    until(lambda: len(shop.received) >= 3)
    first.stop()
    heard = len(shop.received)
    shop.answers.clear()

    second = start_sandbox(data_path=tmp_path / "kept.sqlite3", retry_scale=0.002)
    mp, client = mp_sdk(second), stripe_sdk(second)
    assert second.sandbox.clock.offset == 60
    assert [fault["remaining"] for fault in second.sandbox.faults.armed()] == [3]
    second.sandbox.faults.clear()
    assert payments_of(mp)[0]["id"] == payment["id"]
    repeated = mp.refund().create(payment["id"], {"amount": 10.0}, options(x_idempotency_key="refund-1"))
    assert (repeated["status"], repeated["response"]) == (200, None)
    assert client.v1.payment_intents.create(intent, {"idempotency_key": "intent-1"}).id == made.id
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    second.sandbox.clock.advance(900)
    # Mercado Pago's, not yet delivered, has the number of the try.
    until(lambda: any(item.headers.get("x-retry", "0") != "0" for item in shop.received[heard:]))
    assert second.sandbox.outbox.flush(60)


def test_interrupted_delivery_is_sent_after_a_restart(
    start_sandbox: Callable[..., Handle], shop: Shop, tmp_path: Path
) -> None:
    first = start_sandbox(data_path=tmp_path / "kept.sqlite3", webhook_delay=60.0)
    client = stripe_sdk(first)
    stripe_submit(new_session(client, shop.url), method="card")
    first.sandbox.store.run("UPDATE deliveries SET state = 'in_flight', due_at = 0")
    first.stop()
    assert shop.received == []
    start_sandbox(data_path=tmp_path / "kept.sqlite3")
    until(lambda: len(shop.received) == 3)


def test_ids_repeat_with_a_seed(start_sandbox: Callable[..., Handle], shop: Shop, tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        own = start_sandbox(data_path=tmp_path / f"{name}.sqlite3", seed="percha")
        found.append(
            own.sandbox.ids.uuid() + own.sandbox.ids.token("pi_") + str(own.sandbox.ids.number("p", 1))
        )
    assert found[0] == found[1]


def test_payment_numbers_never_repeat(box: Handle, start_sandbox: Callable[..., Handle]) -> None:
    ids = box.sandbox.ids
    found = [ids.number("payment", 100) for _ in range(50)]
    box.sandbox.store.reset()
    found += [ids.number("payment", 100) for _ in range(50)]
    assert found == sorted(set(found))
    milliseconds = int((time.time() - EPOCH) * 1000)
    assert start_sandbox().sandbox.ids.number("payment", 100) > 100 + milliseconds


def test_only_this_machine_may_reach_it(tmp_path: Path, shop: Shop) -> None:
    with pytest.raises(SandboxRefused, match=r"127\.0\.0\.1"):
        start(configuration(tmp_path / "s.sqlite3", shop.url), host="0.0.0.0")


def test_strangers_are_refused(box: Handle) -> None:
    rebound = requests.get(f"{box.base_url}/_sandbox/", headers={"Host": "evil.example"}, timeout=60)
    assert rebound.status_code == 403
    foreign = {"Origin": "https://evil.example"}
    form = requests.post(f"{box.base_url}/_sandbox/do", data={"do": "reset"}, headers=foreign, timeout=60)
    assert form.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/mp/v1/payments/1", 405),
        ("GET", "/mp/checkout/v1/redirect?pref_id=unknown", 404),
        ("GET", "/mp/ticket/1", 404),
        ("GET", "/stripe/pay/cs_unknown", 404),
        ("POST", "/stripe/pay/cs_unknown", 404),
        ("GET", "/stripe/voucher/pi_unknown", 404),
        ("GET", "/_sandbox/api/unicorns", 404),
        ("POST", "/_sandbox/api/advance", 400),
        ("POST", "/_sandbox/api/actions/mp.unknown", 409),
        ("POST", "/_sandbox/api/deliveries/1/resend", 409),
        ("POST", "/stripe/v1/refunds?a[b=1", 401),
    ],
)
def test_nonsense_is_answered_and_never_a_500(box: Handle, method: str, path: str, status: int) -> None:
    answer = requests.request(method, f"{box.base_url}{path}", data=b"{not json", timeout=60)
    assert answer.status_code == status


def _settings(**changes: Any) -> SimpleNamespace:
    values: dict[str, Any] = {
        "DEBUG": True,
        "SANDBOX_ENABLED": True,
        "BASE_DIR": Path("/nowhere"),
        "MERCADOPAGO_ACCESS_TOKEN": "t",
        "MERCADOPAGO_WEBHOOK_SECRETS": ["new", "old"],
        "MERCADOPAGO_COLLECTOR_ID": "724484980",
        "STRIPE_SECRET_KEY": "sk_test_1",
        "STRIPE_WEBHOOK_SECRETS": ["whsec_new", "whsec_old"],
        "SITE_URL": "http://127.0.0.1:8000/",
    }
    return SimpleNamespace(**{**values, **changes})


def test_configuration_comes_from_the_settings() -> None:
    config = configure(_settings())
    assert config.data_path == Path("/nowhere/.data/sandbox.sqlite3")
    mercadopago, stripe = mercadopago_options.of(config), stripe_options.of(config)
    assert (mercadopago.webhook_secret, stripe.webhook_secret) == ("new", "whsec_new")
    assert mercadopago.collector_id == 724484980
    assert stripe.webhook_url == "http://127.0.0.1:8000/payments/webhook/stripe/"


@pytest.mark.parametrize(
    ("changes", "site"),
    [
        ({}, "MLA"),
        ({"SHOP_CURRENCY": "CLP"}, "MLC"),
        ({"SHOP_CURRENCY": "MXN"}, "MLM"),
        ({"SHOP_CURRENCY": "USD"}, "MLA"),
    ],
)
def test_the_account_is_in_the_country_of_the_shops_currency(changes: dict[str, str], site: str) -> None:
    assert mercadopago_options.of(configure(_settings(**changes))).site == site


def test_the_shops_own_settings_suffice(settings: Any) -> None:
    settings.DEBUG, settings.SANDBOX_ENABLED = True, True
    account = mercadopago_options.of(configure(settings))
    assert account.access_token == settings.MERCADOPAGO_ACCESS_TOKEN


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DEBUG": False}, "only runs with DEBUG on"),
        ({"SANDBOX_ENABLED": False}, "set SANDBOX_ENABLED=true"),
        ({"STRIPE_SECRET_KEY": ""}, "needs STRIPE_SECRET_KEY"),
        ({"MERCADOPAGO_WEBHOOK_SECRETS": []}, "needs MERCADOPAGO_WEBHOOK_SECRETS"),
        ({"MERCADOPAGO_COLLECTOR_ID": "ana"}, "must be a number"),
        ({"MERCADOPAGO_SITE": "MPY"}, "must be one of"),
    ],
)
def test_it_refuses_to_run_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SandboxRefused, match=sentence):
        configure(_settings(**changes))


def test_command_refuses_with_debug_off(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("sandbox", port=0)


def test_command_says_when_the_port_is_taken(settings: Any, tmp_path: Path) -> None:
    settings.DEBUG, settings.SANDBOX_ENABLED = True, True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port}"):
            call_command("sandbox", port=port, data=tmp_path / "s.sqlite3")


def test_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    environment = {**os.environ, "DEBUG": "on", "SANDBOX_ENABLED": "on"}
    arguments = ["manage.py", "sandbox", "--port", "0", "--data", str(tmp_path / "s.sqlite3")]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + len(found()))]
        panel = lines[0].split()[1]
        assert requests.get(f"{panel}health", timeout=60).json()["status"] == "ok"
        bases = {counterpart.setting for counterpart in found().values()}
        assert {line.split()[0] for line in lines[1:]} == bases
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        process.stdout and process.stdout.close()
    assert (tmp_path / "s.sqlite3").exists()


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_shop_and_sandbox_do_not_import_each_other() -> None:
    ours = ("shop", "catalog", "inventory", "orders", "payments")
    for path in PACKAGE.rglob("*.py"):
        if "tests" not in path.parts:
            foreign = {name for name in _imports(path) if name.split(".")[0] in ours}
            assert {name for name in foreign if not name.startswith("shop.sandbox")} == set(), path
    root = Path(settings.BASE_DIR)
    allowed = {root / "shop/sandbox/management/commands/sandbox.py"}
    for app in ours:
        for path in (root / app).rglob("*.py"):
            if "tests" in path.parts or PACKAGE in path.parents or path in allowed:
                continue
            assert not any(name.startswith("shop.sandbox") for name in _imports(path)), path
