"""The figures of what comes after the sale on the back office's first page: withdrawals, returns, claims."""

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import Claim, Return, WithdrawalRequest
from orders.returns import states
from shop.reports.figure import Figure


def withdrawals() -> list[Figure]:
    """Show the withdrawals that wait for an answer; the law gives the shop a day."""
    found = WithdrawalRequest.objects.filter(status=WithdrawalRequest.Status.RECEIVED).aggregate(
        waiting=Count("pk"), late=Count("pk", filter=Q(answer_by__lt=Now()))
    )
    waiting, late = found["waiting"], found["late"]
    if not waiting:
        return []
    note = ngettext("%d is overdue", "%d are overdue", late) % late if late else _("within a day")
    page = reverse("admin:orders_withdrawalrequest_changelist") + "?status__exact=received"
    return [Figure(_("Withdrawals to answer"), str(waiting), note, page, "error" if late else "warn")]


def returns() -> list[Figure]:
    """Show the returns that wait for the staff, by what is to be done; empty queues are left out."""
    page = reverse("admin:orders_return_changelist")
    found = []
    for queue, words in states.QUEUE_WORDS.items():
        number = 0 if queue == states.Queue.AWAITED else states.in_queue(Return.objects.all(), queue).count()
        if number:
            title = _("Returns %(queue)s") % {"queue": words}
            found.append(Figure(title, str(number), "", f"{page}?queue={queue}", "warn"))
    return found


def claims() -> list[Figure]:
    """Show the claims that wait for an answer, and those approved and not carried out; none: left out. One query."""
    page, status = reverse("admin:orders_claim_changelist"), Claim.Status
    found = Claim.objects.aggregate(
        **{state.value: Count("pk", filter=Q(status=state)) for state in (status.OPEN, status.APPROVED)}
    )
    titles = {status.OPEN: _("Claims to answer"), status.APPROVED: _("Claims to carry out")}
    return [
        Figure(title, str(found[state]), "", f"{page}?status__exact={state}", "warn")
        for state, title in titles.items()
        if found[state]
    ]
