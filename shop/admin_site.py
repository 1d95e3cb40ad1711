"""django-unfold's configuration: the back office's colours and sidebar."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from shop.core.web.context import shop_facts


def _shop_name(request: HttpRequest) -> str:
    return str(shop_facts()["name"])


@cache
def _path(name: str, _script_prefix: str) -> str:
    return reverse(name)


def _address_of(name: str) -> Any:
    """Return the path of a view, worked out when it is first read: every page reads that of every entry, twice."""
    return lazy(lambda: _path(name, get_script_prefix()), str)()


def _may_see(model: str) -> Callable[[HttpRequest], bool]:
    """Return a check whether the user may see this model (`orders.order`)."""
    app, name = model.split(".")
    return lambda request: bool(request.user.has_perm(f"{app}.view_{name}"))


def _entry(title: Any, icon: str, model: str, query: str = "") -> dict[str, Any]:
    """Return one entry of the sidebar, shown to those who may see its model."""
    address = _address_of(f"admin:{model.replace('.', '_')}_changelist")
    link = lazy(lambda: f"{address}{query}", str)() if query else address
    entry: dict[str, Any] = {"title": title, "icon": icon, "link": link, "permission": _may_see(model)}
    return entry | {"active": _is_asked_so(address, query)} if query else entry


def _is_asked_so(address: Any, query: str) -> Callable[[HttpRequest], bool]:
    """Return a check whether the list is shown with this query: a filtered entry shares its list's URL."""
    # Not a QueryDict: that needs the settings, which import this file while they are being loaded.
    wanted = dict(parse_qsl(query.removeprefix("?")))
    return lambda request: request.path == str(address) and wanted.items() <= request.GET.dict().items()


def _is_below(address: Any, *, but: Any) -> Callable[[HttpRequest], bool]:
    """Return a check whether a page below `address` is shown, and none of the entry below it."""
    return lambda request: request.path.startswith(str(address)) and not request.path.startswith(str(but))


