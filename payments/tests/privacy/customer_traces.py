"""A customer who leaves traces in every table that has texts, for the tests of erasure."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from catalog import waiting
from inventory.models import Reservation, StockMovement
from orders.checkout import sessions
from orders.checkout.sessions import AddressData
from orders.fulfilment import holds
from orders.models import Order, OrderHold
from orders.tests.factories import make_cart, make_contact, make_session, make_variant
from payments.models import (
    Dispute,
    DisputeEvidence,
    DisputeNote,
    Payment,
    PayoutLine,
    PayoutReport,
    Refund,
    StrayPayment,
    WebhookEvent,
)
from payments.payouts import importing
from payments.refunds import bank_details, bank_requests, refund_requests
from payments.settlement import settle
from payments.tests.payouts.report_files import mp_row, written
from payments.tests.world import World
from payments.unmatched import unmatched_payments
from shop.accounts import erasure
from shop.accounts.models import Address, ErasureRequest, Profile, User
from shop.core.mail import outbox
from shop.core.privacy import traces
from shop.core.states import record

EMAIL, OTHER = "zenobia.quispe@example.org", "zenobia.work@example.org"
NAME, LAST, PHONE, DOCUMENT = "Zenobia", "Quispe-Altamirano", "1149876123", "31887654"
STREET, GIFT = "Pasaje Xochimilco 4477", "Wenceslao Ybarra"
WORDS = [EMAIL, OTHER, NAME, LAST, PHONE, DOCUMENT, STREET, GIFT, "zenobia"]
# What an invoice needs (orders/privacy.py): nothing else may be left.
FISCAL = {
    ("orders_order", "first_name"),
    ("orders_order", "last_name"),
    ("orders_order", "document_number"),
    ("orders_addresssnapshot", "recipient"),
    ("orders_addresssnapshot", "street"),
}


def address(recipient: str, street: str) -> AddressData:
    return AddressData(
        recipient=recipient,
        street=street,
        apartment="",
        city="Rosario",
        state="Santa Fe",
        postal_code="2000",
        country="AR",
        phone=PHONE,
    )


def contact(**changes: Any) -> Any:
    return make_contact(
        email=EMAIL,
        first_name=NAME,
        last_name=LAST,
        phone=PHONE,
        document_number=DOCUMENT,
        shipping=address(GIFT, "Calle Regalo 12"),
        billing=address(f"{NAME} {LAST}", STREET),
        **changes,
    )


def make_person() -> User:
    """Make an account with a second address, details and an address book."""
    user = User.objects.create_user(EMAIL, "clave-segura-123")
    EmailAddress.objects.create(user=user, email=OTHER, verified=True)
    Profile.objects.create(
        user=user, first_name=NAME, last_name=LAST, phone=PHONE, document_type="DNI", document_number=DOCUMENT
    )
    Address.objects.create(
        user=user,
        recipient=f"{NAME} {LAST}",
        street=STREET,
        city="Rosario",
        state="Santa Fe",
        postal_code="2000",
        country="AR",
        phone=PHONE,
    )
    return user


def buy(world: World, user: User | None, gateway: str = "mercadopago") -> Order:
    """Buy and pay over HTTP, as the account or as a guest of the same address."""
    session = make_session(make_cart(user=user), user=user)
    sessions.set_contact(session, contact=contact(), actor=f"shopper:{EMAIL}")
    attempt = world.begin(gateway, session)
    world.pay(attempt)
    world.deliver()
    settle.settle(attempt_id=attempt.pk, actor=f"shopper:{EMAIL}")
    return Order.objects.get(checkout=session)


def live(providers: World, person: User) -> User:
    """Leave as many traces as a customer can: purchases, refunds, mails, lists, reservations, errors, staff's notes."""
    order = buy(providers, person)
    buy(providers, None, "stripe")
    payment = Payment.objects.get(order=order)
    refund = refund_requests.request(
        payment,
        Decimal(10),
        Refund.Origin.STAFF,
        f"call {NAME} {LAST} at {PHONE}",
        "k",
        actor="staff:a@percha.test",
    )
    Refund.objects.filter(pk=refund.pk).update(status="manual")
    refund.refresh_from_db()
    bank = bank_requests.ask(refund, actor="job")
    values = {"account": "2850590940090418135201", "holder": f"{NAME} {LAST}", "tax_id": "20301234563"}
    bank_details.give(bank, way="cbu", values=values, actor="shopper")
    bank_details.note_transfer(refund, number="T-1", revision=1, actor="staff:a@percha.test")
    Payment.objects.filter(pk=payment.pk).update(snapshot={"payer": {"email": EMAIL, "name": NAME}})
    WebhookEvent.objects.create(
        provider="mercadopago",
        event_id="e-9",
        topic="payment",
        subject=payment.external_id,
        payload={"payer": {"email": EMAIL, "phone": PHONE}},
        error=f"Traceback … {EMAIL}",
        status="failed",
    )
    dispute = Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id="d-9",
        status="won",
        amount=payment.amount,
        currency=payment.currency,
        opened_at=order.placed_at,
        closed_at=order.placed_at,
        fetched_at=order.placed_at,
        snapshot={"payer": {"email": EMAIL}},
    )
    DisputeNote.objects.create(
        dispute=dispute, author="a@percha.test", text=f"{NAME} {LAST} wrote from {OTHER}"
    )
    DisputeEvidence.objects.create(dispute=dispute, kind="customer", note=f"{NAME} {LAST}, {DOCUMENT}")
    hold = holds.place_hold(
        order, kind="staff", source="s", reason=f"{NAME} {LAST} moves house", actor="staff"
    )
    OrderHold.objects.filter(pk=hold.pk).update(
        status="released", released_at=timezone.now(), release_reason=f"told {EMAIL}"
    )
    Order.objects.filter(pk=order.pk).update(note=f"{NAME} called about the hem")
    record(order, "note", actor="staff:a@percha.test", reason=f"wrote to {EMAIL}", data={"phone": PHONE})
    waiting.join(email=EMAIL, variant=make_variant(), user=person, language="es", actor=f"shopper:{EMAIL}")
    waiting.join(email=OTHER, variant=make_variant(), language="es", actor="shopper")
    make_cart(user=person)
    Reservation.objects.filter(cart_id=person.cart.pk).update(actor=f"shopper:{EMAIL}")
    make_session(person.cart, user=person)
    outbox.enqueue(
        kind="drop_reminder",
        to=EMAIL,
        subject=f"{NAME}!",
        text=f"Hello {NAME}",
        html="",
        secrets=(),
        dedupe_key=f"drop:{EMAIL}",
        language="es",
        user=person,
    )
    Reservation.objects.filter(status="converted").update(note=f"for {NAME} {LAST}")
    leave_unowned_words()
    LogEntry.objects.create(
        user=User.objects.create_user("boss@percha.test", "clave-segura-123", is_staff=True),
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=EMAIL,
        action_flag=2,
        change_message=f"changed {EMAIL}",
    )
    Order.objects.update(placed_at=timezone.now() - timedelta(days=100))
    return person


