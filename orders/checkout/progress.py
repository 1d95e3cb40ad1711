"""How far a checkout got: the step that it reached, for statistics of where checkouts end."""

from django.db.models import Case, CharField, Exists, OuterRef, TextChoices, Value, When
from django.utils.translation import gettext_lazy as _

from orders.models import CheckoutSession


class Step(TextChoices):
    """The last step that a checkout reached, the first one first."""

    CONTACT = "contact", _("contact and address")
    DELIVERY = "delivery", _("delivery")
    PAYMENT = "payment", _("choice of payment")
    PROVIDER = "provider", _("payment page")
    REFUSED = "refused", _("payment refused")
    WAITING = "waiting", _("voucher or review")
    DONE = "done", _("sold")


def reached() -> Case:
    """Return the step that a session reached, as an expression: of one that became an order it is `DONE`.

    `PROVIDER`: it was sent to pay, and nothing came back. `REFUSED`: a payment of it was refused. `WAITING`: a voucher
    or a payment under review was waited for.
    """
    # Payments are above orders in the import order: they are reached through the reverse relations.
    mine = CheckoutSession.objects.filter(pk=OuterRef("pk"))
    waited = mine.filter(attempts__voucher_until__isnull=False)
    under_review = mine.filter(attempts__payments__status__in=["pending", "authorized"])
    return Case(
        When(status=CheckoutSession.Status.COMPLETED, then=Value(Step.DONE)),
        When(email="", then=Value(Step.CONTACT)),
        When(shipping_name="", then=Value(Step.DELIVERY)),
        When(~Exists(mine.filter(attempts__isnull=False)), then=Value(Step.PAYMENT)),
        When(Exists(waited) | Exists(under_review), then=Value(Step.WAITING)),
        When(
            Exists(mine.filter(attempts__payments__status__in=["rejected", "cancelled"])),
            then=Value(Step.REFUSED),
        ),
        default=Value(Step.PROVIDER),
        output_field=CharField(),
    )
