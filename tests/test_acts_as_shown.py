"""Acts of the back office: each acts on what its page showed, or cannot undo what somebody else has done.

Every act that is no form of a row stands in `JUDGED`: a new one fails the first test until somebody has decided. What
compares with what was shown is tried: the row changes between the question and the button.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.drops import access
from catalog.models import AccessCode, Collection, WaitingEntry
from catalog.tests import factories as catalogue
from inventory import purchasing
from inventory.ledger import transfers
from inventory.models import PurchaseOrder, Reservation, Transfer
from inventory.reservations import manual
from inventory.tests import factories as stock
from orders.claims import approving
from orders.models import Invoice, InvoiceSeries
from orders.returns import inspecting, receiving
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges import exchanges
from orders.tests.factories import make_cart, make_order
from orders.tests.fulfilment.test_shipments import prepare
from orders.tests.installments.plans import ask, make_plan, pay, rows_of
from orders.tests.returns.returns import approved, delivered_order
from payments.models import StrayPayment
from shop.accounts.tests.factories import UserFactory
from shop.accounts.tests.staff_clients import boss, carried
from shop.core.ids import uuid7
from shop.core.models import IdempotencyKey

pytestmark = pytest.mark.django_db
WHO = "staff:other@example.com"
COMPARED = "compared"  # Tried below.
OWN_TEST = "compared in a test of its own"
SAME_FORM = "compared by the same code as another act of its row, which is tried below"
READS = "changes nothing"
ADDS = "makes something new, once for each token, of nothing that was shown"
REPEATS = "a state that moves one way by compare and set: whoever comes second is told, or does what is done already"

CHECKED = {
    "accounts.ErasureRequest": {"erase": ADDS, "erase_somebody": ADDS, "keep": REPEATS},
    "accounts.User": {
        "remove_second_step": COMPARED,
        "password_change": "sets what was typed, whatever there was",
    },
    "catalog.AccessCode": {"make_codes": ADDS, "switch_off": COMPARED},
    "catalog.Category": {"shift": OWN_TEST},
    "catalog.Product": {"variant_grid": ADDS},
    "catalog.WaitingEntry": {"take_off": COMPARED},
    "core.EmailLog": {"send_again": REPEATS},
    "core.OutgoingDelivery": {"replay": REPEATS, "replay_chosen": REPEATS},
    "core.OutgoingEndpoint": {
        "edit": OWN_TEST,
        "ping": ADDS,
        "rotate": "makes a new secret, whatever there was; the one before still signs for a while",
        "switch": OWN_TEST,
    },
    "core.JobRun": {"run": "what a clock does as well, as often as one likes"},
    "inventory.ExportJob": {"file": READS, "progress": READS},
    "inventory.ImportJob": {
        "decide": REPEATS,
        "errors": READS,
        "export": ADDS,
        "file": READS,
        "progress": READS,
        "upload": ADDS,
    },
    "inventory.PurchaseOrder": {
        "close": COMPARED,
        "place": COMPARED,
        "print": READS,
        "replenish": OWN_TEST,
        "receive": "adds what came, once for each delivery note, and asks when it is more than was ordered",
    },
    "inventory.Reservation": {
        "keep": ADDS,
        "release": COMPARED,
        "extend": COMPARED,
        "release_selected": COMPARED,
    },
    "inventory.StockAlert": {"check_now": "what a clock does as well"},
    "inventory.StockCheck": {"check_now": READS},
    "inventory.StockCount": {
        "decide": OWN_TEST,
        "figures": OWN_TEST,
        "file": "sets the figures of the file",
        "paper": READS,
        "scan": ADDS,
        "sheet": READS,
        "start": ADDS,
    },
    "inventory.StockLevel": {
        "adjust": ADDS,
        "adjust_here": ADDS,
        "customer_return": ADDS,
        "customer_return_here": ADDS,
        "print": READS,
        "print_bins": READS,
        "receive": ADDS,
        "receive_here": ADDS,
        "scan": READS,
        "see_valuation": READS,
        "repair_here": "counts the rows at that moment",
        "set_rules": OWN_TEST,
        "supplier_return": ADDS,
        "supplier_return_here": ADDS,
        "valuation": READS,
        "valuation_file": READS,
        "variant": READS,
        "why": READS,
        "why_here": READS,
        "why_variant": READS,
        "write_off": ADDS,
        "write_off_here": ADDS,
    },
    "inventory.Transfer": {"bring_back": COMPARED, "receive": COMPARED, "send": ADDS},
    "orders.Claim": {
        "approve_claim": OWN_TEST,
        "deny_claim": SAME_FORM,
        "file": READS,
        "open": ADDS,
        "resolve_claim": COMPARED,
        "take_approval_back": SAME_FORM,
    },
    "orders.Exchange": {
        "cancel_exchange": COMPARED,
        "release_early": SAME_FORM,
        "release_exchange": SAME_FORM,
    },
    "orders.InstallmentPlan": {
        "aging": READS,
        "aging_file": READS,
        "cancel": COMPARED,
        "differences": READS,
        "link": "the same choice finds the same bill; what is not open any more is refused",
        "move_due_date": REPEATS,
        "note_call": ADDS,
        "remind": "sends a mail, once a day",
        "to_call": READS,
        "to_call_file": READS,
        "waive": COMPARED,
    },
    "orders.Invoice": {
        "again": COMPARED,
        "ask": "what a clock does as well",
        "page": READS,
        "pdf": READS,
    },
    "orders.InvoiceSeries": {"unfreeze": COMPARED},
    "orders.Order": {
        "cancel": OWN_TEST,
        "hold": ADDS,
        "prepare": COMPARED,
        "release": REPEATS,
        "pick": OWN_TEST,
        "pick_print": READS,
        "put_back": OWN_TEST,
    },
    "orders.Return": {
        "act": COMPARED,
        "decide": OWN_TEST,
        "exchange": OWN_TEST,
        "file": READS,
        "inspect": "adds how units were found, of no more than have come",
        "move": COMPARED,
        "open": OWN_TEST,
        "receive": "adds what came, once for each parcel; whoever comes second is told",
    },
    "orders.Shipment": {
        "act": COMPARED,
        "next": READS,
        "pack": "counts a unit once for each scan, and none more than belongs to the parcel",
        "papers": READS,
        "queues": "states that move one way; numbers as they are typed, each an event",
    },
    "orders.ShippingMethod": {"carriers": READS},
    "orders.WithdrawalRequest": {"answer": REPEATS, "take_up": REPEATS},
    "payments.BankCredit": {"assign": OWN_TEST, "look_again": REPEATS, "set_aside": REPEATS},
    "payments.BankStatement": {
        "columns": "replaces how the bank's next statements are read; each naming is an event",
        "upload": ADDS,
    },
    "payments.BankRequest": {"show": READS, "ask_again": "sends a mail with another link"},
    "payments.Dispute": {
        "ask_now": REPEATS,
        "answered": REPEATS,
        "checklist": OWN_TEST,
        "draft": "ends in the provider's own form",
        "note": ADDS,
        "paper": READS,
        "text": READS,
    },
    "payments.Payment": {
        "refund": OWN_TEST,
        "decide": OWN_TEST,
        "order": READS,
        "order_goods_back": OWN_TEST,
    },
    "payments.PaymentAttempt": {"ask": REPEATS},
    "payments.PayoutLine": {"explain": REPEATS},
    "payments.PayoutReport": {"left": READS, "residue": READS, "residue_file": READS, "upload": ADDS},
    "payments.ProviderWatch": {"read_now": REPEATS},
    "payments.Refund": {"try_again": REPEATS, "done_by_hand": OWN_TEST},
    "payments.StrayPayment": {
        "decide": COMPARED,
        "refund": "leads to the form of a refund, which is compared",
    },
    "payments.TransferInstruction": {"confirm": OWN_TEST, "receipt": READS},
    "payments.WebhookEvent": {"process_again": REPEATS, "replay": REPEATS},
    "reports.Report": {
        "checkouts": READS,
        "file": READS,
        "products": READS,
        "sales": READS,
        "update": "what a clock does as well",
    },
}


@dataclass
class Case:
    """One act: its page, what opens it, what is typed, what somebody else does meanwhile, and what must not happen."""

    row: models.Model
    page: str
    meanwhile: Callable[[], object]
    happened: Callable[[], bool]
    typed: dict[str, Any] = field(default_factory=dict)
    asking: dict[str, Any] | None = None  # Of an act on chosen rows.

    def send(self, client: Client, data: dict[str, str]) -> Any:
        """Press the button."""
        chosen = {**self.asking, "apply": "1"} if self.asking is not None else {}
        return client.post(self.page, {**chosen, **data, **self.typed})


def in_bulk(act: str, *rows: models.Model) -> dict[str, Any]:
    meta = rows[0]._meta
    return {
        "row": rows[0],
        "page": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
        "asking": {"action": act, "_selected_action": [str(row.pk) for row in rows]},
    }


def on_page(act: str, row: models.Model) -> dict[str, Any]:
    meta = row._meta
    return {"row": row, "page": reverse(f"admin:{meta.app_label}_{meta.model_name}_{act}", args=[row.pk])}


def is_now(row: models.Model, **wanted: Any) -> bool:
    return type(row)._base_manager.filter(pk=row.pk, **wanted).exists()


def write(row: models.Model, **values: Any) -> Callable[[], object]:
    return lambda: type(row)._base_manager.filter(pk=row.pk).update(**values)


def a_reservation() -> Reservation:
    (reservation,) = manual.reserve(
        variant_id=stock.stocked(5).variant_id,
        quantity=2,
        owner="Caro",
        reason="prensa",
        actor=WHO,
        location_id=None,
        until=timezone.now() + timedelta(days=2),
    )
    return reservation


def a_draft() -> PurchaseOrder:
    line = purchasing.Wanted(stock.make_variant().pk, 4, Decimal("500.00"))
    return purchasing.draft(
        supplier_id=catalogue.SupplierFactory.create().pk,
        location_id=stock.LocationFactory.create().pk,
        lines=[line],
        actor=WHO,
    )


def releasing() -> Case:
    reservation = a_reservation()
    return Case(
        **in_bulk("release_selected", reservation),
        meanwhile=write(reservation, owner="Bea"),
        happened=lambda: not is_now(reservation, status="active"),
    )


def letting_go() -> Case:
    reservation = a_reservation()
    return Case(
        **on_page("release", reservation),
        typed={"reason": "no vino"},
        meanwhile=write(reservation, expires_at=timezone.now() + timedelta(days=9)),
        happened=lambda: not is_now(reservation, status="active"),
    )


def prolonging() -> Case:
    reservation, theirs = a_reservation(), timezone.now() + timedelta(days=9)
    mine = timezone.localtime(timezone.now() + timedelta(days=3))
    return Case(
        **on_page("extend", reservation),
        meanwhile=write(reservation, expires_at=theirs),
        typed={"until": mine.strftime("%Y-%m-%dT%H:%M"), "reason": "viene el lunes"},
        happened=lambda: is_now(reservation, expires_at__lt=mine),
    )


def switching_off() -> Case:
    drop = catalogue.CollectionFactory.create(kind=Collection.Kind.DROP, starts_at=None, ends_at=None)
    code: AccessCode = access.make_codes(collection=drop, number=1)[0]
    return Case(
        **in_bulk("switch_off", code),
        meanwhile=write(code, note="for the press"),
        happened=lambda: is_now(code, is_active=False),
    )


def taking_off() -> Case:
    entry = WaitingEntry.objects.create(
        variant=stock.make_variant(), email="ana@example.com", expires_at=timezone.now() + timedelta(days=1)
    )
    return Case(
        **in_bulk("take_off", entry),
        meanwhile=write(entry, status="confirmed", confirmed_at=timezone.now()),
        happened=lambda: is_now(entry, status="cancelled"),
    )


def placing() -> Case:
    order = a_draft()
    return Case(
        **on_page("place", order),
        meanwhile=lambda: order.lines.update(quantity=40),
        happened=lambda: is_now(order, status="ordered"),
    )


def closing() -> Case:
    order = a_draft()
    purchasing.place(order_id=order.pk, actor=WHO)
    return Case(
        **on_page("close", order),
        meanwhile=lambda: order.lines.update(received=3),
        typed={"reason": "none"},
        happened=lambda: not is_now(order, status="ordered"),
    )


def arriving(act: str) -> Case:
    level = stock.stocked(9)
    sent: Transfer = transfers.send(
        source_id=level.location_id,
        destination_id=stock.LocationFactory.create().pk,
        actor=WHO,
        wanted={level.variant_id: 6},
        reference="",
        note="",
    )
    typed = {f"arrived_{level.variant_id.hex}": "2", "note": "x"}
    return Case(
        **on_page(act, sent),
        typed=typed,
        meanwhile=lambda: sent.lines.update(received=1),
        happened=lambda: not sent.lines.filter(received=1, returned=0).exists(),
    )


def deciding() -> Case:
    unmatched_payment = StrayPayment.objects.create(
        gateway="stripe",
        external_id="pi_1",
        status="approved",
        amount=Decimal(50),
        currency="ARS",
        last_seen_at=timezone.now(),
    )
    return Case(
        **on_page("decide", unmatched_payment),
        typed={"decision": "another_shop", "note": "outlet"},
        meanwhile=write(unmatched_payment, decision="explained", note="a test of ours"),
        happened=lambda: is_now(unmatched_payment, note="outlet"),
    )


def removing_the_second_step() -> Case:
    user = UserFactory.create(is_staff=True)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")

    def set_up_anew() -> None:
        Authenticator.objects.filter(user=user).delete()
        TOTP.activate(user, "JBSWY3DPEHPK3PXQ")

    return Case(
        **on_page("remove_second_step", user),
        meanwhile=set_up_anew,
        happened=lambda: not Authenticator.objects.filter(user=user).exists(),
    )


def waiving() -> Case:
    plan = make_plan()
    pay(ask(plan, 1))
    second = rows_of(plan)[1]
    return Case(
        **on_page("waive", plan),
        typed={"number": "2", "amount": "1", "reason": "x"},
        meanwhile=lambda: pay(ask(plan, 2), "20.00"),
        happened=lambda: second.events.filter(kind="waived", cause="staff").exists(),
    )


def cancelling_a_plan() -> Case:
    plan = make_plan()
    return Case(
        **on_page("cancel", plan),
        typed={"reason": "x"},
        # What of it comes back meanwhile falls of what is open: the page showed another sum, and more units.
        meanwhile=lambda: rows_of(plan)[0].events.create(kind="reduced", amount=Decimal(1), actor=WHO),
        happened=lambda: is_now(plan, status="cancelled"),
    )


def preparing() -> Case:
    order = make_order(make_cart((stock.stocked(9).variant, 3)))
    unit = f"units_{order.lines.get().pk.hex}"
    return Case(
        **on_page("prepare", order),
        typed={unit: "1"},
        meanwhile=lambda: prepare(order, "theirs", units={order.lines.get().pk: 1}),
        happened=lambda: order.shipments.count() == 2,
    )


def a_tracking_number() -> Case:
    shipment = prepare(make_order(), "a")
    return Case(
        row=shipment,
        page=reverse("admin:orders_shipment_act", args=[shipment.pk, "tracking"]),
        typed={"tracking_number": "MINE"},
        meanwhile=write(shipment, tracking_number="THEIRS"),
        happened=lambda: is_now(shipment, tracking_number="MINE"),
    )


def a_parcel_of_a_return() -> Case:
    rma = approved(delivered_order())
    return Case(
        row=rma,
        page=reverse("admin:orders_return_act", args=[rma.pk, "sent"]),
        typed={"tracking_number": "MINE"},
        meanwhile=write(rma, tracking_number="THEIRS"),
        happened=lambda: is_now(rma, tracking_number="MINE"),
    )


def moving_what_came_back() -> Case:
    rma = approved(delivered_order())
    line = rma.lines.get()
    receiving.receive(rma, {line.order_line_id: 1}, parcel=1, actor=WHO)
    found = inspecting.Found(line.pk, 1, "used", "quarantine")
    (inspection,) = inspecting.inspect(rma, [found], key="k", actor=WHO)
    return Case(
        row=inspection,
        page=reverse("admin:orders_return_move", args=[rma.pk, inspection.pk]),
        typed={"units": "1", "disposition": "write_off"},
        meanwhile=write(inspection, note="the seller wants it"),
        happened=lambda: is_now(inspection, disposition="write_off"),
    )


def cancelling_an_exchange() -> Case:
    exchange = exchanges.ask(*exchanges.order_with_sizes())
    return Case(
        row=exchange,
        page=reverse("admin:orders_exchange_cancel_exchange", args=[exchange.pk]),
        typed={"reason": "x"},
        meanwhile=write(
            exchange, attention_reason="the buyer waits for the unit", attention_since=timezone.now()
        ),
        happened=lambda: is_now(exchange, status="cancelled"),
    )


def carrying_a_claim_out() -> Case:
    order, line, _size = exchanges.order_with_sizes()
    claim = claim_of(order, line)
    answer = approving.Answer(replace={}, refund={claim.lines.get().pk: 1}, partial=Decimal(0), words="")
    approving.approve(claim, answer, actor=WHO)
    return Case(
        row=claim,
        page=reverse("admin:orders_claim_resolve_claim", args=[claim.pk]),
        meanwhile=write(claim, approved_at=timezone.now() + timedelta(seconds=1)),
        happened=lambda: is_now(claim, status="resolved"),
    )


def issuing_again() -> Case:
    invoice = Invoice.objects.get(order=make_order())
    write(invoice, status="rejected", next_try_at=None, last_error="10015")()
    return Case(
        **on_page("again", invoice),
        typed={"document_type": "DNI", "document_number": "30123456"},
        meanwhile=write(invoice.order, document_type="DNI", document_number="30999888"),
        happened=lambda: not is_now(invoice, status="rejected"),
    )


def letting_a_series_go_on() -> Case:
    series = InvoiceSeries.objects.create(
        provider="arca", letter="B", document_code=6, frozen_at=timezone.now(), foreign_from=1, foreign_to=2
    )
    return Case(
        **on_page("unfreeze", series),
        typed={"reason": "x"},
        meanwhile=write(series, foreign_to=9),
        happened=lambda: is_now(series, frozen_at=None),
    )


CASES: dict[tuple[str, str], Callable[[], Case]] = {
    ("accounts.User", "remove_second_step"): removing_the_second_step,
    ("catalog.AccessCode", "switch_off"): switching_off,
    ("catalog.WaitingEntry", "take_off"): taking_off,
    ("orders.Claim", "resolve_claim"): carrying_a_claim_out,
    ("orders.Exchange", "cancel_exchange"): cancelling_an_exchange,
    ("orders.InstallmentPlan", "cancel"): cancelling_a_plan,
    ("orders.InstallmentPlan", "waive"): waiving,
    ("orders.Invoice", "again"): issuing_again,
    ("orders.InvoiceSeries", "unfreeze"): letting_a_series_go_on,
    ("orders.Order", "prepare"): preparing,
    ("orders.Return", "act"): a_parcel_of_a_return,
    ("orders.Return", "move"): moving_what_came_back,
    ("orders.Shipment", "act"): a_tracking_number,
    ("inventory.PurchaseOrder", "close"): closing,
    ("inventory.PurchaseOrder", "place"): placing,
    ("inventory.Reservation", "release"): letting_go,
    ("inventory.Reservation", "extend"): prolonging,
    ("inventory.Reservation", "release_selected"): releasing,
    ("inventory.Transfer", "bring_back"): lambda: arriving("bring_back"),
    ("inventory.Transfer", "receive"): lambda: arriving("receive"),
    ("payments.StrayPayment", "decide"): deciding,
}


def acts() -> Iterator[tuple[str, str]]:
    """Yield every act of the back office beside the forms of rows: bulk acts, buttons, pages of its own."""
    usual = {"changelist", "add", "history", "delete", "change", "autocomplete", "<path:object_id>/"}
    for model, own in admin.site._registry.items():
        begin = f"{model._meta.app_label}_{model._meta.model_name}_"
        names = {str(pattern.name or pattern.pattern) for pattern in own.get_urls()}
        found = {name.removeprefix(begin).removeprefix("auth_user_") for name in names}
        found = {name.removeprefix(f"{model._meta.app_label}_") for name in found}
        found |= {act if isinstance(act, str) else act.__name__ for act in own.actions or ()}
        yield from ((model._meta.label, name) for name in found - usual)


def test_every_act_is_checked():
    source_verdicts = {(label, name): why for label, names in CHECKED.items() for name, why in names.items()}
    assert set(acts()) == set(source_verdicts), (
        "say in JUDGED why it can undo nobody's work, or compare (`VerbForm.compare`)"
    )
    assert {key for key, why in source_verdicts.items() if why == COMPARED} == set(CASES)
    assert not [one for one in admin.site._registry.values() if getattr(one, "list_editable", ())]


@pytest.mark.parametrize("key", sorted(CASES), ids=".".join)
def test_an_act_on_what_has_changed_meanwhile_waits_until_it_was_seen(key):
    case, client = CASES[key](), boss()
    seen = carried(client, case.page, case.asking)
    case.meanwhile()

    refused = case.send(client, seen)
    unsaid = case.send(client, {"token": seen["token"]})
    forged = case.send(client, {"token": seen["token"], "shown": "x:y:z"})
    assert [answer.status_code for answer in (refused, unsaid, forged)] == [422, 422, 422]
    assert not case.happened()
    assert not IdempotencyKey.objects.filter(key=seen["token"]).exists(), "the token is still good"

    form = refused.context["form"]
    assert len(form.non_field_errors()) == 1
    assert case.send(client, {name: form[name].value() for name in ("token", "shown")}).status_code == 302
    assert case.happened()
    assert not LogEntry.objects.exists()


def test_what_has_ended_meanwhile_is_passed_over_and_what_was_not_shown_is_left_alone():
    chosen, gone, new = a_reservation(), a_reservation(), None
    case, client = Case(**in_bulk("release_selected", chosen, gone), meanwhile=bool, happened=bool), boss()
    assert case.asking is not None
    case.asking["select_across"] = "1"
    seen = carried(client, case.page, case.asking)
    new = a_reservation()
    manual.release(reservation_id=gone.pk, reason="", actor=WHO)

    assert case.send(client, seen).status_code == 302
    assert [is_now(reservation, status="active") for reservation in (chosen, gone, new)] == [
        False,
        False,
        True,
    ]


def test_a_shopper_who_looks_into_the_cart_keeps_nobody_from_releasing_its_reservation():
    reservation = a_reservation()
    write(reservation, purpose=Reservation.Purpose.CART, cart_id=uuid7(), owner="")()
    case, client = Case(**in_bulk("release_selected", reservation), meanwhile=bool, happened=bool), boss()
    seen = carried(client, case.page, case.asking)
    write(reservation, expires_at=timezone.now() + timedelta(days=5))()

    assert case.send(client, seen).status_code == 302
    assert is_now(reservation, status="released")
