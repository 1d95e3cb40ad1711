"""Provoke each leak with a real failing call, then search everything that was written for what must not be there."""

import io
import logging
import subprocess
import sys
from logging.config import dictConfig
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as live
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import get_default_exception_reporter_filter, technical_500_response

from orders.tests.factories import make_order, make_session
from payments.checkout.refusals import PaymentUnavailable
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from payments.refunds import refund_requests, sending
from payments.tests.world import World
from payments.webhooks import processing
from shop.core import jobs
from shop.core.mail import outbox
from shop.core.models import EmailLog, JobRun
from shop.core.privacy import traces

pytestmark = pytest.mark.django_db

TOKENS = {
    "mercadopago": ("MERCADOPAGO_ACCESS_TOKEN", "APP_USR-leak-0123456789-wrong"),
    "stripe": ("STRIPE_SECRET_KEY", "sk_test_leak0123456789wrong"),
    "conekta": ("CONEKTA_ACCESS_TOKEN", "key_leak0123456789wrong"),
}
NAMED, BASIC, DEEP = "plain-and-unknown-token", "Basic abc123abc123", "deep-secret-value"
CBU, CARD, PERSON = "2850590940090418135201", "4509953566233704", "ana.gomez@example.com"
TYPED, QUERY, LINK = "typed-by-a-person", "QueryTokenOfAPayment", "TokenOfAnAttemptWhichOpensIt"
LEAKS = [NAMED, BASIC, DEEP, CBU, CARD, PERSON, TYPED, QUERY, LINK]
BASES = {"mercadopago": "MERCADOPAGO_API_BASE", "stripe": "STRIPE_API_BASE", "conekta": "CONEKTA_API_BASE"}


@pytest.fixture
def written(settings: Any) -> Any:
    """Everything that the shop's own logging writes, at the most talkative level, libraries included."""
    out = io.StringIO()
    config = {**settings.LOGGING, "root": {"handlers": ["console"], "level": "DEBUG"}}
    config["handlers"] = {**config["handlers"], "console": {**config["handlers"]["console"], "stream": out}}
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    dictConfig(config)
    yield out
    dictConfig(settings.LOGGING)
    root.level, root.handlers = before


