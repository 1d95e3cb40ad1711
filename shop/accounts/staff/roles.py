"""Staff roles: what a manager, a warehouse clerk, a supporter and a catalogue editor may do.

Permissions are named by text, because the roles span apps above this one. The seeded roles always have at least these
permissions (they are given again after every `migrate`, so that new models are included); for less, make another role.
"""

from collections.abc import Iterable
from typing import Final

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# The labels of the seeded roles; a role that staff made keeps its name.
_CALLED: Final[dict[str, object]] = {
    "manager": _("manager"),
    "warehouse": _("warehouse"),
    "support": _("customer support"),
    "catalogue": _("catalogue editor"),
}
_VERBS: Final[dict[str, object]] = {
    "add": _("add"),
    "change": _("change"),
    "delete": _("delete"),
    "view": _("see"),
    "approve": _("approve"),
}


def called(group: Group) -> str:
    """Return the label of a role in the reader's language."""
    return capfirst(str(_CALLED.get(group.name, group.name)))


def permission_words(permission: Permission) -> str:
    """Return a permission in the reader's language: app, what it is about, and what one may do (`see`)."""
    verb, _line, _model = permission.codename.partition("_")
    kind = permission.content_type
    model = kind.model_class()
    if model is None or verb not in _VERBS:
        return str(permission)
    app = apps.get_app_config(kind.app_label).verbose_name
    return f"{app} · {capfirst(str(model._meta.verbose_name))}: {_VERBS[verb]}"


_CATALOGUE_MODELS: Final = (
    "brand",
    "category",
    "collection",
    "collectionproduct",
    "option",
    "optionvalue",
    "product",
    "productimage",
    "supplier",
    "variant",
    "variantvalue",
)
_ORDERS: Final = (
    "cart",
    "cartline",
    "checkoutsession",
    "checkoutline",
    "order",
    "orderline",
    "addresssnapshot",
    "withdrawalrequest",
    "cancellation",
    "cancellationline",
    "reimbursement",
    "reimbursementline",
    "return",
    "returnline",
    "returnfile",
    "returnreceipt",
    "returnreceiptline",
    "inspection",
    "returndecision",
    "returndecisionline",
    "returnpolicy",
    "returnreason",
    "exchange",
    "exchangecharge",
    "replacement",
    "claim",
    "claimline",
    "claimfile",
    "invoice",
    "invoiceline",
    "invoicemessage",
    "invoiceseries",
)
# The shop's own instalments. Acts on a plan: changing it; waiving an amount: adding an event.
_PLANS: Final = ("installmentoffer", "installmentplan", "installment", "installmentevent", "installmentbill")
_PAYMENTS: Final = (
    "paymentattempt",
    "payment",
    "refund",
    "refundline",
    "reimbursementpart",
    "bankrequest",
    "transferinstruction",
    "transferreceipt",
    "dispute",
    "webhookevent",
)
_STOCK: Final = (
    "location",
    "stocklevel",
    "stockmovement",
    "reservation",
    "transfer",
    "transferline",
    "stockcheck",
    "stockviolation",
    "stockrepair",
)


def _all(app: str, models: Iterable[str]) -> set[str]:
    return {f"{app}.{verb}_{model}" for model in models for verb in ("view", "add", "change", "delete")}


def _view(app: str, models: Iterable[str]) -> set[str]:
    return {f"{app}.view_{model}" for model in models}


