"""Opening claims: by the buyer from the order's page and by the staff; what never arrived, and the days that count."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer
from orders.fulfilment import shipments
from orders.fulfilment.refusals import words
from orders.models import Claim, Order, Reimbursement, Shipment
from orders.tests.claims.claims import claim_of
from orders.tests.claims.test_pages import inputs
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from orders.tests.returns.returns import STAFF, delivered_order, paid, terms_of_the_shop
from shop.accounts.models import User
from shop.core.tests.pictures.picture_files import halves, saved

pytestmark = pytest.mark.django_db


def sent_order(units: int = 2, *, user: User | None = None) -> Order:
    """Return an order that has left and of which nothing has arrived."""
    order: Order = paid(make_order(make_cart((make_variant(units=9), units), user=user), user=user))
    shipments.ship(shipments.prepare(order, key=uuid4().hex, actor=STAFF), actor=STAFF)
    return order


@pytest.mark.parametrize("reason", Claim.Reason.values)
def test_a_buyer_claims_from_the_orders_page_what_has_left(client, reason):
    """Every reason, though nothing was marked as delivered: carriers do not always say so."""
    order = sent_order()
    url = reverse("orders:claim_ask", args=[order.secret])
    assert f'href="{url}"' in client.get(order.get_absolute_url()).content.decode()
    line = order.lines.get()
    form = {**inputs(client.get(url)), "reason": reason, "wish": "refund", f"units_{line.pk.hex}": "1"}
    assert client.post(url, form).status_code == 302
    claim = Claim.objects.get()
    assert (claim.reason, claim.shipment, claim.origin) == (reason, order.shipments.get(), "shopper")
    page = client.get(order.get_absolute_url()).content.decode()
    assert claim.number in page
    approving.approve(claim, Answer(refund={claim.lines.get().pk: 1}), actor=STAFF)
    resolving.resolve(claim, actor=STAFF)
    assert Reimbursement.objects.get().amount == line.unit_price


def test_an_account_claims_from_its_own_page(client):
    user = make_user()
    order = sent_order(user=user)
    client.force_login(user)
    page = client.get(reverse("orders:order_detail", args=[order.number])).content.decode()
    assert reverse("orders:claim_ask", args=[order.secret]) in page


def test_nothing_is_offered_before_anything_has_left(client, admin_client):
    order: Order = make_order()
    url = reverse("orders:claim_ask", args=[order.secret])
    assert url not in client.get(order.get_absolute_url()).content.decode()
    with pytest.raises(opening.MoreThanSent):
        claim_of(order, order.lines.get(), 1, reason="never_arrived")
    page = admin_client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert reverse("admin:orders_claim_open", args=[order.pk]) not in page


def test_what_never_arrived_is_about_the_shipment_on_its_way():
    order: Order = make_order(make_cart((make_variant(units=9), 2)))
    line = order.lines.get()
    for is_there in (True, False):
        one = shipments.prepare(order, key=uuid4().hex, units={line.pk: 1}, actor=STAFF)
        shipments.ship(one, actor=STAFF)
        if is_there:
            shipments.deliver(one, actor=STAFF)
    gone = claim_of(order, line, 1, reason="never_arrived")
    assert gone.shipment == order.shipments.get(status="shipped")
    assert claim_of(order, line, 1, reason="missing", key="m").shipment is None, "it may be in either"


def test_the_days_of_the_guarantee_bind_the_buyer_and_not_the_staff(client):
    order = delivered_order(2)
    line = order.lines.get()
    terms_of_the_shop(days=10)
    long_ago = timezone.now() - timedelta(days=1000)
    Shipment.objects.update(delivered_at=long_ago)
    with pytest.raises(opening.TooLate) as late:
        claim_of(order, line, 1)
    assert late.value.lines[0].until
    url = reverse("orders:claim_ask", args=[order.secret])
    page = client.get(url).content.decode()
    assert line.name in page
    assert f"units_{line.pk.hex}" not in page
    form = {**inputs(client.get(url)), "reason": "missing", "wish": "refund", f"units_{line.pk.hex}": "1"}
    assert client.post(url, form).status_code == 422
    assert not Claim.objects.exists()
    assert claim_of(order, line, 1, origin="staff").status == "open"
    # The shop's own days count where they are longer than the law's.
    terms_of_the_shop(days=1100)
    assert claim_of(order, line, 1, key="own").status == "open"


def test_the_staff_open_a_claim_with_what_the_buyer_sent_once(admin_client):
    order = sent_order(3)
    line = order.lines.get()
    order_page = reverse("admin:orders_order_change", args=[order.pk])
    url = reverse("admin:orders_claim_open", args=[order.pk])
    assert url in admin_client.get(order_page).content.decode()
    page = admin_client.get(url)
    given: dict[str, Any] = {
        **inputs(page),
        "reason": "never_arrived",
        "wish": "replace",
        "note": "por WhatsApp",
    }
    assert admin_client.post(url, {**given, f"units_{line.pk.hex}": "0"}).status_code == 422
    photo = SimpleUploadedFile("box.jpg", saved(halves(), "JPEG"), "image/jpeg")
    sent = {**given, f"units_{line.pk.hex}": "2", "photos": photo}
    answer = admin_client.post(url, sent)
    claim = Claim.objects.get()
    assert answer["Location"] == reverse("admin:orders_claim_change", args=[claim.pk])
    assert (claim.origin, claim.note, claim.files.count(), claim.lines.get().quantity) == (
        "staff",
        "por WhatsApp",
        1,
        2,
    )
    photo.seek(0)
    assert admin_client.post(url, sent).status_code == 302
    assert Claim.objects.count() == 1
    assert claim.number in admin_client.get(order_page).content.decode()
    broken = SimpleUploadedFile("box.jpg", b"no picture", "image/jpeg")
    fresh = {**inputs(admin_client.get(url)), **{k: given[k] for k in ("reason", "wish")}}
    assert admin_client.post(url, {**fresh, f"units_{line.pk.hex}": "1", "photos": broken}).status_code == 422


def came_back_and_claimed(reason: str = "never_arrived") -> tuple[Shipment, Claim]:
    """Return a shipment of two units that came back to the shop, and a claim about one of them from before that."""
    order = sent_order()
    claim = claim_of(order, order.lines.get(), reason=reason)
    shipment = order.shipments.get()
    assert shipments.mark_returned(shipment, reason="nobody there", actor=STAFF)
    return shipment, claim


def test_units_that_a_claim_is_about_are_not_sent_again_until_it_is_denied():
    shipment, claim = came_back_and_claimed()
    with pytest.raises(shipments.Claimed) as refused:
        shipments.send_again(shipment, key="open", actor=STAFF)
    assert claim.number in words(refused.value)
    opening.deny(claim, answer="it came back to us", actor=STAFF)
    assert shipments.send_again(shipment, key="denied", actor=STAFF).lines.get().quantity == 2


@pytest.mark.parametrize("answer", ["replace", "refund"])
def test_units_that_were_replaced_or_paid_by_a_claim_are_not_sent_again(answer):
    shipment, claim = came_back_and_claimed()
    units = {claim.lines.get().pk: 1}
    given = Answer(replace=units) if answer == "replace" else Answer(refund=units)
    approving.approve(claim, given, actor=STAFF)
    resolving.resolve(claim, actor=STAFF)
    with pytest.raises(shipments.Claimed):
        shipments.send_again(shipment, key=answer, actor=STAFF)
    shipment.refresh_from_db()
    assert shipment.sent_again_at is None
