"""A refusal is not an outage: its reasons, which requests are not repeated, and who is notified."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from orders import payables
from orders.models import CheckoutSession
from orders.tests.factories import make_session
from payments import gateways
from payments.checkout import attempts
from payments.checkout.refusals import PaymentRefused
from payments.gateways.base import GatewayError, NotFoundAtProvider, Reason, Trouble
from payments.gateways.refusals import reason_of
from payments.models import Payment, PaymentAttempt, ProviderWatch, Refund, WebhookEvent
from payments.reconciliation import provider_list
from payments.refunds import refund_requests, sending
from payments.tests.world import GATEWAYS, World, another
from payments.webhooks import processing
from shop.core.models import EmailLog
from shop.core.protection import guard
from tests.support.html import compact

every = pytest.mark.parametrize("gateway", GATEWAYS)
KEYS = {
    "mercadopago": "MERCADOPAGO_ACCESS_TOKEN",
    "stripe": "STRIPE_SECRET_KEY",
    "conekta": "CONEKTA_ACCESS_TOKEN",
}


# -- one place that reads the providers' words --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "sources", "reason"),
    [
        (401, ("invalid access token",), Reason.ACCOUNT),
        (403, ("amount_too_small",), Reason.RIGHTS),
        (400, ("", "customer_email", "Invalid email address"), Reason.EMAIL),
        (400, ("email_invalid", "customer_email", ""), Reason.EMAIL),
        (422, ("customer_info.name", "parameter_validation.customer_info.name.invalid", ""), Reason.NAME),
        (422, ("customer_info.phone", "", ""), Reason.PHONE),
        (422, ("line_items.0.name", "", ""), Reason.ITEMS),
        (400, ("invalid_back_urls", "", ""), Reason.RETURN_ADDRESS),
        (
            400,
            ("invalid_auto_return", "", "auto_return invalid. back_url.success must be defined"),
            Reason.RETURN_ADDRESS,
        ),
        (422, ("checkout.success_url", "", ""), Reason.RETURN_ADDRESS),
        (400, ("url_invalid", "cancel_url", ""), Reason.RETURN_ADDRESS),
        (400, ("amount_too_large", "line_items", ""), Reason.TOO_LARGE),
        (400, ("amount_too_small", "line_items", ""), Reason.TOO_SMALL),
        (400, ("", "line_items[0][price_data][currency]", "Invalid currency: xxx"), Reason.CURRENCY),
        (400, ("parameter_invalid_integer", "line_items[0][price_data][unit_amount]", ""), Reason.AMOUNT),
        (400, ("invalid_items", "unit_price invalid", ""), Reason.ITEMS),
        (400, ("invalid_payer", "", ""), Reason.BUYER),
        (400, ("collector_does_not_comply_with_current_regulation", "", ""), Reason.RIGHTS),
        (400, ("api_key_expired", "", ""), Reason.ACCOUNT),
        (400, ("teapot", "", "no"), Reason.OTHER),
    ],
)
def test_every_providers_words_become_one_reason(status: int, sources: tuple[str, ...], reason: Reason):
    assert reason_of(status, *sources) == reason


def test_only_a_permanent_error_is_a_refusal_and_a_refused_key_is_our_own_fault():
    assert GatewayError("x", permanent=False, reason=Reason.ACCOUNT).trouble == Trouble.SILENT
    assert GatewayError("x", permanent=True).trouble == Trouble.REFUSED
    assert GatewayError("x", permanent=True, reason=Reason.RIGHTS).trouble == Trouble.MISCONFIGURED
    assert NotFoundAtProvider("x").trouble == Trouble.SILENT


# -- opening a checkout ---------------------------------------------------------------------------------------------------
def refusing(
    monkeypatch: pytest.MonkeyPatch, gateway: str, error: GatewayError, call: str = "create_checkout"
) -> list[int]:
    """Let one call of a gateway fail with `error`; return a list that grows with every call."""
    calls: list[int] = []

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        calls.append(1)
        raise error

    fail.__name__ = call
    for patience in (gateways.for_paying(), gateways.for_jobs(), gateways.for_pages()):
        monkeypatch.setattr(gateways.get(gateway, patience)._party, call, fail)  # type: ignore[attr-defined]
    return calls


def press(session: CheckoutSession, gateway: str) -> str:
    answer = Client().post(reverse("payments:start", args=[session.token]), {"gateway": gateway})
    assert answer.status_code == 200
    return answer.content.decode()


def no(reason: Reason, code: str = "422") -> GatewayError:
    return GatewayError(
        "Provider 422: no, not ana@example.com (key sk_live_abcdefghijklmnop)",
        permanent=True,
        code=code,
        reason=reason,
    )


@pytest.mark.django_db
@every
def test_a_refusal_has_words_of_its_own_and_is_not_asked_again(
    providers: World, monkeypatch: pytest.MonkeyPatch, gateway: str
):
    session = make_session()
    calls = refusing(monkeypatch, gateway, no(Reason.NAME))
    with translation.override("es"):
        pages = [press(session, gateway) for _ in range(3)]
    for page in pages:
        assert "no puede tomar este pago tal como está" in page
        assert "nombre" in page
        assert reverse("orders:checkout_contact", args=[session.token]) in page
        assert f'value="{another(gateway)}"' in page
        assert "no está respondiendo" not in page
        assert "Reintentar" not in page
    assert len(calls) == 1
    attempt = PaymentAttempt.objects.get()
    assert (attempt.status, attempt.refused_for) == ("failed", "name")
    # The one who comes back to the failed attempt's own page reads the same.
    status = Client().get(reverse("payments:status", args=[attempt.token])).content.decode()
    assert "no puede tomar este pago tal como está" in status
    # The name is another one: that is another question.
    CheckoutSession.objects.filter(pk=session.pk).update(first_name="Anahí")
    press(session, gateway)
    assert len(calls) == 2
    # And another provider takes the purchase unchanged, on the same reservations.
    assert attempts.start(
        payable=payables.of_purchase(session), gateway=another(gateway), actor="shopper"
    ).redirect_url


@pytest.mark.django_db
def test_the_staff_hears_of_each_refusal_once_with_masked_words(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    def snapshot() -> int:
        return EmailLog.objects.filter(kind="provider_refuses").count()

    for reason, expected in ((Reason.EMAIL, 1), (Reason.EMAIL, 1), (Reason.ITEMS, 2), (Reason.EMAIL, 2)):
        refusing(monkeypatch, "stripe", no(reason))
        with pytest.raises(PaymentRefused) as caught:
            providers.begin("stripe", make_session())
        assert caught.value.reason == reason
        assert snapshot() == expected
    mail = EmailLog.objects.filter(kind="provider_refuses").order_by("created_at").first()
    assert mail
    assert "Stripe" in mail.subject
    assert "422" in mail.text
    assert "ana@example.com" not in mail.text
    assert "sk_live_abc" not in mail.text


@pytest.mark.django_db
def test_what_the_staff_can_repair_is_asked_again_after_a_while(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    session = make_session()
    calls = refusing(monkeypatch, "stripe", no(Reason.RETURN_ADDRESS))
    press(session, "stripe")
    assert "de nuestro lado" in press(session, "stripe")
    assert len(calls) == 1
    monkeypatch.setattr("payments.checkout.refusals._ASK_AGAIN", timedelta(0))
    press(session, "stripe")
    assert len(calls) == 2


@pytest.mark.django_db
def test_silence_keeps_its_words(providers: World, monkeypatch: pytest.MonkeyPatch):
    session = make_session()
    refusing(monkeypatch, "stripe", GatewayError("line", permanent=False, code=GatewayError.TIMEOUT))
    assert "no está respondiendo" in press(session, "stripe")
    assert PaymentAttempt.objects.get().refused_for == ""
    assert not EmailLog.objects.filter(kind="provider_refuses").exists()


# -- the shop's own key ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@every
def test_a_refused_key_is_urgent_for_the_staff_and_another_way_for_the_shopper(
    providers: World, settings: Any, gateway: str
):
    paid = providers.begin(gateway)  # While the key is right.
    setattr(settings, KEYS[gateway], "wrong")
    gateways._made.cache_clear()
    session = make_session()
    with translation.override("es"):
        page = press(session, gateway)
    assert "de nuestro lado" in page
    assert f'value="{another(gateway)}"' in page
    # Every other call gets the same refusal, and nobody is notified twice.
    for _turn in range(2):
        with pytest.raises(GatewayError) as caught:
            gateways.get(gateway).fetch("1", reference=paid.reference, checkout_id=paid.external_id)
        assert caught.value.trouble == Trouble.MISCONFIGURED
    mail = EmailLog.objects.get(kind="provider_refuses")
    assert "Urgent" in mail.subject


@pytest.mark.django_db
def test_a_payment_that_is_forbidden_to_read_says_nothing_of_our_key(monkeypatch: pytest.MonkeyPatch):
    from payments.checkout import refusals

    snapshot: list[str] = []
    monkeypatch.setattr(refusals, "_tell", lambda *_args, **options: snapshot.append(options["what"]))
    forbidden = GatewayError("403", permanent=True, reason=Reason.RIGHTS)
    refusals.misconfigured("stripe", forbidden, call="fetch")
    assert snapshot == []
    refusals.misconfigured("stripe", forbidden, call="refund")
    assert snapshot == ["rights:never"]


@pytest.mark.django_db
@every
def test_a_refund_waits_for_a_key_that_is_repaired_and_fails_by_a_refusal(
    providers: World, monkeypatch: pytest.MonkeyPatch, gateway: str
):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    providers.deliver()
    payment = Payment.objects.get()
    asked = [
        refund_requests.request(
            payment, Decimal(5), Refund.Origin.STAFF, "test", f"test:{number}", actor="test"
        )
        for number in range(2)
    ]
    refusing(monkeypatch, gateway, no(Reason.ACCOUNT), "refund")
    assert sending.send(asked[0].pk).status == Refund.Status.REQUESTED
    refusing(monkeypatch, gateway, no(Reason.AMOUNT), "refund")
    assert sending.send(asked[1].pk).status == Refund.Status.FAILED
    kinds = sorted(EmailLog.objects.exclude(kind="order_confirmation").values_list("kind", flat=True))
    assert kinds == ["payment_attention", "provider_refuses"]


# -- ending what was begun, fetching, reading lists --------------------------------------------------------------------------
@pytest.mark.django_db
@every
@pytest.mark.parametrize("error", [no(Reason.OTHER), NotFoundAtProvider("unknown here")])
def test_a_provider_that_refuses_to_end_a_checkout_keeps_it_the_only_one(
    providers: World, monkeypatch: pytest.MonkeyPatch, gateway: str, error: GatewayError
):
    session = make_session()
    old = providers.begin(gateway, session)
    refusing(monkeypatch, gateway, error, "close_checkout")
    with translation.override("es"):
        page = press(session, another(gateway))
        asked = Client().post(reverse("payments:cancel", args=[session.token])).content.decode()
    for snapshot in (page, asked):
        assert "no nos deja cerrar el pago que empezaste" in snapshot
        assert old.redirect_url in snapshot.replace("&amp;", "&")
        assert "no está respondiendo" not in snapshot
    assert PaymentAttempt.objects.get().status == "redirected"
    assert EmailLog.objects.filter(kind="provider_refuses").count() == 1


@pytest.mark.django_db
@every
def test_a_refused_fetch_is_shown_to_people_at_once_and_a_refused_key_goes_on(
    providers: World, monkeypatch: pytest.MonkeyPatch, gateway: str
):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    providers.deliver(work=False)
    events = list(WebhookEvent.objects.order_by("received_at"))
    refusing(monkeypatch, gateway, no(Reason.ACCOUNT), "fetch")
    assert processing.process(events[0].pk).status == "failed"
    events[0].refresh_from_db()
    assert not events[0].is_dead
    WebhookEvent.objects.filter(pk=events[0].pk).update(next_try_at="2026-01-01T00:00Z")
    refusing(monkeypatch, gateway, no(Reason.OTHER), "fetch")
    processing.process(events[0].pk)
    events[0].refresh_from_db()
    assert events[0].is_dead


@pytest.mark.django_db
def test_a_list_whose_payments_a_refused_key_keeps_from_us_is_not_read_to_its_end(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    refusing(monkeypatch, "mercadopago", no(Reason.ACCOUNT), "fetch")
    provider_list.read_due_lists()
    watch = ProviderWatch.objects.get(gateway="mercadopago")
    assert watch.high_water_mark is None
    assert watch.last_error


def test_the_guard_tells_of_a_refused_key_by_the_calls_name(monkeypatch: pytest.MonkeyPatch):
    snapshot: list[tuple[str, str]] = []
    watcher: Callable[..., None] = lambda gateway, error, call: snapshot.append((gateway, call))  # noqa: E731
    monkeypatch.setattr(guard, "_refusal_watchers", [("", watcher)])
    for reason in (Reason.ACCOUNT, Reason.NAME):
        with pytest.raises(GatewayError), guard.guarded("stripe", gateways.for_pages(), name="refund"):
            raise GatewayError("x", permanent=True, reason=reason)
    assert snapshot == [("stripe", "refund")]


# -- sums that a provider does not take ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "amount", "currency", "taken"),
    [
        ("stripe", "999999.99", "ARS", True),
        ("stripe", "1000000.00", "ARS", False),
        ("stripe", "999999.99", "COP", True),
        ("stripe", "99999999", "CLP", True),
        ("stripe", "100000000", "CLP", False),
        ("stripe", "1000.50", "CLP", False),
        ("stripe", "9.99", "MXN", False),
        ("stripe", "10.00", "MXN", True),
        ("stripe", "0.49", "USD", False),
        ("mercadopago", "1200000.00", "ARS", True),
        ("mercadopago", "1500.50", "COP", False),
        ("mercadopago", "1500.00", "COP", True),
        ("mercadopago", "999.00", "COP", False),
        ("conekta", "2.99", "MXN", False),
        ("conekta", "3.00", "MXN", True),
        ("conekta", "100.00", "ARS", False),
    ],
)
def test_the_table_of_sums(code: str, amount: str, currency: str, taken: bool):
    gateways.forget()
    assert gateways.takes(code, Decimal(amount), currency) is taken


def test_the_shops_own_limits_win(settings: Any):
    settings.PAYMENT_LIMITS = {
        "conekta/MXN": (None, Decimal(50000)),
        "stripe/COP": (None, Decimal(5_000_000)),
    }
    assert not gateways.takes("conekta", Decimal(50001), "MXN")
    assert not gateways.takes("conekta", Decimal(2), "MXN")
    assert gateways.takes("stripe", Decimal(5_000_000), "COP")


@pytest.mark.django_db
def test_a_provider_that_cannot_take_the_sum_is_not_to_be_chosen(providers: World, settings: Any):
    settings.PAYMENT_GATEWAYS = ["stripe", "mercadopago"]
    settings.PAYMENT_LIMITS = {"stripe/ARS": (None, Decimal(100))}
    gateways.forget()
    session = make_session()
    page = compact(Client().get(reverse("orders:checkout_payment", args=[session.token])).content.decode())
    assert 'value="stripe" disabled' in page
    assert 'value="mercadopago" checked' in page
    assert "100" in page
    # Whoever sends the form all the same reads why; nothing is begun.
    assert "más de lo que acepta" in press(session, "stripe")
    assert not PaymentAttempt.objects.exists()
