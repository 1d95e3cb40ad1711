"""The labels of jobs. Jobs of apps above this one are named by code, as in `shop.beat_schedule`."""

from typing import Final

from django.utils.translation import gettext_lazy as _

_WORDS: Final[dict[str, object]] = {
    # Not jobs of their own: actors within others.
    "exports": _("Make exports, delete old ones"),
    "imports": _("Run imports"),
    "invoices": _("Issue invoices and credit notes"),
    "migrate": _("An update of the shop"),
    "privacy": _("Carry out erasures"),
    "reimbursements": _("Pay what buyers are owed"),
    "returns": _("Work on returns"),
    "settle": _("Settle payments"),
    "bank_statements": _("Read bank statements, forget old receipts"),
    "bank_data": _("Ask for bank data and forget them"),
    "late_orders": _("Tell buyers whose orders are late"),
    "expire_returns": _("Expire returns that were not sent in time"),
    "cancel_unpaid_plans": _("Cancel plans whose first instalment was not paid"),
    "end_bills": _("End bills of instalments that are over"),
    "exchanges": _("Work on exchanges"),
    "run_exchanges": _("Release exchanges, end those not paid"),
    "installments": _("Work on instalments"),
    "late_interest": _("Book late interest"),
    "remind_installments": _("Remind of instalments"),
    "check_labels": _("Buy labels, ask about those not decided"),
    "issue_invoices": _("Issue invoices and credit notes"),
    "poll_tracking": _("Ask carriers where parcels are"),
    "refresh_branches": _("Read the carriers' branches"),
    "check_alerts": _("Tell of low stock"),
    "check_invariants": _("Check the stock"),
    "erasures": _("Carry out erasures"),
    "expire_checkouts": _("End checkouts whose time is over"),
    "expire_holds": _("Let lapsed holds go"),
    "fold_catalogue_changes": _("Add up the changes of the catalogue"),
    "follow_disputes": _("Follow disputes"),
    "match_payouts": _("Match payouts once more"),
    "privacy_lapse": _("Erase what the law no longer asks for"),
    "probe_providers": _("Ask silent providers"),
    "process_webhooks": _("Process webhooks"),
    "purge": _("Delete old runs, keys and sessions"),
    "purge_old_carts": _("Delete old carts"),
    "purge_sent_webhooks": _("Delete old webhooks that were sent"),
    "purge_waiting": _("Forget old waiting lists"),
    "purge_webhooks": _("Delete old webhooks"),
    "read_payouts": _("Read payout reports"),
    "reconcile_payments": _("Ask about unfinished payments"),
    "remind_drops": _("Remind of drops"),
    "render_pictures": _("Make the sizes of pictures"),
    "run_exports": _("Make exports, delete old ones"),
    "run_imports": _("Run imports"),
    "count_sales": _("Count sales for the lists"),
    "rebuild_listing": _("Write the rows of the lists again"),
    "rebuild_search": _("Count the words of the search"),
    "send_outbox": _("Send e-mails"),
    "send_refunds": _("Send refunds"),
    "send_webhooks": _("Send webhooks"),
    "serve_waiting": _("Serve the waiting lists"),
    "sweep_payments": _("Read the providers' lists"),
    "sweep_pictures": _("Delete files of pictures that are gone"),
    "transfers": _("Settle bank transfers and remind of them"),
    "webhooks": _("Send webhooks"),
    "update_reports": _("Count sales for the reports"),
    "watch_webhooks": _("Watch whether webhooks come"),
}


def words(job: str) -> str:
    """Return the label of a job; its code without underscores when it has none here."""
    return str(_WORDS.get(job) or job.replace("_", " ").capitalize())
