"""The figures of the parcels on the back office's first page."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.fulfilment import queues
from shop.reports.figure import Figure


def figures() -> list[Figure]:
    """Return how many wait to be packed (with the orders of which nothing is prepared yet), to be sent, for a decision.

    One statement about shipments, and two about orders, however many there are.
    """
    waiting, unprepared = queues.numbers(), queues.unprepared().number
    page = reverse("admin:orders_shipment_queues")
    without_label = ngettext("and %d without a label", "and %d without a label", waiting["packed"])
    return [
        Figure(
            _("Parcels to pack"),
            str(waiting["to_pack"] + unprepared),
            _("%d of them not prepared yet") % unprepared if unprepared else "",
            f"{page}?queue=to_pack",
        ),
        Figure(
            _("Parcels to send"),
            str(waiting["to_send"]),
            without_label % waiting["packed"] if waiting["packed"] else "",
            f"{page}?queue={'to_send' if waiting['to_send'] or not waiting['packed'] else 'packed'}",
        ),
        Figure(
            _("Parcels that need attention"),
            str(waiting["exception"]),
            url=f"{page}?queue=exception",
            tone="error" if waiting["exception"] else "ok",
        ),
    ]
