"""The client contract below `/api/ventas/`, compared with its examples field by field."""

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Reservation
from orders.installments import cancelling
from orders.models import Cart, CheckoutSession, Installment, InstallmentPlan, Order
from orders.tests.factories import make_user
from orders.tests.installments.clock import Clock
from payments.models import PaymentAttempt
from payments.tests.api.client_shop import Shop, get
from payments.tests.api.contract import EXAMPLES, MOMENT, differences
from payments.tests.world import World
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_a_purchase_in_instalments_is_the_contracts_example_to_the_letter(
    shop: Shop, clock: Clock, providers: World, django_assert_num_queries: Any
):
    answer = shop.buy()
    assert answer.status_code == 201, answer.content
    assert differences(answer.json(), EXAMPLES["plan_answer"]) == []
    venta = answer.json()["venta"]
    assert venta["usuario"] == shop.user.public_number
    assert [line["producto"] for line in venta["detalles"]] == [
        shop.polera.public_number,
        shop.camisa.public_number,
    ]
    assert venta["fecha_venta"].startswith("2025-11-12T")
    assert shop.stock() == [(28, 0), (44, 0)], "gone at once"

    sale = get(shop, f"{venta['idVenta']}/")
    assert differences(sale, EXAMPLES["sale"]) == []
    assert get(shop, "mis-ventas/") == [sale]
    cuotas = sale["cuotas"]
    of_sale = get(shop, f"{venta['idVenta']}/cuotas/")
    assert of_sale == cuotas
    assert differences(of_sale[:2], EXAMPLES["sale_installments"]) == []
    for path, example in (("mis-cuotas/", "installments"), ("mis-cuotas/pendientes/", "pending")):
        assert get(shop, path) == cuotas
        assert differences(cuotas[:1], EXAMPLES[example]) == []
    one = get(shop, f"cuotas/{cuotas[0]['idCuota']}/")
    assert one == cuotas[0]
    assert differences(one, EXAMPLES["installment"]) == []

    clock.go_to(date(2026, 1, 5))
    assert [row["esta_vencida"] for row in get(shop, "mis-cuotas/")] == [True, False, False]


def test_an_instalment_is_paid_in_full_by_a_link_or_in_an_app(shop: Shop, providers: World):
    cuotas = shop.buy().json()["venta"]["cuotas"]
    pay = f"/api/ventas/cuotas/{cuotas[0]['idCuota']}/generar-link-pago/"
    link = shop.client.post(pay)
    assert link.status_code == 200
    assert differences(link.json(), EXAMPLES["link_answer"]) == []
    assert shop.client.post(pay).json() == link.json(), "the live one is used again"
    attempt = PaymentAttempt.objects.get()
    assert (attempt.gateway, attempt.amount) == ("stripe", Decimal("58.66")), "in full, though paid early"
    assert link.json()["session_id"] == attempt.external_id
    intent = shop.client.post(f"/api/ventas/cuotas/{cuotas[1]['idCuota']}/crear-payment-intent/").json()
    assert list(intent) == ["client_secret", "payment_intent_id", "cuota_id", "monto"]
    assert intent["client_secret"].startswith(f"{intent['payment_intent_id']}_secret_")
    assert (intent["cuota_id"], intent["monto"]) == (cuotas[1]["idCuota"], 58.66)

    providers.do("stripe.confirm", intent["payment_intent_id"])
    providers.deliver()
    paid = get(shop, f"cuotas/{cuotas[1]['idCuota']}/")
    assert paid["pagada"] is True
    assert MOMENT.fullmatch(paid["fecha_pago"])
    assert (paid["monto"], paid["stripe_payment_intent_id"]) == ("58.66", intent["payment_intent_id"])
    assert [row["idCuota"] for row in get(shop, "mis-cuotas/pendientes/")] == [
        cuotas[0]["idCuota"],
        cuotas[2]["idCuota"],
    ]
    for way in ("generar-link-pago", "crear-payment-intent"):
        again = shop.client.post(f"/api/ventas/cuotas/{cuotas[1]['idCuota']}/{way}/")
        assert (again.status_code, again.json()) == (400, EXAMPLES["paid_already"])

    providers.pay(
        PaymentAttempt.objects.get(pk=PaymentAttempt.objects.filter(status="redirected").get().pk)
    ) if (PaymentAttempt.objects.filter(status="redirected").exists()) else None