_ORDERS = _address_of("admin:orders_order_changelist")
_PICK = _address_of("admin:orders_order_pick")
_QUEUES = _address_of("admin:orders_shipment_queues")
_CARRIERS = _address_of("admin:orders_carriers")
_SHIPMENTS = _address_of("admin:orders_shipment_changelist")
_PLANS = _address_of("admin:orders_installmentplan_changelist")
_CALLS = _address_of("admin:orders_installmentplan_to_call")
_REPORTS = _address_of("admin:reports_report_changelist")
_AGES = _address_of("admin:orders_installmentplan_aging")
NAVIGATION: list[dict[str, Any]] = [
    {"items": [{"title": _("Today"), "icon": "today", "link": _address_of("admin:index")}]},
    {
        "title": _("Sales"),
        "separator": True,
        "items": [
            _entry(_("Orders"), "receipt_long", "orders.order") | {"active": _is_below(_ORDERS, but=_PICK)},
            {
                "title": _("Pick list"),
                "icon": "shelves",
                "link": _PICK,
                "permission": _may_see("orders.order"),
            },
            {
                "title": _("Shipments"),
                "icon": "package",
                "link": _QUEUES,
                "permission": _may_see("orders.shipment"),
                "active": lambda request: request.path.startswith(str(_SHIPMENTS)),
            },
            _entry(_("Checkouts"), "shopping_cart_checkout", "orders.checkoutsession"),
            _entry(_("Carts"), "shopping_bag", "orders.cart"),
            _entry(_("Returns"), "assignment_return", "orders.return"),
            _entry(_("Withdrawals"), "undo", "orders.withdrawalrequest"),
            _entry(_("Exchanges"), "swap_horiz", "orders.exchange"),
            _entry(_("Claims"), "report", "orders.claim"),
            _entry(_("Shipping methods"), "local_shipping", "orders.shippingmethod"),
            _entry(_("Terms of returns"), "policy", "orders.returnpolicy"),
            _entry(_("Reasons of returns"), "help", "orders.returnreason"),
            _entry(_("Shipping zones"), "map", "orders.shippingzone"),
            {
                "title": _("Carriers"),
                "icon": "conveyor_belt",
                "link": _CARRIERS,
                "permission": _may_see("orders.shippingmethod"),
                "active": lambda request: request.path.startswith(str(_CARRIERS)),
            },
            _entry(_("Labels"), "label", "orders.labelpurchase"),
            {
                "title": _("Reports"),
                "icon": "bar_chart",
                "link": _address_of("admin:reports_report_sales"),
                "permission": _may_see("reports.report"),
                "active": lambda request: request.path.startswith(str(_REPORTS)),
            },
        ],
    },
    {
        "title": _("Stock"),
        "separator": True,
        "items": [
            _entry(_("Levels"), "inventory_2", "inventory.stocklevel"),
            _entry(_("Movements"), "swap_vert", "inventory.stockmovement"),
            _entry(_("Holds"), "hourglass_top", "inventory.reservation"),
            _entry(_("Kept aside"), "bookmark", "inventory.reservation", "?purpose__exact=manual&now=live"),
            _entry(_("Transfers"), "move_up", "inventory.transfer"),
            _entry(_("Locations"), "warehouse", "inventory.location"),
            _entry(_("Purchase orders"), "local_mall", "inventory.purchaseorder"),
            _entry(_("Deliveries"), "package_2", "inventory.purchasereceipt"),
            _entry(_("Counts"), "fact_check", "inventory.stockcount"),
            _entry(_("Checks"), "rule", "inventory.stockcheck"),
            _entry(_("Repairs"), "build", "inventory.stockrepair"),
            _entry(_("Alerts"), "notifications", "inventory.stockalert"),
            _entry(_("Triggered alerts"), "notification_important", "inventory.alertfiring"),
            _entry(_("Import and export"), "swap_horiz", "inventory.importjob"),
            _entry(_("Exports"), "download", "inventory.exportjob"),
        ],
    },
    {
        "title": _("Catalogue"),
        "separator": True,
        "items": [
            _entry(_("Products"), "checkroom", "catalog.product"),
            _entry(_("Variants"), "barcode", "catalog.variant"),
            _entry(_("Collections and drops"), "bolt", "catalog.collection"),
            _entry(_("Access codes"), "confirmation_number", "catalog.accesscode"),
            _entry(_("Customer groups"), "groups", "catalog.customergroup"),
            _entry(_("Early access"), "key", "catalog.accessgrant"),
            _entry(_("Waiting lists"), "notifications_active", "catalog.waitingentry"),
            _entry(_("Synonyms"), "translate", "catalog.searchsynonyms"),
            _entry(_("Searched in vain"), "search_off", "catalog.searchmiss"),
            _entry(_("Categories"), "account_tree", "catalog.category"),
            _entry(_("Options"), "palette", "catalog.option"),
            _entry(_("Brands"), "sell", "catalog.brand"),
            _entry(_("Suppliers"), "factory", "catalog.supplier"),
            _entry(_("Price history"), "timeline", "catalog.pricechange"),
        ],
    },
    {
        "title": _("Money"),
        "separator": True,
        "items": [
            _entry(_("Payments"), "payments", "payments.payment"),
            _entry(_("Attempts"), "open_in_new", "payments.paymentattempt"),
            _entry(_("Bank transfers"), "price_check", "payments.transferinstruction"),
            _entry(_("Credits on the account"), "savings", "payments.bankcredit"),
            _entry(_("Bank statements"), "receipt_long", "payments.bankstatement"),
            _entry(_("Bank data"), "account_balance", "payments.bankrequest"),
            _entry(_("Refunds"), "currency_exchange", "payments.refund"),
            _entry(_("Reimbursements"), "undo", "orders.reimbursement"),
            _entry(_("Invoices"), "description", "orders.invoice"),
            _entry(_("Invoice series"), "pin", "orders.invoiceseries"),
            _entry(_("Disputes"), "gavel", "payments.dispute"),
            _entry(_("Instalment plans"), "calendar_month", "orders.installmentplan")
            | {
                "active": lambda request: (
                    _is_below(_PLANS, but=_CALLS)(request) and not request.path.startswith(str(_AGES))
                )
            },
            {
                "title": _("Overdue instalments"),
                "icon": "call",
                "link": _CALLS,
                "permission": _may_see("orders.installmentplan"),
            },
            {
                "title": _("Instalments by age"),
                "icon": "schedule",
                "link": _AGES,
                "permission": _may_see("orders.installmentplan"),
            },
            _entry(_("Instalment offers"), "sell", "orders.installmentoffer"),
            _entry(_("Payment methods"), "credit_card", "orders.paymentmethod"),
            _entry(_("Webhooks"), "webhook", "payments.webhookevent"),
            _entry(_("Without a purchase"), "help_center", "payments.straypayment"),
            _entry(_("Payout reports"), "account_balance", "payments.payoutreport"),
            _entry(_("Lists and webhooks"), "sync", "payments.providerwatch"),
        ],
    },
    {
        "title": _("Shop"),
        "separator": True,
        "items": [
            _entry(_("People"), "group", "accounts.user"),
            _entry(_("Erasures"), "person_remove", "accounts.erasurerequest"),
            _entry(_("Roles"), "badge", "auth.group"),
            _entry(_("E-mails"), "mail", "core.emaillog"),
            _entry(_("Webhook endpoints"), "output", "core.outgoingendpoint"),
            _entry(_("Webhook deliveries"), "outbox", "core.outgoingdelivery"),
            _entry(_("Jobs"), "manufacturing", "core.jobrun"),
            _entry(_("Events"), "history", "core.event"),
            _entry(_("Counters"), "pin", "core.counter"),
        ],
    },
]

# Warm greys between paper #f4f1ea and ink #16150f; the accent #ff4a1c is 500. Buttons use 600, on which white words
# have a contrast of 5:1 (on the accent itself they would have 3.3:1).
COLORS: dict[str, dict[str, str]] = {
    "base": {
        "50": "#faf8f4",
        "100": "#f4f1ea",
        "200": "#e4dfd3",
        "300": "#d0c9ba",
        "400": "#9d9687",
        "500": "#6f6b60",
        "600": "#55524a",
        "700": "#3a382f",
        "800": "#26251e",
        "900": "#16150f",
        "950": "#0d0c09",
    },
    "primary": {
        "50": "#fff3ef",
        "100": "#ffe4db",
        "200": "#ffc8b8",
        "300": "#ffa187",
        "400": "#ff7550",
        "500": "#ff4a1c",
        "600": "#c8350d",
        "700": "#a62b0b",
        "800": "#87250d",
        "900": "#6f2310",
        "950": "#3d0e04",
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _shop_name,
    "SITE_HEADER": _shop_name,
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "checkroom",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "0px",
    "COLORS": COLORS,
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [
        lambda request: static("js/admin-sorting.js"),
        lambda request: static("js/admin-focus.js"),
        lambda request: static("js/admin-pictures.js"),
    ],
    "DASHBOARD_CALLBACK": "shop.reports.dashboard.figures",
    "ACCOUNT": {
        "navigation": [
            {"title": _("Your account"), "link": _address_of("accounts:overview")},
            {"title": _("Two-step sign-in"), "link": _address_of("mfa_index")},
        ]
    },
    "COMMAND": {"search_callback": "shop.core.backoffice.command_palette.found"},
    "SIDEBAR": {"show_search": False, "command_search": True, "navigation": NAVIGATION},
}
