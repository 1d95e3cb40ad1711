"""An order's timeline for its buyer: what has happened, what is happening, what comes next."""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders import moments as entries
from orders.fulfilment import holds, remaining, shipments
from orders.models import (
    Cancellation,
    CheckoutSession,
    InstallmentBill,
    InstallmentPlan,
    MoneyState,
    Order,
    Shipment,
    ShippingMethod,
)
from orders.moments import Moment, Pace, after_the_sale
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.read_ahead import Wanted, of
from shop.core.models import EmailLog, Event

__all__ = ["Moment", "Pace", "timeline"]


def timeline(order: Order) -> list[Moment]:
    """Return the order's timeline, oldest first: what happened, then what is happening, then what comes next.

    Internal events (retries, webhooks, staff notes) are left out.
    """
    parts = list(shipments.of_order(order))
    has_left = any(one.status in Shipment.LEFT for one in parts)
    moments = [*_of_sending(order, parts), *after_the_sale(order, has_left=has_left)]
    dated = [one for one in moments if one.at and one.pace == Pace.DONE]
    rest = [one for one in moments if not (one.at and one.pace == Pace.DONE)]
    dated.sort(key=lambda one: one.at or order.placed_at)
    return [*dated, *sorted(rest, key=lambda one: _PACES[one.pace])]


def _sent(dedupe_key: str) -> "QuerySet[EmailLog]":
    return EmailLog.objects.filter(dedupe_key=dedupe_key, sent_at__isnull=False).order_by()


def _shipped_by(checkout_id: UUID) -> "QuerySet[CheckoutSession]":
    related = ("shipping_rate__method", "shipping_quote__method")
    return CheckoutSession.objects.filter(pk=checkout_id).select_related(*related)


_CANCELLATIONS: Final = KeptQuery(
    lambda key: Cancellation.objects.filter(order_id=key).order_by("created_at"), UUID
)
_SENT: Final = KeptQuery(_sent, str)
_SHIPPED_BY: Final = KeptQuery(_shipped_by, UUID)


def _confirmation(order: Order) -> str:
    return f"order-confirmation:{order.pk}"


def ahead(order: Order) -> list[Wanted]:
    """Return what a timeline asks of every order."""
    return [
        *shipments.ahead(order),
        *entries.ahead(order),
        (_CANCELLATIONS, order.pk),
        (_SENT, _confirmation(order)),
        (_SHIPPED_BY, order.checkout_id),
        (holds.ACTIVE, order.pk),
    ]


# What is over and has no instant stands after what has one.
_PACES: Final = {Pace.DONE: 0, Pace.NOW: 1, Pace.AHEAD: 2}


def _of_sending(order: Order, parts: list[Shipment]) -> list[Moment]:
    """Return what happened between the purchase and its delivery, or its end."""
    plan: InstallmentPlan | None = getattr(order, "plan", None)
    moments = [_begun(order, plan)]
    moments += _confirmed(order)
    cancellations = of(order, _CANCELLATIONS, order.pk)
    prefetch_related_objects(cancellations, "lines__order_line")
    moments += [_cancelled_part(made) for made in cancellations if not made.is_whole]
    if order.status == Order.Status.CANCELLED:
        words = _("What you paid goes back to you.") if order.money.paid else _("You owe nothing.")
        is_wanted = any(made.is_whole for made in cancellations)
        if plan is not None and not order.money.paid and not is_wanted:
            words = _("The first instalment was not paid in time. You owe nothing.")
        return [*moments, _end(order, Order.Status.CANCELLED, _("Cancelled"), words)]
    if plan is not None:
        moments += _paid_of(plan)
    sent = [one for one in parts if one.status in Shipment.LEFT]
    moments += [moment for one in sent for moment in _of_shipment(one, len(sent))]
    if order.is_off:
        return [*moments, _gone(order.money.state)]
    if order.status == Order.Status.COMPLETED:
        if sent:
            return moments
        return [*moments, _end(order, Order.Status.COMPLETED, _("Delivered"), _("Enjoy it."))]
    if plan is not None and plan.status == InstallmentPlan.Status.AWAITING:
        words = _("We prepare your order once it is paid.")
        return [*moments, Moment(_("The first instalment is to be paid"), words, Pace.NOW)]
    still_here = _not_sent(order) if sent else []
    if sent and not still_here:
        return moments
    if holds.holds_of(order):
        # The reason is for the staff only: a disputed payment, or something to be settled with the buyer.
        words = _("It waits until a question about it is settled. Write to us with any doubt.")
        return [*moments, Moment(_("On hold"), words, Pace.NOW)]
    waiting = [one for one in parts if one.status == Shipment.Status.PENDING]
    title = _("We are preparing it")
    if sent:
        is_instead = all(still_here)
        title = _("We are preparing what you get instead") if is_instead else _("We are preparing the rest")
    return [*moments, *_still_here(order, waiting, title)]


def _not_sent(order: Order) -> list[UUID | None]:
    """Return for each line of which something is still to be sent the line that it replaces, if any."""
    unsent = remaining.lines().filter(order=order, unsent__gt=0)
    return list(unsent.values_list("replaces", flat=True))


def _confirmed(order: Order) -> list[Moment]:
    return [
        Moment(_("Confirmation sent"), _("To %(email)s.") % {"email": mail.to}, Pace.DONE, mail.sent_at)
        for mail in of(order, _SENT, _confirmation(order))
    ]