def test_a_purchase_in_one_payment_is_sold_by_the_webhook_alone(shop: Shop, providers: World):
    answer = shop.buy(1)
    assert answer.status_code == 200, answer.content
    assert differences(answer.json(), EXAMPLES["cash_answer"]) == []
    assert not Order.objects.exists()
    assert shop.stock() == [(30, 2), (45, 1)], "only reserved"
    assert Cart.objects.filter(user=shop.user).count() == 0, "the account's own cart is another one"
    assert shop.buy(1).json() == answer.json(), "the same purchase is not begun twice"
    assert shop.stock() == [(30, 2), (45, 1)]

    attempt = PaymentAttempt.objects.get()
    assert attempt.external_id == answer.json()["session_id"]
    providers.pay(attempt)
    providers.deliver()
    [sale] = get(shop, "mis-ventas/")
    # The example's lists are empty; the shop fills them as those of the sale's own address.
    example = copy.deepcopy(EXAMPLES["sales"][0]) | {"detalles": EXAMPLES["sale"]["detalles"]}
    example["stripe_payment_intent_id"] = sale["stripe_payment_intent_id"]
    example["stripe_checkout_session_id"] = attempt.external_id
    assert differences(sale, example) == []
    assert sale["stripe_payment_intent_id"] == attempt.payments.get().external_id
    assert sale == get(shop, f"{sale['idVenta']}/")
    assert get(shop, f"{sale['idVenta']}/cuotas/") == []
    assert shop.stock() == [(28, 0), (44, 0)]

    assert shop.buy(1).json()["session_id"] != attempt.external_id, "paid: the next one is another purchase"


def test_what_cannot_be_bought_is_refused_in_the_contracts_words_and_leaves_nothing(shop: Shop):
    polera = shop.polera.public_number
    cases: list[tuple[Any, str]] = [
        ({"detalles": shop.one_of(shop.polera, 31)}, "Stock insuficiente para Polera Roja M. Disponible: 30"),
        (
            {"detalles": shop.one_of(shop.polera, 10**6)},
            "Stock insuficiente para Polera Roja M. Disponible: 30",
        ),
        (
            {"detalles": shop.one_of(shop.polera, 31) + shop.one_of(shop.camisa, 46)},
            "Stock insuficiente para Polera Roja M. Disponible: 30",
        ),
        ({"detalles": []}, "detalles no puede estar vacío"),
        ({"detalles": shop.one_of(shop.polera, 0)}, "La cantidad debe ser un número entero mayor que 0"),
        ({"detalles": shop.one_of(shop.polera, -2)}, "La cantidad debe ser un número entero mayor que 0"),
        ({"detalles": shop.one_of(shop.polera) * 2}, f"El producto {polera} está repetido"),
        ({"detalles": [{"producto": 10**30, "cantidad": 1}]}, f"Producto {10**30} no encontrado"),
        ({"detalles": [{"producto": -1, "cantidad": 1}]}, "Producto -1 no encontrado"),
        ({"metodoPago": 77}, "Método de pago 77 no disponible"),
        ({"metodoPago": 3}, "Método de pago 3 no disponible"),
        ({"nrocuotas": 0}, "No se ofrecen 0 cuotas para esta compra"),
        ({"nrocuotas": 5}, "No se ofrecen 5 cuotas para esta compra"),
    ]
    for installments in (1, 3):
        for changes, sentence in cases:
            answer = shop.buy(installments, **changes)
            assert (answer.status_code, answer.json()) == (400, {"error": sentence}), changes
    assert shop.stock() == [(30, 0), (45, 0)]
    assert not Order.objects.exists()
    assert not PaymentAttempt.objects.exists()
    assert not Reservation.objects.filter(status="active").exists()
    assert not CheckoutSession.objects.filter(status__in=["open", "awaiting_payment"]).exists()


def test_a_body_of_another_form_is_refused_in_the_contracts_shape(shop: Shop):
    for nonsense in ({"nrocuotas": "3"}, {"metodoPago": True}, {"detalles": [{"producto": 1.5}]}, {"x": 1}):
        answer = shop.buy(**nonsense)
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), nonsense
    for body in (b"[]", b"{", b"\xff", b'{"metodoPago": NaN}', b"[" * 9999):
        headers = {"Authorization": f"Bearer {shop.client.token}"}
        answer = ApiClient().generic(
            "POST", "/api/ventas/", body, content_type="application/json", headers=headers
        )
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), body


def test_what_the_shop_does_not_show_is_unknown_by_its_number_too(shop: Shop):
    """Numbers are guessed one by one: no name, no count of units, whether the product or the variant is hidden."""
    for row in (shop.camisa.product, shop.camisa):
        type(row).objects.filter(pk=row.pk).update(is_active=False)
        number = shop.camisa.public_number
        for installments in (1, 3):
            for units in (1, 500):
                answer = shop.buy(installments, detalles=shop.one_of(shop.camisa, units))
                assert (answer.status_code, answer.json()) == (
                    400,
                    {"error": f"Producto {number} no encontrado"},
                )
        named: list[Any] = [number, str(shop.camisa.pk)]
        for name in named:
            answer = shop.client.post(
                "/api/sales/prepare", {"cartItems": [{"variantId": name, "quantity": 1}]}
            )
            assert (answer.status_code, answer.json()) == (400, {"error": "Ese producto no existe."})
        type(row).objects.filter(pk=row.pk).update(is_active=True)


