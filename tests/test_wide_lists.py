"""Lists of the back office on a screen of 1280 pixels: the last column is in sight, and rows offer what makes sense."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

from catalog.models import Product, Supplier
from inventory import purchasing
from inventory.models import StockLevel
from inventory.tests.factories import LocationFactory, make_variant, stocked
from orders.models import Order
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_order
from payments.models import Dispute
from shop.accounts.tests.staff_clients import boss
from shop.reports import rebuilding

NAME = "Camisa de gabardina pesada con bolsillos plaqué"
LISTS = (
    "orders_order",
    "inventory_stocklevel",
    "payments_dispute",
    "core_emaillog",
    "inventory_stockmovement",
    "inventory_purchaseorder",
    "reports_report",
    "reports_salesentry",
    "reports_soldline",
)
CUT_OFF = """() => {
  const table = document.querySelector("#result_list");
  let box = table.parentElement;
  while (!["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) box = box.parentElement;
  return table.scrollWidth - box.clientWidth;
}"""


def draft() -> Any:
    supplier = Supplier.objects.create(name="Tejeduría del Litoral Sociedad Anónima")
    wanted = [purchasing.Wanted(make_variant().pk, 10, Decimal(100))]
    return purchasing.draft(
        supplier_id=supplier.pk,
        location_id=LocationFactory.create().pk,
        lines=wanted,
        actor="staff:a@percha.test",
    )


def fill() -> None:
    """Give every list a row with long words."""
    order = make_order()
    payment = pay(order)
    Order.objects.update(
        first_name="María Constanza",
        last_name="Fernández de la Reguera",
        shipping_name="Correo Argentino · Interior",
        email="maria.constanza.fernandez@estudio-reguera.example",
    )
    Dispute.objects.create(
        payment=payment,
        gateway="mercadopago",
        external_id="217000061680860",
        status="needs_response",
        amount=order.total,
        currency="ARS",
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
        respond_by=timezone.now() + timedelta(days=9),
    )
    level = stocked(7)
    Product.objects.update(name=NAME)
    StockLevel.objects.filter(pk=level.pk).update(minimum=4, bin="A-12-03")
    draft()
    rebuilding.catch_up()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_list_cuts_off_a_column_at_1280_pixels(live_server, chromium_path):
    fill()
    cookie = boss().cookies[settings.SESSION_COOKIE_NAME].value
    cut = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="es-AR")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        for name in LISTS:
            page.goto(live_server.url + reverse(f"admin:{name}_changelist"))
            assert page.locator("#result_list tbody tr").count(), name
            cut[name] = page.evaluate(CUT_OFF)
        browser.close()
    assert {name: pixels for name, pixels in cut.items() if pixels > 0} == {}


@pytest.mark.django_db
def test_the_menu_of_a_draft_offers_no_delivery():
    page = reverse("admin:inventory_purchaseorder_changelist")
    order = draft()
    receive = reverse("admin:inventory_purchaseorder_receive", args=[order.pk])
    assert receive not in boss().get(page).content.decode()

    purchasing.place(order_id=order.pk, actor="staff:a@percha.test")
    assert receive in boss().get(page).content.decode()


@pytest.mark.django_db
def test_an_empty_list_of_what_is_kept_aside_explains_itself():
    page = reverse("admin:inventory_reservation_changelist")
    words = boss().get(page, {"purpose__exact": "manual", "now": "live"}).content.decode()
    assert "Ahora no hay nada apartado." in words
    assert "Creá un elemento" not in words
