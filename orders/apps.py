from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    label = "orders"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Listen to django-allauth (who signs in keeps the cart filled as a guest), and tell what must be true.

        Hear of pictures that get another address, too.
        """
        from orders import invariants, pictures  # noqa: F401
        from orders.cart import merging  # noqa: F401
        from orders.checkout import mails  # noqa: F401
