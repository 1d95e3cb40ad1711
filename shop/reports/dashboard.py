"""The first page of the back office: today's figures, and what needs attention. A few queries, by permission."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import SearchMiss
from inventory.models import Reservation, StockLevel
from inventory.reservations import concentration
from orders.checkout import statistics
from orders.installments import overdue
from orders.models import CheckoutSession, Installment, InstallmentPlan, Order
from orders.models.money import awaiting_money
from payments import outages
from payments.models import (
    BankCredit,
    Dispute,
    Payment,
    PayoutLine,
    Refund,
    StrayPayment,
    WebhookEvent,
)
from payments.transfers import instructions
from payments.webhooks import silence as webhook_silence
from shop.core.audit.job_labels import words as called
from shop.core.database import replica
from shop.core.jobs import last_runs
from shop.core.models import EmailLog, JobRun
from shop.core.money import display as money
from shop.core.templatetags.rates import percent
from shop.reports import after_sale, parcels, sales
from shop.reports.figure import Figure

# Jobs that run every few minutes: without a run for longer than this (minutes), beat or the worker is down.
SILENCE: Final = {"expire_holds": 10, "send_outbox": 10, "update_reports": 10, "check_invariants": 90}


def figures(request: HttpRequest, context: dict[str, object]) -> dict[str, object]:
    """Add the dashboard's figures and lists to the context of the admin's first page."""
    may: Callable[[str], bool] = request.user.has_perm
    today: list[Figure] = []
    care: list[Figure] = []
    if may("reports.view_report"):
        today += _sales()
    if may("orders.view_order"):
        today += _orders()
        context["latest_orders"] = Order.objects.order_by("-placed_at")[:8]
    if may("orders.view_shipment"):
        today += parcels.figures()
    if may("orders.view_checkoutsession"):
        today.append(_checkouts())
    if may("inventory.view_stocklevel"):
        today += _stock()
        context["low_stock"] = _low_stock()
        care += _concentration()
    if may("payments.view_payment"):
        care += _money()
    if may("catalog.view_searchmiss"):
        care += _searches()
    if may("orders.view_withdrawalrequest"):
        care += after_sale.withdrawals()
    if may("orders.view_return"):
        care += after_sale.returns()
    if may("orders.view_claim"):
        care += after_sale.claims()
    if may("orders.view_installmentplan"):
        care += _instalments()
    if may("core.view_emaillog"):
        care.append(_mails())
    if may("core.view_jobrun"):
        care += _jobs()
    return {**context, "today": today, "care": care}


def _searches() -> list[Figure]:
    """Report how often nothing was found in seven days, and what was asked for most."""
    week = timezone.localdate() - timedelta(days=7)
    missed = SearchMiss.objects.filter(day__gt=week, corrected="")
    times = missed.aggregate(times=Sum("count"))["times"]
    if not times:
        return []
    most = missed.values("text").annotate(times=Sum("count")).order_by("-times", "text")[:3]
    words = ", ".join(f"{row['text']} ({row['times']})" for row in most)
    return [
        Figure(
            _("Searches that found nothing"),
            str(times),
            words,
            reverse("admin:catalog_searchmiss_changelist"),
        )
    ]


def _orders() -> list[Figure]:
    waiting = awaiting_money(CheckoutSession.objects.all()).count()
    sessions = reverse("admin:orders_checkoutsession_changelist")
    return [
        Figure(
            _("Waiting for payment"),
            str(waiting),
            _("payment slips and payments under review"),
            f"{sessions}?paying=waiting",
        ),
    ]


def _checkouts() -> Figure:
    """Show how many checkouts are going on, and how many of those that are kept became orders."""
    page = reverse("admin:orders_checkoutsession_changelist")
    found = statistics.figures()
    rate = found.conversion_rate
    words = _("%(processed)d became orders, %(expired)d ended without one") % {
        "processed": found.processed,
        "expired": found.expired,
    }
    note = f"{words} · {percent(rate)}" if rate is not None else words
    return Figure(_("Checkouts going on"), str(found.active), note, page)


def _sales() -> list[Figure]:
    """Report what was sold today, at this moment, and what went back today: as the reports count it."""
    day = timezone.localdate()
    today = sales.live(day)
    kept = today.orders - today.undone
    undone = ngettext("and %d refunded as a whole", "and %d refunded as a whole", today.undone) % today.undone
    of_today = reverse("admin:reports_report_sales") + "?period=today"
    note = _("gross %(gross)s, refunded %(refunded)s") % {
        "gross": money(today.gross),
        "refunded": money(today.returned),
    }
    if today.interest_after:
        note += ", " + _("interest later %(sum)s") % {"sum": money(today.interest_after)}
    behind = "" if today.is_exact else _("later orders are still being counted")
    return [
        Figure(_("Orders today"), str(kept), behind or (undone if today.undone else ""), of_today),
        Figure(
            _("Net sales today"),
            money(today.net),
            behind or (note if today.net != today.gross else ""),
            of_today,
        ),
    ]


def _stock() -> list[Figure]:
    reserved = Reservation.objects.filter(status=Reservation.Status.ACTIVE, expires_at__gt=Now()).aggregate(
        units=Sum("quantity"),
        **{purpose: Sum("quantity", filter=Q(purpose=purpose)) for purpose in Reservation.Purpose.values},
    )
    low = _below_minimum().count()
    reservations = reverse("admin:inventory_reservation_changelist")
    levels = reverse("admin:inventory_stocklevel_changelist")
    return [
        Figure(
            _("Units reserved"),
            str(reserved["units"] or 0),
            _("%(carts)d in carts, %(paying)d being paid, %(slips)d for payment slips, %(aside)d kept aside")
            % {
                "carts": reserved["cart"] or 0,
                "paying": reserved["checkout"] or 0,
                "slips": reserved["voucher"] or 0,
                "aside": reserved["manual"] or 0,
            },
            f"{reservations}?now=live",
        ),
        Figure(
            _("At or below the minimum"), str(low), url=f"{levels}?stock=low", tone="warn" if low else "ok"
        ),
    ]


def _concentration() -> list[Figure]:
    """Report a source that has reserved much of a drop: a bot, or a carrier's address that many share."""
    title, url = _("Held by one source"), reverse("admin:inventory_reservation_changelist") + "?now=live"
    found = concentration.found()
    if not found:
        return []
    most = found[0]
    who = {"ip": _("one address"), "network": _("one network"), "person": _("one person")}[most.scope]
    words = ngettext(
        "%(who)s holds %(units)d of %(left)d units left of %(drop)s, in %(carts)d cart",
        "%(who)s holds %(units)d of %(left)d units left of %(drop)s, in %(carts)d carts",
        most.carts,
    ) % {"who": who, "units": most.units, "left": most.of_units, "drop": most.drop, "carts": most.carts}
    return [Figure(title, f"{most.percent} %", words, url, "error")]


