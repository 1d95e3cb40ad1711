"""Invoices for staff, for clients of the API, for people who ask for their data, and at the checkout."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.checkout.forms import ContactForm
from orders.fiscal_expiry import expire
from orders.invoices import issuing, privacy
from orders.models import Invoice, InvoiceFile, InvoiceSeries, Order
from orders.tests.factories import make_order
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import carried

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("jefa@example.com", "clave-segura-123"))
    return client


def test_staff_read_documents_and_their_order_links_them(staff: Client):
    order = make_order()
    issuing.issue_due()
    row = Invoice.objects.get(order=order)
    pages = [
        reverse("admin:orders_invoice_changelist"),
        reverse("admin:orders_invoice_change", args=[row.pk]),
        reverse("admin:orders_invoice_page", args=[row.pk]),
        reverse("admin:orders_invoiceseries_changelist"),
        reverse("admin:orders_invoiceseries_change", args=[row.series_id]),
    ]
    assert [staff.get(url).status_code for url in pages] == [200] * len(pages)
    assert reverse("admin:orders_invoice_pdf", args=[row.pk]) in staff.get(pages[1]).content.decode()
    assert staff.get(reverse("admin:orders_invoice_pdf", args=[row.pk])).content[:4] == b"%PDF"
    page = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert reverse("admin:orders_invoice_pdf", args=[row.pk]) in page
    assert "R-00000001" in page


def test_staff_correct_a_refused_one_ask_for_a_waiting_one_and_let_a_series_go_on(staff: Client):
    order = make_order()
    row = Invoice.objects.get(order=order)
    Invoice.objects.filter(pk=row.pk).update(
        status="rejected",
        next_try_at=None,
        last_error="10015 no existe",
        remarks=[{"code": "1", "text": "x"}],
    )
    again = reverse("admin:orders_invoice_again", args=[row.pk])
    asked = {**carried(staff, again), "document_type": "CUIT", "document_number": "20-30123456-0"}
    assert "no es un" in staff.post(again, asked).content.decode()
    staff.post(again, asked | {"document_number": "20-30123456-3", "tax_condition": "RI"})
    row.refresh_from_db()
    order.refresh_from_db()
    assert (row.status, order.document_number, order.tax_condition) == ("draft", "20301234563", "RI")
    Invoice.objects.filter(pk=row.pk).update(next_try_at=None)
    ask = reverse("admin:orders_invoice_ask", args=[row.pk])
    staff.post(ask, carried(staff, ask))
    row.refresh_from_db()
    assert row.next_try_at <= timezone.now()
    series = InvoiceSeries.objects.create(
        provider="arca", letter="B", document_code=6, frozen_at=timezone.now(), foreign_from=1, foreign_to=2
    )
    go_on = reverse("admin:orders_invoiceseries_unfreeze", args=[series.pk])
    staff.post(go_on, {**carried(staff, go_on), "reason": "caja vieja"})
    series.refresh_from_db()
    assert (series.frozen_at, series.next_number, series.foreign_numbers.count()) == (None, 3, 2)


def test_clients_of_the_api_see_the_documents_of_an_order(client: Client):
    order = make_order()
    issuing.issue_due()
    body: Any = client.get(f"/api/v1/orders/by-secret/{order.secret}").json()
    (found,) = body["invoices"]
    assert (found["number"], found["kind"]) == ("R-00000001", "receipt")
    assert client.get("/" + found["pdf_url"].split("/", 3)[3]).content[:4] == b"%PDF"


def test_the_buyer_is_forgotten_when_the_laws_years_are_over_and_the_number_stays(client: Client):
    order = make_order()
    issuing.issue_due()
    row = Invoice.objects.get(order=order)
    assert privacy.export(order)[0]["buyer"]["document_number"] == "30123456"
    long_ago = timezone.now().replace(year=timezone.now().year - 12)
    Order.objects.filter(pk=order.pk).update(erased_at=long_ago, placed_at=long_ago)
    assert expire() == 1
    row.refresh_from_db()
    assert (row.number, row.total, row.content["buyer"]) == (1, order.total, {})
    assert not InvoiceFile.objects.exists()
    assert client.get(reverse("orders:invoice", args=[order.secret, row.pk])).status_code == 404


@pytest.mark.parametrize(
    ("condition", "document", "number", "stored"),
    [
        (None, "DNI", "30123456", ""),
        ("CF", "DNI", "30123456", ""),
        ("RI", "CUIT", "20-30123456-3", "RI"),
        ("RI", "DNI", "30123456", None),
    ],
)
def test_the_checkout_asks_for_the_condition_and_its_document(condition, document, number, stored):
    data = {
        "email": "ana@example.com",
        "first_name": "Ana",
        "last_name": "Gómez",
        "phone": "1155550000",
        "document_type": document,
        "document_number": number,
        "receive": "pickup",
        **({"tax_condition": condition} if condition else {}),
    }
    form = ContactForm(data, has_pickup=True, is_member=False)
    if stored is None:
        assert not form.is_valid()
        assert "document_type" in form.errors
    else:
        assert form.is_valid(), form.errors
        assert form.contact().tax_condition == stored