# Preparing adds a shipment; packing it, sending it and every other act changes it.
_SEND: Final = _view("orders", ("shipment", "shipmentline", "parcel", "labelpurchase", "trackingevent")) | {
    "orders.add_shipment",
    "orders.change_shipment",
}
_SEE_CATALOGUE: Final = _view("catalog", (*_CATALOGUE_MODELS, "pricechange", "searchmiss", "searchsynonyms"))
# Early access is granted by the role that plans drops.
_DROPS: Final = _all("catalog", ("accesscode", "customergroup", "earlyopening")) | {
    "catalog.view_accessgrant",
    "catalog.add_accessgrant",
    "catalog.delete_accessgrant",
    "catalog.view_waitingentry",
    "catalog.change_waitingentry",
}
# Receiving and adjusting write a movement; releasing ends a reservation.
_MOVE_STOCK: Final = {
    "inventory.add_stockmovement",
    "inventory.change_stocklevel",
    "inventory.change_reservation",
}
# Uploading a file; the permissions of what it changes are checked besides (the catalogue's or the ledger's own
# permissions).
_PURCHASES: Final = ("purchaseorder", "purchaseorderline", "purchasereceipt", "purchasereceiptline")
_COUNTS: Final = ("stockcount", "stockcountline", "stockcountentry")
_ALERTS: Final = ("stockalert", "alertfiring")
# The warehouse receives deliveries and counts; approving a count also depends on its size.
_WAREHOUSE: Final = _view("inventory", (*_PURCHASES, *_COUNTS, *_ALERTS)) | {
    "inventory.add_purchasereceipt",
    "inventory.add_stockcount",
    "inventory.approve_stockcount",
}
_BUY: Final = {
    *_all("inventory", ("stockalert",)),
    *(
        f"inventory.{verb}_{model}"
        for verb in ("add", "change")
        for model in ("purchaseorder", "purchaseorderline")
    ),
    "inventory.delete_purchaseorderline",
}
_IMPORT: Final = {"inventory.view_importjob", "inventory.add_importjob"}
# The list of exports shows each only those whose contents they may see, and so does the file itself.
_EXPORT: Final = {"inventory.view_exportjob"}
_EDIT_CATALOGUE: Final = (
    _SEE_CATALOGUE
    | _IMPORT
    | _EXPORT
    | _all("catalog", (*_CATALOGUE_MODELS, "searchsynonyms"))
    - {
        # Products and variants are taken off sale, not deleted: orders and the ledger refer to them.
        "catalog.delete_product",
        "catalog.delete_variant",
    }
)

# Bank transfers: confirming money, uploading statements, matching their lines.
_STATEMENTS: Final = _view("payments", ("bankcredit", "bankstatement", "statementcolumns")) | {
    "payments.add_bankcredit",
    "payments.change_bankcredit",
    "payments.add_bankstatement",
}
# The providers' payments and payouts, for accounting.
_BOOKS: Final = _view("payments", ("providerwatch", "straypayment", "payoutreport", "payoutline")) | {
    "payments.change_providerwatch",
    "payments.change_straypayment",
    "payments.add_payoutreport",
    "payments.change_payoutline",
}

# Which systems are told what happens in the shop; sending a message again changes a delivery.
_WEBHOOKS: Final = _view("core", ("outgoingendpoint", "outgoingdelivery")) | {
    "core.add_outgoingendpoint",
    "core.change_outgoingendpoint",
    "core.change_outgoingdelivery",
}

# Answering and deciding about returns, exchanges and claims is the office's; counting and inspecting what comes back is
# the warehouse's. Paying back what was decided asks for the permission of refunds.
_RETURNS: Final = {
    "orders.change_return",
    "orders.add_return",
    "orders.add_returndecision",
    "orders.change_exchange",
    "orders.add_claim",
    "orders.change_claim",
}
_RECEIVE: Final = {"orders.add_returnreceipt", "orders.add_inspection"}