def _below_minimum() -> Any:
    return StockLevel.objects.filter(StockLevel.LOW)


def _low_stock() -> list[StockLevel]:
    found = _below_minimum().select_related("variant__product", "location")
    return list(found.order_by(F("on_hand") - F("reserved"), "pk")[:8])


def _money() -> list[Figure]:
    mismatched = Payment.objects.filter(role=Payment.Role.MISMATCH).count()
    stuck = Refund.objects.filter(status__in=[Refund.Status.FAILED, Refund.Status.MANUAL]).count()
    failed = WebhookEvent.objects.filter(status=WebhookEvent.Status.FAILED).aggregate(
        all=Count("pk"), dead=Count("pk", filter=Q(next_try_at=None))
    )
    disputed = Dispute.objects.filter(status__in=Dispute.WAITING, answered_at=None).count()
    payments = reverse("admin:payments_payment_changelist")
    refunds = reverse("admin:payments_refund_changelist")
    webhooks = reverse("admin:payments_webhookevent_changelist")
    return [
        _alarm(_("Payments of a wrong amount"), mismatched, f"{payments}?role__exact=mismatch"),
        _alarm(
            _("Disputes to answer"), disputed, reverse("admin:payments_dispute_changelist") + "?due=waiting"
        ),
        _alarm(_("Refunds that need a person"), stuck, f"{refunds}?status__in=failed,manual"),
        _alarm(_("Failed webhooks"), failed["all"], f"{webhooks}?status__exact=failed"),
        _alarm(_("Webhooks nobody tries again"), failed["dead"], f"{webhooks}?dead=yes"),
        _providers(),
        _webhooks(),
        *_books(),
        *_transfers(),
    ]


def _transfers() -> list[Figure]:
    """Report bank transfers that a person has to look at, where the shop takes any."""
    if not settings.BANK_TRANSFER_ACCOUNT:
        return []
    claimed = instructions.claimed().count()
    left = BankCredit.objects.filter(status=BankCredit.Status.OPEN).count()
    transfers = reverse("admin:payments_transferinstruction_changelist")
    listed = reverse("admin:payments_bankcredit_changelist")
    return [
        _alarm(_("Transfers said to be paid"), claimed, f"{transfers}?stage=claimed"),
        _alarm(_("Credits to be matched"), left, f"{listed}?status__exact=open"),
    ]