def _still_here(order: Order, waiting: list[Shipment], title: str) -> list[Moment]:
    """Return the entries of what has not left yet; `waiting` is being packed."""
    ready = next((one for one in waiting if one.ready_for_pickup_at), None)
    if ready is not None:
        words = _(
            "You can fetch it at our store. Bring a document with your name, and the number of the order."
        )
        return [Moment(_("It waits for you"), words, Pace.NOW, ready.ready_for_pickup_at)]
    packed = any(one.packed_at for one in waiting)
    words = _("It is packed and leaves soon.") if packed else _("We pack it in our workshop.")
    now = Moment(title, words, Pace.NOW)
    if is_pickup(order):
        return [now, Moment(_("You fetch it"), _("We write to you when you can fetch it."), Pace.AHEAD)]
    words = _("With %(method)s. You get an e-mail when it leaves.") % {"method": order.shipping_name}
    return [now, Moment(_("It goes to you"), words, Pace.AHEAD)]


def _of_shipment(shipment: Shipment, number: int) -> list[Moment]:
    """Return the entries of a shipment that has left; of several each names what is in it."""
    lines = (
        ""
        if number == 1
        else ", ".join(f"{line.quantity} × {line.order_line.name}" for line in shipment.lines.all())
    )
    with_whom = shipment.carrier or shipment.method_name
    parts = [
        _("With %(method)s.") % {"method": with_whom} if with_whom and not shipment.is_pickup else "",
        lines,
    ]
    if shipment.tracking_number:
        parts.append(_("Tracking number %(number)s.") % {"number": shipment.tracking_number})
    words = " ".join(part for part in parts if part)
    is_over = shipment.status != Shipment.Status.SHIPPED
    found = []
    if not shipment.is_pickup:
        pace = Pace.DONE if is_over or shipment.ready_for_pickup_at else Pace.NOW
        found.append(
            Moment(_("It is on its way"), words, pace, shipment.shipped_at, url=shipment.tracking_url)
        )
        if shipment.ready_for_pickup_at:
            where = shipment.branch_name
            pace = Pace.DONE if is_over else Pace.NOW
            found.append(Moment(_("It waits for you"), where, pace, shipment.ready_for_pickup_at))
    if shipment.delivered_at:
        title = _("You fetched it") if shipment.is_pickup else _("Delivered")
        found.append(Moment(title, lines or _("Enjoy it."), Pace.DONE, shipment.delivered_at))
    if shipment.status == Shipment.Status.RETURNED and not shipment.sent_again_at:
        words = _("The parcel came back to us. We write to you about what comes next.")
        found.append(Moment(_("It came back to us"), words, Pace.NOW, shipment.returned_at))
    return found


def _begun(order: Order, plan: InstallmentPlan | None) -> Moment:
    """Return the first entry: paid when it was placed, or sold in instalments."""
    if plan is None:
        return Moment(_("Payment received"), _("Your order is confirmed."), Pace.DONE, order.placed_at)
    words = ngettext("You pay it in %d instalment.", "You pay it in %d instalments.", plan.count) % plan.count
    return Moment(_("Order placed"), words, Pace.DONE, order.placed_at)


def _paid_of(plan: InstallmentPlan) -> list[Moment]:
    """Return the entries of the first payment of a plan and of its last (one query)."""
    paid = plan.bills.filter(status=InstallmentBill.Status.PAID).order_by("paid_at")
    instants = list(paid.values_list("paid_at", flat=True))
    if not instants:
        return []
    found = [Moment(_("First payment received"), _("Your order is confirmed."), Pace.DONE, instants[0])]
    if plan.status == InstallmentPlan.Status.PAID:
        words = _("Nothing is owed any more.")
        found.append(Moment(_("Everything is paid"), words, Pace.DONE, plan.settled_at or instants[-1]))
    return found


def _cancelled_part(made: Cancellation) -> Moment:
    """Return the entry of a cancellation that left something of the order: what is not sent any more."""
    units = ", ".join(f"{line.quantity} × {line.order_line.name}" for line in made.lines.all())
    is_mine = made.by == Cancellation.By.SHOPPER
    title = _("You cancelled a part") if is_mine else _("We cancelled a part")
    return Moment(title, units, Pace.DONE, made.created_at)


def _gone(state: MoneyState) -> Moment:
    """Return the last entry of an order whose money has gone: nothing is sent any more."""
    if state == MoneyState.CHARGED_BACK:
        words = _("Your bank took the payment back, so nothing more is sent.")
        return Moment(_("Charged back"), words, Pace.DONE)
    if state == MoneyState.GOING:
        return Moment(_("Your money is on its way back"), _("All that you paid goes back to you."), Pace.NOW)
    return Moment(_("Refunded"), _("All that you paid has gone back to you."), Pace.DONE)


def is_pickup(order: Order) -> bool:
    """Say whether the buyer fetches the order."""
    if order.shipping_address_id is None:
        return True
    (session,) = of(order, _SHIPPED_BY, order.checkout_id)
    method = session.shipping_method
    return method is not None and method.kind == ShippingMethod.Kind.PICKUP


def _end(order: Order, state: str, title: str, words: str) -> Moment:
    event = Event.objects.filter(subject_type="orders.order", subject_id=order.pk, to_state=state).last()
    return Moment(title, words, Pace.DONE, event.occurred_at if event else order.updated_at)