ROLES: Final[dict[str, set[str]]] = {
    "manager": {
        *_EDIT_CATALOGUE,
        *_DROPS,
        *_view("inventory", _STOCK),
        *_MOVE_STOCK,
        *_WAREHOUSE,
        *_BUY,
        "inventory.add_stockcheck",
        "inventory.add_stockrepair",
        "inventory.add_location",
        "inventory.change_location",
        *_view("orders", (*_ORDERS, "shippingmethod", "shippingrate", "shippingzone")),
        *_view("orders", ("labelpurchase", "trackingevent")),
        *_all("orders", ("shippingmethod", "shippingrate", "shippingzone")),
        "orders.change_order",
        "orders.add_cancellation",
        "orders.change_invoice",
        "orders.change_invoiceseries",
        "orders.change_withdrawalrequest",
        *_RETURNS,
        *_RECEIVE,
        "orders.add_returnpolicy",
        "orders.change_returnpolicy",
        "orders.add_returnreason",
        "orders.change_returnreason",
        "orders.add_orderpick",
        *_SEND,
        *_view("orders", _PLANS),
        "orders.view_paymentmethod",
        "orders.add_paymentmethod",
        "orders.change_paymentmethod",
        "orders.add_installmentoffer",
        "orders.change_installmentoffer",
        "orders.change_installmentplan",
        "orders.add_installmentevent",
        *_view("payments", _PAYMENTS),
        "payments.add_refund",
        "payments.change_dispute",
        "payments.change_refund",
        # Deciding about unmatched money; refreshing from the provider.
        "payments.change_payment",
        "payments.change_paymentattempt",
        "payments.see_bank_data",
        "payments.change_webhookevent",
        *_BOOKS,
        *_STATEMENTS,
        *_view("accounts", ("user", "profile", "address", "erasurerequest")),
        "accounts.add_erasurerequest",
        "accounts.change_user",
        "accounts.change_profile",
        *_view("core", ("emaillog", "event", "jobrun", "counter")),
        "core.change_emaillog",
        "core.add_jobrun",
        *_WEBHOOKS,
        # Every page, file and answer of the reports asks for this one alone.
        "reports.view_report",
    },
    "warehouse": {
        *_SEE_CATALOGUE,
        *_view("inventory", _STOCK),
        *_MOVE_STOCK,
        *_WAREHOUSE,
        *_IMPORT,
        *_EXPORT,
        *_view("orders", ("order", "orderline", "addresssnapshot")),
        *_view("orders", ("return", "returnline", "returnfile", "returnreceipt", "inspection")),
        *_RECEIVE,
        "orders.add_orderpick",
        *_SEND,
    },
    "support": {
        *_SEE_CATALOGUE,
        "catalog.view_waitingentry",
        "catalog.change_waitingentry",
        "catalog.view_accessgrant",
        "catalog.view_accesscode",
        *_view("inventory", _STOCK),
        "inventory.change_reservation",
        *_EXPORT,
        *_view("orders", (*_ORDERS, "shipment", "shipmentline", "parcel", "labelpurchase", "trackingevent")),
        "orders.change_order",
        "orders.add_cancellation",
        "orders.change_withdrawalrequest",
        *_RETURNS,
        *_view("orders", _PLANS),
        "orders.change_installmentplan",
        *_view("payments", _PAYMENTS),
        *_view("payments", ("straypayment", "providerwatch", "bankcredit")),
        "payments.add_refund",
        "payments.change_dispute",
        "payments.change_paymentattempt",
        *_view("accounts", ("user", "profile", "address")),
        "accounts.change_profile",
        *_view("core", ("emaillog", "event")),
        "core.change_emaillog",
    },
    "catalogue": {*_EDIT_CATALOGUE, *_DROPS, *_view("inventory", ("location", "stocklevel"))},
}


def seed() -> dict[str, int]:
    """Make the roles that are missing and give every one its permissions; return how many each has. Repeatable.

    A permission whose model does not exist (yet) is skipped.
    """
    known = {
        f"{app}.{codename}": key
        for key, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    counts = {}
    for name, wanted in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*[known[permission] for permission in sorted(wanted) if permission in known])
        counts[name] = len(wanted & known.keys())
    return counts


def seed_after_migrate(app_config: AppConfig, **kwargs: object) -> None:
    """Seed when the last app has been migrated: permissions are made app by app, after each one."""
    with_models = [config for config in apps.get_app_configs() if config.models_module is not None]
    if app_config == with_models[-1]:
        seed()