def _instalments() -> list[Figure]:
    """Report what is overdue of the shop's own instalments, and plans whose first is not paid."""
    is_late = overdue.condition()
    is_first = Q(number=1, plan__status=InstallmentPlan.Status.AWAITING)
    open_ = Installment.objects.filter(open_amount__gt=0, plan__status__in=InstallmentPlan.LIVE).aggregate(
        late=Count("pk", filter=is_late),
        sum=Sum("open_amount", filter=is_late & Q(plan__currency=settings.SHOP_CURRENCY)),
        first=Count("pk", filter=is_first),
    )
    plans = reverse("admin:orders_installmentplan_changelist")
    return [
        Figure(
            _("Overdue instalments"),
            str(open_["late"]),
            money(open_["sum"]) if open_["sum"] else "",
            reverse("admin:orders_installmentplan_to_call"),
            "warn" if open_["late"] else "ok",
        ),
        Figure(_("First instalments not paid"), str(open_["first"]), url=f"{plans}?due=first"),
    ]


def _webhooks() -> Figure:
    """Report the providers whose webhooks have stopped."""
    silent = webhook_silence.silent()
    url = reverse("admin:payments_providerwatch_changelist")
    words = ", ".join(silent) if silent else _("they come")
    return Figure(_("Silent webhooks"), words, url=url, tone="error" if silent else "ok")


def _books() -> list[Figure]:
    """Report unmatched payments and unmatched payout lines."""
    unmatched = StrayPayment.objects.filter(decision=StrayPayment.Decision.OPEN).count()
    left = PayoutLine.objects.filter(match__in=[PayoutLine.Match.MISSING, PayoutLine.Match.DIFFERS]).count()
    listed = reverse("admin:payments_straypayment_changelist")
    return [
        _alarm(_("Payments without a purchase"), unmatched, f"{listed}?decision__exact=open"),
        _alarm(_("Payout lines left over"), left, reverse("admin:payments_payoutreport_residue")),
    ]


def _providers() -> Figure:
    """Report which payment providers do not answer, and since when (no query, no call)."""
    silent = [
        _("%(provider)s (since %(at)s)")
        % {
            "provider": provider.label,
            "at": date_format(timezone.localtime(provider.since), "H:i"),
        }
        for provider in outages.health_by_provider()
        if provider.is_silent and provider.since
    ]
    url = reverse("admin:payments_paymentattempt_changelist")
    if silent:
        return Figure(_("Payment providers"), _("not answering"), ", ".join(silent), url, "error")
    return Figure(_("Payment providers"), _("answering"), url=url, tone="ok")


def _mails() -> Figure:
    failed = EmailLog.objects.filter(status=EmailLog.Status.FAILED).count()
    return _alarm(
        _("Failed e-mails"), failed, reverse("admin:core_emaillog_changelist") + "?status__exact=failed"
    )


def _alarm(title: str, number: int, url: str) -> Figure:
    return Figure(title, str(number), url=url, tone="error" if number else "ok")


def _jobs() -> list[Figure]:
    """Report the last result of the stock check and how long ago each watched job ran (one query)."""
    last = last_runs()
    url = reverse("admin:core_jobrun_changelist")
    found = []
    found.append(_stock_check(last.get("check_invariants")))
    for name, minutes in SILENCE.items():
        run = last.get(name)
        age = int((timezone.now() - run.started_at).total_seconds() // 60) if run else None
        late = age is None or age > minutes
        words = _("never") if age is None else _("%d min ago") % age
        tone = "error" if run and run.is_ok is False else "warn" if late else "ok"
        found.append(Figure(called(name), words, url=f"{url}?job={name}", tone=tone))
    return found + _replica()


def _replica() -> list[Figure]:
    """Show how far the replica is behind, where the shop has one: a statement here and one there."""
    if not replica.is_configured():
        return []
    lag = replica.lag()
    if lag is None:
        return [Figure(_("Database replica"), "—", _("does not answer: pages ask the primary"), tone="warn")]
    if not lag.size:
        return [Figure(_("Database replica"), _("up to date"), tone="ok")]
    behind = _("%(seconds)s s behind") % {"seconds": number_format(lag.seconds, 1)}
    return [
        Figure(
            _("Database replica"), behind, filesizeformat(lag.size), tone="warn" if lag.seconds > 5 else "ok"
        )
    ]


def _stock_check(run: JobRun | None) -> Figure:
    """Report outcome and age of the last stock check, with a link to its violations."""
    violations = run.result.get("violations") if run and run.is_ok else None
    if run is None or violations is None:
        runs = reverse("admin:core_jobrun_changelist") + "?job=check_invariants"
        return Figure(_("Stock check"), "—", _("has not run yet"), runs, "warn")
    minutes = int((timezone.now() - run.started_at).total_seconds() // 60)
    return Figure(
        _("Stock check"),
        str(violations) if violations else _("all true"),
        _("%d min ago") % minutes,
        reverse("admin:inventory_stockcheck_changelist"),
        "error" if violations else "warn" if minutes > SILENCE["check_invariants"] else "ok",
    )
