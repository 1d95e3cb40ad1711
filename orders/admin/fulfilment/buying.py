"""The page before the labels of many shipments are bought: what each costs, and the sum."""

from collections.abc import Collection
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from orders.fulfilment import label_costs
from shop.core.backoffice.verb_forms import AnyAdmin


def confirm_page(
    model_admin: AnyAdmin, request: HttpRequest, keys: Collection[UUID], *, back: str
) -> HttpResponse:
    """Show of each chosen shipment carrier, service and quoted price, and the sum; nothing is bought yet."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Buy these labels?"),
        "costs": label_costs.of(keys),
        "back": back,
    }
    return TemplateResponse(request, "admin/orders/shipment/buy_labels.html", context)
