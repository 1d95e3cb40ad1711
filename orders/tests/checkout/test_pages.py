"""The checkout's pages: steps, errors beside fields, stale tabs, foreign sessions, and never a 500."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Variant
from orders.cart import carts
from orders.checkout import sessions
from orders.models import CheckoutSession
from orders.tests.factories import (
    ACTOR,
    ShippingMethodFactory,
    ShippingRateFactory,
    active,
    expire_cart,
    make_awaiting,
    make_cart,
    make_order,
    make_session,
    make_user,
    make_variant,
)
from shop.accounts.models import Address, Profile

pytestmark = pytest.mark.django_db
CONTACT = {
    "email": "ana@example.com",
    "first_name": "Ana",
    "last_name": "Gómez",
    "phone": "+54 11 5555-1234",
    "document_type": "DNI",
    "document_number": "30.123.456",
    "receive": "delivery",
    "delivery-street": "Av. Corrientes 1234",
    "delivery-city": "Buenos Aires",
    "delivery-state": "Ciudad Autónoma de Buenos Aires",
    "delivery-postal_code": "1043",
}
STEPS = ["checkout_contact", "checkout_shipping", "checkout_payment"]


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def begin(client: Client, *wanted: tuple[Variant, int]) -> CheckoutSession:
    """Start a checkout through the cart's button."""
    cart = make_cart(*wanted)
    client.cookies[carts.COOKIE] = cart.token
    response: Any = client.post(reverse("orders:checkout_start"))
    session = CheckoutSession.objects.get(cart=cart)
    assert response.url == reverse("orders:checkout_contact", args=[session.token])
    return session


def to(name: str, session: CheckoutSession) -> str:
    return reverse(f"orders:{name}", args=[session.token])


def test_the_whole_way_without_javascript(client):
    rate = ShippingRateFactory.create()
    session = begin(client)
    assert client.get(to("checkout_contact", session)).status_code == 200
    response = client.post(to("checkout_contact", session), CONTACT)
    assert response.url == to("checkout_shipping", session)
    page = client.get(response.url)
    assert "Av. Corrientes 1234" in words(page)
    response = client.post(response.url, {"rate": rate.pk, "terms": "on"})
    assert response.url == to("checkout_payment", session)
    page = words(client.get(response.url))
    assert 'name="gateway" value="mercadopago"' in page
    assert 'name="gateway" value="stripe"' in page
    session.refresh_from_db()
    assert (session.document_number, session.shipping_address.recipient) == ("30123456", "Ana Gómez")
    assert session.accepted_terms_at is not None
    assert sessions.freeze_for_payment(session, ACTOR).total == session.total


def test_going_back_loses_nothing(client):
    session = make_session()
    client.cookies[carts.COOKIE] = session.cart.token
    page = words(client.get(to("checkout_contact", session)))
    for typed in ("ana@example.com", "30123456", "Av. Corrientes 1234", "3 B"):
        assert f'value="{typed}"' in page
    assert "checked" in words(client.get(to("checkout_shipping", session)))


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("email", "ana", "id_email_error"),
        ("email", "", "id_email_error"),
        ("first_name", "x" * 81, "id_first_name_error"),
        ("phone", "llamame", "id_phone_error"),
        ("document_number", "123", "id_document_number_error"),
        ("document_number", "", "id_document_number_error"),
        ("document_type", "RG", "id_document_type_error"),
        ("delivery-street", "", "id_delivery-street_error"),
        ("delivery-state", "Montevideo", "id_delivery-state_error"),
        ("delivery-postal_code", "ABC", "id_delivery-postal_code_error"),
        ("receive", "paloma", "error-text"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_nothing_is_kept(client, field, value, where):
    ShippingRateFactory.create(method=ShippingMethodFactory.create(kind="pickup"), price=0)
    session = begin(client)
    response = client.post(to("checkout_contact", session), CONTACT | {field: value})
    assert response.status_code == 422
    assert where in words(response)
    assert "Corrientes" in words(response) or field == "delivery-street"
    session.refresh_from_db()
    assert session.email == ""


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"email": ["a", "b"]},
        {"delivery-state": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
    ],
)
def test_rubbish_is_answered(client, data):
    session = begin(client)
    assert client.post(to("checkout_contact", session), data).status_code == 422