def leave_unowned_words() -> None:
    """Let the staff write about the person where no row says whose it is, and a file of the provider's name them."""
    unmatched_payment = StrayPayment.objects.create(
        gateway="stripe",
        external_id="pi_stray",
        reference=f"gift of {EMAIL}",
        status="approved",
        amount=5,
        currency="ARS",
        last_seen_at=timezone.now(),
    )
    unmatched_payments.decide(
        unmatched_payment, "explained", note=f"{NAME} {LAST} paid in the store", actor="staff:a@percha.test"
    )
    sold = Payment.objects.create(
        role="stray",
        gateway="stripe",
        external_id="pi_stray",
        status="approved",
        amount=5,
        currency="ARS",
        approved_at=timezone.now(),
    )
    reason = f"{NAME} {LAST} gave it back"
    sent = refund_requests.request(
        sold, Decimal(5), Refund.Origin.STAFF, reason, "stray", actor="staff:a@percha.test"
    )
    Refund.objects.filter(pk=sent.pk).update(status="succeeded")
    content = written([mp_row("77001"), mp_row("77002", EXTERNAL_REFERENCE=f"call {PHONE}")])
    report = importing.upload(
        gateway="mercadopago",
        file_name=f"{OTHER}.csv",
        content=content,
        language="es",
        actor="staff:a@percha.test",
    )
    PayoutLine.objects.filter(report=report, source="77001").update(note=f"{NAME} {LAST}: by hand")
    again = {"gateway": "mercadopago", "language": "es", "actor": "staff:a@percha.test", "status": "uploaded"}
    PayoutReport.objects.create(
        file_name="later.csv",
        content=written([mp_row("77003", PAYMENT_METHOD=f"of {EMAIL}")]),
        digest="d",
        **again,
    )
    for line in PayoutLine.objects.filter(report=report):
        record(line, "explained", actor="staff:a@percha.test", reason=f"asked {NAME} {LAST}")


def found() -> set[tuple[str, str]]:
    return {(trace.table, trace.column) for trace in traces.find(WORDS)}


def carry_out(request: ErasureRequest) -> str:
    ErasureRequest.objects.filter(pk=request.pk).exclude(next_try_at=None).update(next_try_at=timezone.now())
    return erasure.carry_out(request.pk)


def finish(request: ErasureRequest) -> None:
    """Run the job until it is done; the mail is sent in between."""
    carry_out(request)
    outbox.send_due()
    assert carry_out(request) == "done"


def books() -> dict[str, Any]:
    """Return the ledgers of stock and money: what an erasure may not touch."""
    money = ["amount", "currency", "status", "external_id"]
    return {
        "moves": list(
            StockMovement.objects.order_by("pk").values("pk", "quantity", "on_hand_after", "kind", "actor")
        ),
        "payments": list(Payment.objects.order_by("pk").values("pk", "refunded_amount", "role", *money)),
        "refunds": list(Refund.objects.order_by("pk").values("pk", *money)),
        "orders": list(
            Order.objects.order_by("pk").values("pk", "number", "total", "transaction_id", "status")
        ),
        "lines": list(Order.objects.order_by("lines__pk").values("lines__sku", "lines__total")),
    }