def test_refusals_are_spanish_whatever_language_a_client_asks_for(shop: Shop):
    english = {"accept_language": "en"}
    answers = {
        401: ApiClient().get("/api/ventas/mis-ventas/", **english),
        400: shop.client.post("/api/ventas/", {"metodoPago": "1", "nrocuotas": 1, "x": 1}, **english),
        405: shop.client.delete("/api/ventas/", **english),
        415: Client().post("/api/ventas/", {"a": 1}, headers={"Accept-Language": "en"}),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {key: key for key in answers}
    assert {status: answer.json()["error"] for status, answer in answers.items()} == {
        401: "Iniciá sesión: el token falta, no es válido o terminó.",
        400: "metodoPago: Escribí un número entero.; detalles: Este dato es obligatorio.; x: Esa clave no existe.",
        405: "Esta dirección no tiene ese método.",
        415: "Acá los cuerpos son JSON: mandá Content-Type application/json.",
    }
    assert answers[400]["Content-Language"] == "es"
    assert shop.client.post("/api/ventas/", shop.body(1), **english).status_code == 200
    assert CheckoutSession.objects.get().language == "en", "mails are in the buyer's own"


def test_whose_it_is_and_which_numbers_there_are(shop: Shop):
    sale = shop.buy().json()["venta"]
    cuota = sale["cuotas"][0]["idCuota"]
    other = ApiClient(make_user())
    for method, path in (
        ("get", f"cuotas/{cuota}/"),
        ("post", f"cuotas/{cuota}/generar-link-pago/"),
        ("post", f"cuotas/{cuota}/crear-payment-intent/"),
    ):
        answer = getattr(other, method)(f"/api/ventas/{path}")
        assert (answer.status_code, answer.json()) == (403, EXAMPLES["not_yours"])
        for number in (987654321, 10**25):
            answer = getattr(other, method)(f"/api/ventas/{path.replace(str(cuota), str(number))}")
            assert (answer.status_code, answer.json()) == (404, EXAMPLES["not_found"]), number
        answer = getattr(ApiClient(), method)(f"/api/ventas/{path}")
        assert answer.status_code == 401
        assert list(answer.json()) == ["error"]
    for path in (f"{sale['idVenta']}/", f"{sale['idVenta']}/cuotas/", "987654321/", f"{10**25}/"):
        assert get(shop, path, 404, other) == {"error": "Venta no encontrada"}
    for path in ("-1/", "abc/", "1.5/", "cuotas/abc/", "cuotas/-1/"):
        assert list(get(shop, path, 404)) == ["error"], path
    assert get(shop, "mis-ventas/", client=other) == get(shop, "mis-cuotas/", client=other) == []


def test_a_cancelled_sale_stays_listed_and_nothing_of_it_is_to_be_paid(shop: Shop):
    sale = shop.buy().json()["venta"]
    cancelling.cancel_by_staff(InstallmentPlan.objects.get(), actor="staff", reason="asked for")
    shown = get(shop, f"{sale['idVenta']}/")
    assert shown["total"] == sale["total"]
    assert {row["monto"] for row in shown["cuotas"]} == {"0.00"}
    assert not any(row["pagada"] or row["esta_vencida"] or row["fecha_pago"] for row in shown["cuotas"])
    assert get(shop, "mis-cuotas/pendientes/") == []
    refused = shop.client.post(f"/api/ventas/cuotas/{sale['cuotas'][0]['idCuota']}/generar-link-pago/")
    assert (refused.status_code, refused.json()) == (400, {"error": "Cuota anulada"})


def test_lists_are_arrays_in_pages_and_cost_the_same_for_two_sales_and_for_four(
    shop: Shop, settings: Any, monkeypatch: Any, django_assert_max_num_queries: Any
):

    settings.INSTALLMENT_MAX_PLANS = 9
    counts: dict[str, list[int]] = {}
    for _round in range(2):
        for key in range(2):
            assert shop.buy(3, key=f"k-{_round}-{key}").status_code == 201
        for path in ("mis-ventas/", "mis-cuotas/", "mis-cuotas/pendientes/"):
            with CaptureQueriesContext(connection) as asked:
                get(shop, path)
            counts.setdefault(path, []).append(len(asked))
    assert all(two == four for two, four in counts.values()), counts

    monkeypatch.setattr("shop.core.api.paging.MOST", 3)
    seen, address = [], "/api/ventas/mis-cuotas/"
    while address:
        page = shop.client.get(address)
        seen += [row["idCuota"] for row in page.json()]
        address = page.get("Link", "").partition("<")[2].partition(">")[0].partition("testserver")[2]
    assert len(seen) == len(set(seen)) == 12
    dues = dict(Installment.objects.values_list("public_number", "due_date"))
    assert [dues[number] for number in seen] == sorted(dues.values())
    assert get(shop, "mis-cuotas/?cursor=forged", 400).keys() == {"error"}