@pytest.mark.parametrize(
    "data",
    [{}, {"rate": "x", "terms": "on"}, {"rate": "00000000-0000-0000-0000-000000000000", "terms": "on"}],
)
def test_wrong_shipping_is_told(client, data):
    session = make_session()
    response = client.post(to("checkout_shipping", session), data)
    assert response.status_code == 422
    assert "rate-error" in words(response)


def test_terms_must_be_accepted(client):
    session = make_session()
    response = client.post(to("checkout_shipping", session), {"rate": session.shipping_rate_id})
    assert response.status_code == 422
    assert "terms-error" in words(response)


def test_another_billing_address_is_checked_and_kept(client):
    session = begin(client)
    response = client.post(to("checkout_contact", session), CONTACT | {"other_billing": "on"})
    assert "id_billing-street_error" in words(response)
    billing = {
        key.replace("delivery", "billing"): value for key, value in CONTACT.items() if "delivery-" in key
    }
    sent = (
        CONTACT
        | billing
        | {"other_billing": "on", "billing-street": "Florida 1", "billing-recipient": "Estudio SA"}
    )
    assert client.post(to("checkout_contact", session), sent).status_code == 302
    session.refresh_from_db()
    assert (session.billing_address.street, session.billing_address.recipient) == ("Florida 1", "Estudio SA")


def test_pickup_asks_no_address(client):
    rate = ShippingRateFactory.create(method=ShippingMethodFactory.create(kind="pickup"), price=0)
    session = begin(client)
    sent = {key: value for key, value in CONTACT.items() if "delivery-" not in key} | {"receive": "pickup"}
    assert client.post(to("checkout_contact", session), sent).status_code == 302
    page = words(client.get(to("checkout_shipping", session)))
    assert str(rate.pk) in page


def test_nowhere_to_deliver_is_said(client):
    session = begin(client)
    client.post(to("checkout_contact", session), CONTACT)
    page = client.get(to("checkout_shipping", session))
    assert page.status_code == 200
    assert "notice--error" in words(page)


def test_steps_cannot_be_skipped(client):
    session = begin(client)
    assert client.get(to("checkout_payment", session)).url == to("checkout_contact", session)
    client.post(to("checkout_contact", session), CONTACT)
    assert client.get(to("checkout_payment", session)).url == to("checkout_shipping", session)


def test_an_account_is_filled_in_and_may_keep_the_address(client):
    user = make_user()
    Profile.objects.filter(user=user).delete()
    Profile.objects.create(user=user, first_name="Luz", last_name="Paz", phone="1133334444")
    Address.objects.create(
        user=user,
        recipient="Luz Paz",
        street="Mitre 5",
        city="Rosario",
        state="Santa Fe",
        postal_code="2000",
        is_default=True,
    )
    client.force_login(user)
    make_cart(user=user)
    client.post(reverse("orders:checkout_start"))
    session = CheckoutSession.objects.get(user=user)
    page = words(client.get(to("checkout_contact", session)))
    for known in (user.email, "Luz", "1133334444", "Mitre 5"):
        assert f'value="{known}"' in page
    client.post(to("checkout_contact", session), CONTACT | {"save_address": "on"})
    assert Address.objects.filter(user=user, street="Av. Corrientes 1234").count() == 1


