"""Celery tasks of the payments: each loads by id and calls one verb; twice is harmless."""

import logging

from celery import shared_task

from payments import outages
from payments.checkout import stale_bills
from payments.gateways.base import GatewayError
from payments.payouts import importing, matching
from payments.reconciliation import due_attempts, due_disputes, due_refunds, provider_list
from payments.refunds import bank_details, reimbursing, sending
from payments.settlement import adoption, settle
from payments.transfers import reminders, settling
from payments.transfers import retention as transfer_retention
from payments.transfers.statements import importing as bank_statements
from payments.webhooks import processing, retention, silence
from shop.core.jobs import job

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def process_webhook(event_id: str) -> str:
    """Process one stored webhook, if it is still to be done."""
    return processing.process(event_id).status


@shared_task(ignore_result=True)
def send_refund(refund_id: str) -> str:
    """Send one refund to the provider, if it is due."""
    return sending.send(refund_id).status


@shared_task(ignore_result=True)
def pay_reimbursement(reimbursement_id: str) -> str:
    """Pay what a buyer is owed, if nobody has begun to."""
    return reimbursing.pay(reimbursement_id)


@shared_task(ignore_result=True)
def close_stale_bills(plan_id: str) -> int:
    """Close the checkouts of a plan's bills that are not owed any more as they were."""
    return stale_bills.close_of(plan_id)


@shared_task(ignore_result=True)
def settle_attempt(attempt_id: str) -> str:
    """Ask the provider about one attempt; when it does not answer, reconciliation asks again."""
    try:
        return settle.settle(attempt_id=attempt_id, actor="job:settle").attempt.status
    except GatewayError as error:
        log.warning("Attempt %s could not be settled: %s", attempt_id, error)
        return "failed"


@shared_task(ignore_result=True)
def refresh_unmatched(payment_id: str) -> str:
    """Ask the provider about one unmatched payment that was taken over; when it does not answer, the jobs ask again."""
    return adoption.refresh(payment_id)


@shared_task(ignore_result=True)
@job("reconcile_payments")
def reconcile() -> dict[str, int]:
    """Ask the providers about every attempt without an answer, and end those whose time is over."""
    return due_attempts.reconcile_due()


@shared_task(ignore_result=True)
@job("sweep_payments")
def sweep_payments() -> dict[str, int]:
    """Read each provider's own list of payments, once a day, and settle what differs from ours."""
    return provider_list.read_due_lists()


@shared_task(ignore_result=True)
@job("process_webhooks")
def retry_webhooks() -> dict[str, int]:
    """Process the webhooks that are due (message lost, or put off); notify the staff of dead letters."""
    counts = processing.retry_due()
    data = retention.report_dead()
    return counts | {"told": data} if data else counts


@shared_task(ignore_result=True)
@job("purge_webhooks")
def purge_webhooks() -> dict[str, int]:
    """Delete webhooks that are done, and much later those that failed for good."""
    return retention.purge()


@shared_task(ignore_result=True)
@job("probe_providers")
def probe_providers() -> dict[str, str]:
    """Ask providers that have not been answering one harmless question, so that the circuits close by themselves."""
    return outages.probe_silent()


@shared_task(ignore_result=True)
@job("send_refunds")
def send_refunds() -> dict[str, int]:
    """Send the refunds that are due, and ask about those on their way."""
    return due_refunds.send_due()


@shared_task(ignore_result=True)
@job("bank_data")
def tend_bank_data() -> dict[str, int]:
    """Remind of bank data, delete those of finished refunds, encrypt again what has an old key."""
    return bank_details.run_due()


@shared_task(ignore_result=True)
@job("follow_disputes")
def follow_disputes() -> dict[str, int]:
    """Remind of disputes whose deadline is near, and ask the providers how the open ones stand."""
    return due_disputes.run_due()


@shared_task(ignore_result=True)
@job("watch_webhooks")
def watch_webhooks() -> dict[str, int | str]:
    """Check whether the providers' webhooks arrive, and notify the staff of a new silence."""
    return silence.check()


@shared_task(ignore_result=True)
def read_payout_report(report_id: str) -> str:
    """Read one uploaded payout report, if it waits."""
    return importing.run(report_id)


@shared_task(ignore_result=True)
@job("read_payouts")
def read_payouts() -> dict[str, int]:
    """Read the payout reports whose message was lost, and delete the bytes of old ones."""
    return importing.run_due()


@shared_task(ignore_result=True)
@job("match_payouts")
def match_payouts() -> dict[str, int]:
    """Match the lines of payout reports again that were unknown or differed."""
    return matching.match_again()


@shared_task(ignore_result=True)
def settle_credit(credit_id: str) -> str:
    """Settle the attempt of one bank credit, if it is due."""
    return settling.settle_credit(credit_id)


@shared_task(ignore_result=True)
@job("transfers")
def run_transfers() -> dict[str, int]:
    """Settle bank credits whose message was lost, and remind of transfers that end soon."""
    return {**settling.settle_due(), **reminders.remind_due()}


@shared_task(ignore_result=True)
def read_bank_statement(statement_id: str) -> str:
    """Read one uploaded bank statement, if it waits."""
    return bank_statements.run(statement_id)


@shared_task(ignore_result=True)
@job("bank_statements")
def read_bank_statements() -> dict[str, int]:
    """Read the bank statements whose message was lost; delete the bytes of old ones, old receipts and payers' data."""
    return {**bank_statements.run_due(), **transfer_retention.purge()}
