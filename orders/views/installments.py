"""Pages of the shop's own instalments: the contract before it is accepted, a plan, what is paid now, the receipt.

The pages of a plan are opened by its order's secret, like the order itself; the list of an account's plans by login.
"""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders.checkout import adjustments, sessions, way_prices
from orders.checkout.issues import NotReady
from orders.installments import bills, contract, limits, moving, placing, plan_rows, quotes
from orders.installments.bills import NothingToPay
from orders.installments.limits import PlanRefused
from orders.installments.moving import CannotMove
from orders.installments.quotes import QuoteOutdated
from orders.installments.shown import progress as progress_of
from orders.models import CheckoutSession, Installment, InstallmentBill, InstallmentPlan, InstallmentQuote
from orders.views import bill_links
from orders.views.checkout import Preview, render_step, step
from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.installments import payoff, table
from shop.core.money import ZERO
from shop.core.web import visitors
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache


@step
def review(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Show the contract of a quote, and sell by it once it is accepted."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not session.email or not session.has_shipping or session.accepted_terms_at is None:
        return redirect("orders:checkout_payment", session.token)
    sessions.claim(session, request.user)
    sessions.revalidate(session)
    asked = request.POST.get("quote", "") or request.GET.get("quote", "")
    if request.method == "POST":
        return _accept(request, session, asked, request.user)
    try:
        quote = quotes.find(session, asked)
    except QuoteOutdated as outdated:
        return _look_again(request, session, outdated, request.user)
    return _review(request, session, quote, request.user)


def _accept(request: HttpRequest, session: CheckoutSession, asked: str, user: User) -> HttpResponse:
    try:
        plan = placing.accept(
            session,
            user=user,
            quote_id=asked,
            accepts=request.POST.get("accepts") == "on",
            address=visitors.address_of(request),
            actor=actors.of_visitor(request),
        )
    except placing.NotAccepted:
        try:
            quote = quotes.find(session, asked)
        except QuoteOutdated as outdated:
            return _look_again(request, session, outdated, user)
        return _review(
            request, session, quote, user, error=_("Read the contract and accept it to buy in instalments.")
        )
    except QuoteOutdated as outdated:
        return _look_again(request, session, outdated, user)
    except PlanRefused as refused:
        messages.error(request, refused.words)
        return redirect("orders:checkout_payment", session.token)
    except NotReady as error:
        for issue in error.issues:
            messages.warning(request, str(issue.message))
        return redirect("orders:checkout_payment", session.token)
    return redirect("orders:installments", plan.order.secret)


def _look_again(
    request: HttpRequest, session: CheckoutSession, outdated: QuoteOutdated, user: User
) -> HttpResponse:
    """Show what it costs now, or the ways to pay where these instalments are not offered any more."""
    messages.warning(request, _("Your purchase or the day changed meanwhile: look at the instalments again."))
    if outdated.quote is None:
        return redirect("orders:checkout_payment", session.token)
    return _review(request, session, outdated.quote, user)


def _review(
    request: HttpRequest, session: CheckoutSession, quote: InstallmentQuote, user: User, *, error: str = ""
) -> HttpResponse:
    terms = quotes.shown_terms(quote)
    text = contract.of(session, quote, terms, pay_first_by=placing.pay_first_by(terms, quote.grace_days))
    context = {
        "quote": quote,
        "terms": terms,
        "rows": text.rows,
        "preview": Preview(adjustments.financed(session, list(session.lines.all()), quote)),
        "contract": contract.text(text, session.language),
        "pay_first_by": text.pay_first_by,
        "refusal": limits.of_customer(user).refusal(quote.total, quote.currency),
        "cheapest": way_prices.cheapest(session),
        "error": error,
    }
    return render_step(
        request,
        session,
        "payment",
        context,
        template="orders/installments/review.html",
        form_has_errors=bool(error),
    )


@never_cache
@require_safe
def plan(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a plan: its instalments, what each costs today, what may be paid and moved."""
    found = _plan(secret)
    rows = list(found.installments.order_by("number"))
    shown = plan_rows.of(found, rows)
    context = {
        "plan": found,
        "order": found.order,
        "rows": shown,
        "open": sum((row.installment.open_amount for row in shown), ZERO),
        "payoff": sum((row.now for row in shown), ZERO),
        "waived": sum((row.waived for row in shown), ZERO),
        "open_count": sum(1 for row in shown if row.installment.open_amount),
        "first_open": next((row.installment.number for row in shown if row.installment.open_amount), 0),
        "movable": [row for row in shown if row.movable_until],
        "progress": progress_of(rows),
    }
    return render(request, "orders/installments/plan.html", context)


@never_cache
@require_POST
def pay(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the bill of the chosen instalments (all that are open when none is named) and go to pay it."""
    found = _plan(secret)
    # The page sends the boxes along with either button.
    typed = [] if "all" in request.POST else request.POST.getlist("number")
    numbers = {int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 4}
    if not numbers and "all" not in request.POST:
        messages.warning(request, _("Choose at least one instalment."))
        return redirect("orders:installments", secret)
    try:
        bill = bills.ask(found, numbers=numbers or None, actor=actors.of_visitor(request))
    except NothingToPay:
        messages.warning(request, _("There is nothing to pay of what you chose."))
        return redirect("orders:installments", secret)
    return redirect("orders:installments_bill", bill.token)


@never_cache
@require_safe
def bill(request: HttpRequest, token: str) -> HttpResponse:
    """Show a bill and the ways to pay it. The choices come from the payments app, and the form goes there."""
    found = get_object_or_404(InstallmentBill.objects.select_related("plan__order"), token=token)
    order = found.plan.order
    # The link may have been sent to somebody else, who pays the bill and sees nothing of the order.
    is_owner = bill_links.is_owner(request, order)
    page_url = reverse("orders:installments", args=[order.secret]) if is_owner else ""
    if not found.is_live:
        name = _("Instalments of order %(number)s") % {"number": order}
        return bill_links.over(request, found, name=name, page_url=page_url)
    context = {
        "bill": found,
        "plan": found.plan,
        "order": order,
        "page_url": page_url,
        "lines": list(found.lines.select_related("installment")),
        "is_paying": found.status == InstallmentBill.Status.AWAITING,
        "waived": sum((line.waived for line in found.lines.all()), ZERO),
    }
    return render(request, "orders/installments/bill.html", context)


@never_cache
@require_POST
def move(request: HttpRequest, secret: str) -> HttpResponse:
    """Move a due date, once for the plan."""
    found = _plan(secret)
    number, day = request.POST.get("number", ""), _day(request.POST.get("day", ""))
    if not number.isascii() or not number.isdigit() or len(number) > 3 or day is None:
        messages.error(request, _("Choose an instalment and a day."))
        return redirect("orders:installments", secret)
    try:
        with transaction.atomic():
            moved = moving.move_due_date(found, number=int(number), to=day, actor=actors.of_visitor(request))
    except Installment.DoesNotExist:
        messages.error(request, _("Choose an instalment and a day."))
    except CannotMove as error:
        messages.error(request, moving.explain(error))
    else:
        messages.success(
            request,
            _("Instalment %(number)d falls due on %(day)s now.")
            % {"number": moved.number, "day": date_format(moved.due_date, "SHORT_DATE_FORMAT")},
        )
    return redirect("orders:installments", secret)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@never_cache
@require_safe
def receipt(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the receipt: terms, amortisation table, what was paid, and the contract as it was accepted."""
    found = _plan(secret)
    rows = list(found.installments.order_by("number"))
    planned = table.rows(
        found.base,
        [row.amount for row in rows],
        found.sold_on,
        [row.original_due_date for row in rows],
        found.currency,
    )
    context = {
        "plan": found,
        "order": found.order,
        "rows": list(zip(rows, planned, strict=True)),
        "bills": list(found.bills.filter(status=InstallmentBill.Status.PAID).order_by("paid_at")),
        "balance": payoff.actuarial_balance(
            [bills.position_of(row) for row in rows],
            max(timezone.localdate(), found.sold_on),
            bills.terms_of(found, rows),
        ),
    }
    return render(request, "orders/installments/receipt.html", context)


@never_cache
@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """List the account's plans, those with something open first, each with its instalments."""
    plans = list(
        InstallmentPlan.objects.filter(user_id=str(request.user.pk))
        .select_related("order")
        .prefetch_related(Prefetch("installments", Installment.objects.order_by("number")))
        .order_by("-created_at")[:50]
    )
    plans.sort(key=lambda one: not one.is_live)
    shown = [
        {
            "plan": one,
            "rows": plan_rows.of(one, list(one.installments.all())),
            "progress": progress_of(list(one.installments.all())),
        }
        for one in plans
    ]
    return render(request, "orders/installments/mine.html", {"plans": shown})


def _plan(secret: str) -> InstallmentPlan:
    found = InstallmentPlan.objects.select_related("order").filter(order__secret=secret).first()
    if found is None:
        raise Http404
    return found
