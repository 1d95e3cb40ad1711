"""An order told to its buyer: what has happened, what is happening, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from orders import fulfilment
from orders.models import Order, ShippingMethod
from shop.core.models import EmailLog, Event


class Pace(StrEnum):
    """Whether a moment is behind, now, or ahead."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `at` None: it has not happened yet, or its instant says nothing to the buyer."""

    title: str
    words: str
    pace: Pace
    at: datetime | None = None


def story(order: Order) -> list[Moment]:
    """Return the order's story, oldest first. Internal events (retries, webhooks, staff notes) are not told."""
    told = [Moment(_("Payment received"), _("Your order is confirmed."), Pace.DONE, order.placed_at)]
    mail = EmailLog.objects.filter(dedupe_key=f"order-confirmation:{order.pk}", sent_at__isnull=False).first()
    if mail is not None:
        told.append(
            Moment(_("Confirmation sent"), _("To %(email)s.") % {"email": mail.to}, Pace.DONE, mail.sent_at)
        )
    if order.status == Order.Status.CANCELLED:
        return [
            *told,
            _end(order, Order.Status.CANCELLED, _("Cancelled"), _("What you paid goes back to you.")),
        ]
    if order.status == Order.Status.COMPLETED:
        return [*told, _end(order, Order.Status.COMPLETED, _("Delivered"), _("Enjoy it."))]
    if fulfilment.holds_of(order):
        # Why is the staff's: a payment that is disputed, or something to be cleared with the buyer.
        words = _("It waits until a question about it is settled. Write to us with any doubt.")
        return [*told, Moment(_("On hold"), words, Pace.NOW)]
    told.append(Moment(_("We are preparing it"), _("We pack it in our workshop."), Pace.NOW))
    if is_pickup(order):
        return [
            *told,
            Moment(_("Ready to be fetched"), _("We write to you as soon as it waits for you."), Pace.AHEAD),
        ]
    return [
        *told,
        Moment(_("On its way"), _("You get an e-mail with the tracking number."), Pace.AHEAD),
        Moment(_("Delivered"), "", Pace.AHEAD),
    ]


def is_pickup(order: Order) -> bool:
    """Say whether the buyer fetches the order."""
    rate = order.checkout.shipping_rate
    return order.shipping_address_id is None or (
        rate is not None and rate.method.kind == ShippingMethod.Kind.PICKUP
    )


def _end(order: Order, state: str, title: str, words: str) -> Moment:
    event = Event.objects.filter(subject_type="orders.order", subject_id=order.pk, to_state=state).last()
    return Moment(title, words, Pace.DONE, event.occurred_at if event else order.updated_at)