@pytest.mark.parametrize("step", STEPS)
def test_foreign_and_made_up_sessions_are_not_there(client, step):
    user = make_user()
    session = make_session(make_cart(user=user), user=user)
    anonymous = client.get(to(step, session))
    assert anonymous.status_code == 302
    assert reverse("account_login") in anonymous.url
    client.force_login(make_user())
    assert client.get(to(step, session)).status_code == 404
    assert client.post(to(step, session), CONTACT).status_code == 404
    assert client.get(reverse(f"orders:{step}", args=["A" * 32])).status_code == 404


@pytest.mark.parametrize("step", STEPS)
def test_an_expired_session_says_so_and_offers_a_new_start(client, step):
    session = make_session()
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for response in (client.get(to(step, session)), client.post(to(step, session), CONTACT)):
        assert response.status_code == 410
        assert reverse("orders:checkout_start") in words(response)


@pytest.mark.parametrize("step", STEPS)
def test_a_completed_session_leads_to_its_order(client, step):
    order = make_order()
    assert client.get(to(step, order.checkout)).url == order.get_absolute_url()


def test_a_session_being_paid_shows_the_payment_only(client):
    session = make_awaiting()
    client.cookies[carts.COOKIE] = session.cart.token
    for step in STEPS[:2]:
        assert client.get(to(step, session)).url == to("checkout_payment", session)
        assert client.post(to(step, session), CONTACT).url == to("checkout_payment", session)
    assert client.get(to("checkout_payment", session)).status_code == 200
    assert client.post(reverse("orders:checkout_start")).url == to("checkout_payment", session)


def test_a_price_that_changed_between_steps_is_shown_once(client):
    session = make_session(make_cart((make_variant(price="1000.00"), 1)))
    Variant.objects.update(price="1500.00")
    first = words(client.get(to("checkout_payment", session)))
    assert "notice--urgent" in first
    assert "1.500" in first.replace("1,500", "1.500")
    assert "notice--urgent" not in words(client.get(to("checkout_payment", session)))


def test_a_price_that_changed_in_the_cart_is_told_at_the_start(client):
    cart = make_cart((make_variant(price="1000.00"), 1))
    client.cookies[carts.COOKIE] = cart.token
    Variant.objects.update(price="1500.00")
    page = client.post(reverse("orders:checkout_start"), follow=True)
    assert "notice--warning" in words(page)
    assert carts.view(cart).lines[0].former_price is None


def test_an_expired_reservation_can_be_taken_again_from_the_checkout(client):
    session = make_session()
    expire_cart(session.cart)
    assert to("checkout_restore", session) in words(client.get(to("checkout_payment", session)))
    assert client.post(to("checkout_restore", session)).url == to("checkout_payment", session)
    assert active(cart_id=session.cart_id) == 1


def test_sold_out_while_filling_in_leads_to_the_cart(client):
    variant = make_variant(units=1)
    session = make_session(make_cart((variant, 1)))
    expire_cart(session.cart)
    make_cart((variant, 1))
    page = words(client.get(to("checkout_payment", session)))
    assert "notice--error" in page
    assert reverse("orders:cart") in page
    assert client.post(to("checkout_restore", session)).url == reverse("orders:cart")


def test_a_cart_emptied_in_another_tab_leads_back_to_it(client):
    session = make_session()
    carts.remove(cart=session.cart, variant_id=session.lines.get().variant_id, actor=ACTOR)
    for step in STEPS:
        assert client.get(to(step, session)).url == reverse("orders:cart")


def test_starting_without_a_cart_or_by_link_leads_to_the_cart(client):
    assert client.post(reverse("orders:checkout_start")).url == reverse("orders:cart")
    assert client.get(reverse("orders:checkout_start")).url == reverse("orders:cart")
    assert not CheckoutSession.objects.exists()


def test_double_clicks_on_every_step_are_harmless(client):
    rate = ShippingRateFactory.create()
    session = begin(client)
    assert client.post(reverse("orders:checkout_start")).url == to("checkout_contact", session)
    for _click in range(2):
        assert client.post(to("checkout_contact", session), CONTACT).status_code == 302
    for _click in range(2):
        assert (
            client.post(to("checkout_shipping", session), {"rate": rate.pk, "terms": "on"}).status_code == 302
        )
    assert CheckoutSession.objects.count() == 1


