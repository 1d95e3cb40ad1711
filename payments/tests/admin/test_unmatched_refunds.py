"""Refunding an unmatched payment in the back office: the provider is asked, all of it stands in the form, a preview, one refund."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Payment, ProviderWatch, Refund, StrayPayment
from payments.refunds import refund_requests, sending
from payments.settlement import adoption
from payments.tests.admin.refund_form import ENGLISH
from payments.tests.admin.test_refund_page import hidden
from payments.tests.reconciliation.test_provider_list import each
from payments.tests.unmatched.test_refunds import found, paid_elsewhere, sent_there
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, clerk, queries, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def unmatched_payment(providers: World, gateway: str) -> StrayPayment:
    paid_elsewhere(providers, gateway)
    return found(gateway)


def page_of(unmatched_payment: StrayPayment) -> str:
    return reverse("admin:payments_straypayment_change", args=[unmatched_payment.pk])


def address(unmatched_payment: StrayPayment) -> str:
    return reverse("admin:payments_straypayment_refund", args=[unmatched_payment.pk])


def press(client: Client, unmatched_payment: StrayPayment) -> Any:
    return client.post(
        address(unmatched_payment), {"token": token(client, address(unmatched_payment))}, headers=ENGLISH
    )


@each
def test_from_the_unmatched_payment_to_the_money_back(
    providers: World, gateway: str, unmatched_payment: StrayPayment, django_capture_on_commit_callbacks: Any
):
    client = boss()
    assert address(unmatched_payment) in client.get(page_of(unmatched_payment)).content.decode()

    answer = press(client, unmatched_payment)

    payment = Payment.objects.get()
    form = reverse("admin:payments_payment_refund", args=[payment.pk])
    assert (answer.status_code, answer["Location"]) == (302, form)
    assert client.get(form).context["form"]["amount"].value() == payment.amount
    choice = {"token": "t", "reason": "Sold by telephone", "amount": str(payment.amount)}
    preview = client.post(form, choice | {"step": "preview"}, headers=ENGLISH)
    assert preview.context["quote"].amount == payment.amount
    assert not Refund.objects.exists()
    assert not sent_there(providers, gateway)

    confirmed = hidden(preview) | {"step": "confirm"}
    for _turn in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            done = client.post(form, confirmed)
        assert (done.status_code, done["Location"]) == (302, page_of(unmatched_payment))

    refund = Refund.objects.get()
    assert (refund.amount, refund.origin, refund.reason) == (payment.amount, "staff", "Sold by telephone")
    sending.send(refund.pk)
    adoption.fetch(payment, actor="test")
    assert len(sent_there(providers, gateway)) == 1
    page = client.get(page_of(unmatched_payment), headers=ENGLISH).content.decode()
    assert "Sold by telephone" in page
    assert reverse("admin:payments_refund_change", args=[refund.pk]) in page
    assert reverse("admin:payments_payment_change", args=[payment.pk]) in page
    watch = ProviderWatch.objects.get(gateway=gateway)
    snapshot = client.get(reverse("admin:payments_providerwatch_change", args=[watch.pk]), headers=ENGLISH)
    assert "to be looked at: 0 · refunds: done 1" in snapshot.content.decode()


@each
def test_who_may_not_refund_may_not_begin_either(gateway: str, unmatched_payment: StrayPayment):
    for client in (clerk("warehouse"), clerk("catalogue")):
        assert client.get(address(unmatched_payment)).status_code == 403
        assert client.post(address(unmatched_payment), {"token": "t"}).status_code == 403
    assert Client().post(address(unmatched_payment), {"token": "t"}).status_code == 302
    assert not Payment.objects.exists()


def test_support_may(providers: World):
    paid_elsewhere(providers, "mercadopago")
    assert press(clerk("support"), found("mercadopago")).status_code == 302
    assert Payment.objects.count() == 1


@each
def test_what_the_provider_says_instead_is_said_in_words(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    client = boss()
    providers.fault("http_500", gateway, count=None)
    answer = press(client, unmatched_payment)
    assert answer.status_code == 422
    assert "does not answer at the moment" in answer.content.decode()
    providers.handle.sandbox.faults.clear()
    assert not Payment.objects.exists()
    StrayPayment.objects.update(gateway="gone")
    answer = press(client, unmatched_payment)
    assert "This shop has no connection to gone" in answer.content.decode()


def test_a_voucher_that_nobody_has_paid_has_nothing_to_give_back(providers: World):
    paid_elsewhere(providers, "mercadopago", "voucher")
    answer = press(boss(), found("mercadopago"))
    assert "brought no money" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_strange_addresses_are_no_crash(providers: World, method: str):
    client = boss()
    for key in ("0", "x", "00000000-0000-7000-8000-000000000000"):
        assert getattr(client, method)(f"/admin/payments/straypayment/{key}/refund/").status_code in {
            302,
            404,
        }
    paid_elsewhere(providers, "mercadopago")
    unmatched_payment = found("mercadopago")
    payment = adoption.take_over(unmatched_payment, actor="staff:a@percha.test")
    decide = reverse("admin:payments_payment_decide", args=[payment.pk])
    assert getattr(client, method)(decide).status_code == 404
    for name in (
        "payments_payment_changelist",
        "payments_straypayment_changelist",
        "payments_refund_changelist",
    ):
        assert client.get(reverse(f"admin:{name}")).status_code == 200
    assert client.get(reverse("admin:payments_payment_change", args=[payment.pk])).status_code == 200


def test_the_page_of_an_unmatched_payment_costs_the_same_with_many_refunds(providers: World):
    paid_elsewhere(providers, "mercadopago")
    unmatched_payment = found("mercadopago")
    payment = adoption.take_over(unmatched_payment, actor="staff:a@percha.test")
    client = boss()

    def ask(number: int) -> Refund:
        return refund_requests.request(
            payment, payment.amount / 100, Refund.Origin.STAFF, "r", f"k{number}", actor="staff:a@percha.test"
        )

    refund = ask(0)
    assert client.get(reverse("admin:payments_refund_change", args=[refund.pk])).status_code == 200
    queries(client, page_of(unmatched_payment))
    few = queries(client, page_of(unmatched_payment))
    for number in range(1, 9):
        ask(number)
    assert queries(client, page_of(unmatched_payment)) == few