def hide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the masking away, for the controls."""
    monkeypatch.setattr("shop.core.privacy.masked_logs.mask", lambda text: text)
    monkeypatch.setattr("shop.core.protection.errors.mask_secrets", lambda text: text)
    monkeypatch.setattr("shop.core.privacy.error_reports.mask", lambda text: text)


@pytest.mark.parametrize("gateway", list(TOKENS))
@pytest.mark.parametrize("trouble", ["401", "wrong host"])
def test_a_refused_or_lost_call_leaves_no_token_anywhere(
    providers: World, settings, written, gateway, trouble
):
    name, token = TOKENS[gateway]
    setattr(settings, name, token)
    if trouble == "wrong host":
        setattr(settings, BASES[gateway], f"http://user:{token}@127.0.0.1:9")
    if gateway == "conekta":
        settings.SHOP_CURRENCY, settings.PAYMENT_GATEWAYS = "MXN", ["conekta", "stripe"]
    from payments import gateways

    gateways.forget()
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, make_session())

    assert PaymentAttempt.objects.get().last_error
    assert written.getvalue()
    assert token not in written.getvalue()
    assert not traces.find([token])


def test_an_unforeseen_error_in_a_webhook_keeps_a_traceback_without_secrets(
    providers: World, settings, written, monkeypatch
):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    providers.deliver(work=False)
    secret = settings.MERCADOPAGO_WEBHOOK_SECRETS[1]

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError(
            f"Authorization: Bearer {live.MERCADOPAGO_ACCESS_TOKEN}; secret={secret}; card 4509953566233704"
        )

    monkeypatch.setattr(processing, "_settled", fail)
    providers.work()

    event = WebhookEvent.objects.filter(status="failed").first()
    assert "RuntimeError" in event.error
    for leak in (live.MERCADOPAGO_ACCESS_TOKEN, secret, "4509953566233704"):
        assert leak not in event.error
        assert leak not in written.getvalue()
    assert not traces.find([live.MERCADOPAGO_ACCESS_TOKEN, "4509953566233704"])


def test_a_job_that_fails_keeps_its_traceback_without_secrets_and_people(settings):
    def fail() -> None:
        raise RuntimeError(f"{settings.STRIPE_SECRET_KEY} for ana@example.com")

    with pytest.raises(RuntimeError):
        jobs.run_job("leaking", fail)

    error = JobRun.objects.get(job="leaking").error
    assert "RuntimeError" in error
    assert settings.STRIPE_SECRET_KEY not in error
    assert "ana@example.com" not in error


def test_a_mail_that_fails_keeps_no_password(settings, monkeypatch):
    settings.EMAIL_HOST_PASSWORD = "correct-horse-battery"
    row = outbox.enqueue(
        kind="x",
        to="a@example.org",
        subject="s",
        text="t",
        html="",
        secrets=(),
        dedupe_key="x",
        language="es",
    )
    monkeypatch.setattr(
        "django.core.mail.EmailMultiAlternatives.send",
        lambda _self: (_ for _ in ()).throw(OSError("535 refused correct-horse-battery")),
    )

    outbox.send_one(row.pk)

    assert "535" in EmailLog.objects.get().error
    assert "correct-horse-battery" not in EmailLog.objects.get().error


def explode(request: Any) -> None:
    """Fail in a view with secrets in every place: settings, variables, objects, the address asked for.

    A report shows the lines of the code around the failure, so the values stand at the top of this file.
    """
    access_token, cbu = NAMED, CBU  # noqa: F841
    headers = {"Authorization": BASIC, "x": ["deep", {"client_secret": DEEP}]}  # noqa: F841
    order = SimpleNamespace(email=PERSON, note=f"card {CARD}")  # noqa: F841
    raise RuntimeError(f"cannot pay with {live.STRIPE_SECRET_KEY} for {PERSON}")


def report() -> str:
    request = RequestFactory().post(f"/pago/volver/{LINK}/?payment={QUERY}", {"cbu_holder": TYPED})
    request.COOKIES["sessionid"] = TYPED
    try:
        explode(request)
    except RuntimeError:
        answer = technical_500_response(request, *sys.exc_info())
    return answer.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_the_technical_error_page_shows_no_secret_and_no_person(settings, debug):
    settings.DEBUG = debug
    snapshot = report()

    assert "RuntimeError" in snapshot
    assert "explode" in snapshot
    for leak in [
        *LEAKS,
        settings.STRIPE_SECRET_KEY,
        settings.SECRET_KEY,
        *settings.DATA_KEYS,
        *settings.MERCADOPAGO_WEBHOOK_SECRETS,
        settings.MERCADOPAGO_ACCESS_TOKEN,
        LINK,
    ]:
        assert leak not in snapshot, leak


def test_control_djangos_own_report_shows_them(settings):
    cached: Any = get_default_exception_reporter_filter
    settings.DEBUG = True
    settings.DEFAULT_EXCEPTION_REPORTER = "django.views.debug.ExceptionReporter"
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "django.views.debug.SafeExceptionReporterFilter"
    cached.cache_clear()

    snapshot = report()

    cached.cache_clear()

    assert sum(leak in snapshot for leak in LEAKS) >= 6


def test_the_mail_to_the_admins_shows_no_secret_and_no_person(settings, written):
    settings.DEBUG, settings.ADMINS = False, [("Owner", "owner@percha.test")]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    request = RequestFactory().get(f"/pedido/{LINK}/?x={QUERY}")
    try:
        explode(request)
    except RuntimeError:
        logging.getLogger("django.request").exception(
            "Internal Server Error: %s", request.path, extra={"request": request, "status_code": 500}
        )

    letter: Any = mail.outbox[0]
    snapshot = letter.subject + letter.body + "".join(str(part[0]) for part in letter.alternatives)
    assert "RuntimeError" in snapshot
    for leak in [*LEAKS, settings.STRIPE_SECRET_KEY, LINK]:
        assert leak not in snapshot, leak
        assert leak not in written.getvalue(), leak


def test_a_forged_webhook_leaves_no_signature_in_the_log(providers: World, written):
    forged = "ts=1700000000,v1=f0f0f0f0f0f0f0f0"
    Client().post(
        reverse("payments:webhook", args=["mercadopago"]),
        {"data": {"id": "1"}},
        "application/json",
        headers={"x-signature": forged, "x-request-id": "r"},
    )

    assert "Refused a webhook" in written.getvalue()
    assert "f0f0f0f0f0f0f0f0" not in written.getvalue()


def test_secret_links_and_addresses_of_people_do_not_reach_the_log(written):
    order = make_order()
    Client().get(f"/pedido/{order.secret}x/")
    logging.getLogger("payments").info("Order of %s at /pedido/%s/", order.email, order.secret)

    assert "/pedido/" in written.getvalue()
    assert order.secret not in written.getvalue()
    assert order.email not in written.getvalue()


def test_a_refund_that_fails_keeps_no_token_in_its_words(providers: World, settings, written):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    providers.deliver()
    payment = Payment.objects.get()
    settings.STRIPE_SECRET_KEY = TOKENS["stripe"][1]
    from payments import gateways

    gateways.forget()
    refund = refund_requests.request(payment, payment.amount, Refund.Origin.STAFF, "torn", "k", actor="staff")

    assert sending.send(refund.pk).last_error
    assert TOKENS["stripe"][1] not in written.getvalue()
    assert not traces.find([TOKENS["stripe"][1]])


def test_control_without_the_masks_a_refused_call_is_found(providers: World, settings, written, monkeypatch):
    """The provider quotes the key in its answer, and so would our rows and logs."""
    hide_nothing(monkeypatch)
    monkeypatch.setattr("payments.refunds.sending.mask_secrets", lambda text: text)
    logging.getLogger("payments").error("refused: %s", settings.STRIPE_SECRET_KEY)

    assert settings.STRIPE_SECRET_KEY in written.getvalue()


def test_gunicorns_access_log_has_no_query_no_secret_link_no_referrer():
    from gunicorn.config import Config

    from shop.core.privacy.masked_logs import AccessLogger

    config = Config()
    config.set(
        "access_log_format", '%(h)s %(m)s %(U)s %(q)s "%(r)s" %(f)s %({authorization}i)s %({query_string}e)s'
    )
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": "/pago/volver/TokenOfAnAttemptWhichOpensIt/?payment_id=99&token=abc",
        "PATH_INFO": "/pago/volver/TokenOfAnAttemptWhichOpensIt/",
        "QUERY_STRING": "payment_id=99&token=abc",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": "https://shop/pedido/SecretOfAnOrderWhichOpensIt/?x=1",
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_AUTHORIZATION": "Bearer abcdefgh",
    }
    response: Any = SimpleNamespace(status="200 OK", response_length=10, headers=[], sent=10)
    request: Any = SimpleNamespace(
        headers=[("AUTHORIZATION", "Bearer abcdefgh"), ("REFERER", environ["HTTP_REFERER"])]
    )
    logger = AccessLogger(config)
    from datetime import timedelta

    atoms = logger.atoms_wrapper_class(logger.atoms(response, request, environ, timedelta(seconds=1)))
    line = config.access_log_format % atoms

    assert "/pago/volver/" in line
    for leak in ("TokenOfAnAttemptWhichOpensIt", "SecretOfAnOrderWhichOpensIt", "payment_id", "abc"):
        assert leak not in line, leak


def test_gunicorn_and_celery_really_use_them():
    """The file beside manage.py is read by gunicorn itself, and Celery's workers log as the shop does."""
    root = Path(__file__).resolve().parents[3]
    shown = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", "--check-config", "shop.wsgi"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "<AccessLogger()>" in shown.stdout + shown.stderr

    program = (
        "import logging; from shop.celery import app; from django.conf import settings;"
        "import django; django.setup(); app.log.setup(loglevel='INFO');"
        "logging.getLogger('celery.worker').error('got %s for ana@example.com', settings.STRIPE_SECRET_KEY)"
    )
    snapshot = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert "celery.worker" in snapshot.stderr
    assert "[hidden]" in snapshot.stderr
    assert live.STRIPE_SECRET_KEY not in snapshot.stderr
    assert "ana@example.com" not in snapshot.stderr