def test_two_names_of_the_greatest_length_are_one_recipient(client):
    session = begin(client)
    names = {"first_name": "A" * 80, "last_name": "B" * 80}
    assert client.post(to("checkout_contact", session), CONTACT | names).status_code == 302
    session.refresh_from_db()
    assert session.shipping_address.recipient == f"{'A' * 80} {'B' * 80}"


def test_a_method_and_a_rate_of_the_greatest_length_are_one_name(client):
    rate = ShippingRateFactory.create(name="R" * 100, method=ShippingMethodFactory.create(name="M" * 100))
    session = begin(client)
    client.post(to("checkout_contact", session), CONTACT)
    assert client.post(to("checkout_shipping", session), {"rate": rate.pk, "terms": "on"}).status_code == 302
    session.refresh_from_db()
    assert session.shipping_name == f"{'M' * 100} · {'R' * 100}"


def test_what_is_missing_is_named_linked_and_focused(client):
    session = begin(client)
    page = client.post(to("checkout_contact", session), CONTACT | {"last_name": "", "delivery-city": ""})
    assert page.status_code == 422
    text = words(page)
    assert '<a href="#id_last_name">' in text
    assert '<a href="#id_delivery-city">' in text
    assert text.count("autofocus") == 1
    assert page.context["form"]["last_name"].as_widget().count("autofocus") == 1


def test_the_summary_shows_the_shipping_that_is_preselected(client):
    method = ShippingMethodFactory.create()
    ShippingRateFactory.create(method=method, price=9800)
    ShippingRateFactory.create(method=method, price=6300)
    session = begin(client)
    client.post(to("checkout_contact", session), CONTACT)
    page = client.get(to("checkout_shipping", session))
    assert page.context["preview"].quote.price == 6300
    assert page.context["preview"].total == session.subtotal + 6300


def test_a_member_takes_a_saved_address_and_loses_nothing_that_was_typed(client):
    user = make_user()
    client.force_login(user)
    for street in ("Caseros 2739", "Mitre 10"):
        Address.objects.create(
            user=user,
            recipient="Ana",
            street=street,
            city="Rosario",
            state="Santa Fe",
            postal_code="2000",
            is_default=street == "Mitre 10",
        )
    session = make_session(user=user)
    chosen = Address.objects.get(street="Caseros 2739")
    page = client.post(
        to("checkout_contact", session), CONTACT | {"phone": "341 4", "use_address": str(chosen.pk)}
    )
    assert page.status_code == 200
    form = page.context["form"]
    assert (form["phone"].value(), form.delivery["street"].value()) == ("341 4", "Caseros 2739")


def test_a_foreign_address_of_the_book_is_not_taken(client):
    stranger = make_user()
    foreign = Address.objects.create(
        user=stranger,
        recipient="Eva",
        street="Secreta 1",
        city="Rosario",
        state="Santa Fe",
        postal_code="2000",
    )
    user = make_user()
    client.force_login(user)
    session = make_session(user=user)
    page = client.post(
        to("checkout_contact", session), CONTACT | {"phone": "1", "use_address": str(foreign.pk)}
    )
    assert "Secreta" not in page.content.decode()


def test_a_postal_code_may_be_missing_in_chile(client, settings):
    settings.SHOP_COUNTRY, settings.SHOP_CURRENCY = "CL", "CLP"
    session = begin(client)
    data = CONTACT | {
        "document_type": "FOREIGN",
        "document_number": "FT482136",
        "delivery-state": "Valparaíso",
        "delivery-postal_code": "",
    }
    assert client.post(to("checkout_contact", session), data).status_code == 302
    session.refresh_from_db()
    assert (session.document_number, session.shipping_address.postal_code) == ("FT482136", "")
