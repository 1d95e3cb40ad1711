from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    label = "orders"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Register invariants, personal data, pictures, webhooks, warnings, invoices; allauth's login signal."""
        from catalog.listing import generations
        from orders import invariants, outgoing, pictures, privacy  # noqa: F401
        from orders.cart import app_guests, merging  # noqa: F401
        from orders.checkout import mails  # noqa: F401
        from orders.claims import invariants as of_claims  # noqa: F401
        from orders.claims import outgoing as told_of_claims  # noqa: F401
        from orders.exchanges import ending  # noqa: F401
        from orders.exchanges import invariants as of_exchanges  # noqa: F401
        from orders.exchanges import outgoing as told_of_exchanges  # noqa: F401
        from orders.fulfilment import labels  # noqa: F401  (labels that carriers sold, among those printed)
        from orders.installments import offers
        from orders.shipping import health as carriers_health
        from shop.core import health

        health.contribute("carriers", carriers_health.health)
        generations.contribute(offers.generation)
        from orders.installments import text_warnings  # noqa: F401
        from orders.invoices import invariants as of_invoices  # noqa: F401
        from orders.invoices import papers, wanted  # noqa: F401
        from orders.reimbursements import invariants as of_reimbursements  # noqa: F401
