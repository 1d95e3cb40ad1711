"""When each job runs by itself (the beat schedule), and in which queue.

Every job may also be run by hand (a command, an admin button).

Each name on the left is a job of `shop.core.jobs.registry()`'s kind; a test checks that every task named here exists.
`expires` drops a task that waited longer than one interval, so that a worker coming back does not run a job fifty
times.
"""

from typing import Any, Final

from celery.schedules import crontab

_EVERY: Final[dict[str, tuple[str, float]]] = {
    "expire holds": ("inventory.tasks.expire_holds", 60),
    "serve the waiting lists": ("inventory.tasks.serve_waiting", 30),
    "remind of drops": ("catalog.tasks.remind_drops", 60),
    "update the lists": ("catalog.tasks.update_listing", 1),
    "count the sales of the lists": ("catalog.tasks.count_sales", 1800),
    "rebuild the search": ("catalog.tasks.rebuild_search", 3600),
    "refresh the snapshot of the search": ("catalog.tasks.refresh_snapshot", 60),
    "fold the catalogue's changes": ("catalog.tasks.fold_catalogue_changes", 60),
    "expire checkouts": ("orders.tasks.expire_checkouts", 60),
    "cancel unpaid plans": ("orders.tasks.cancel_unpaid_plans", 300),
    "check the carriers' labels": ("orders.tasks.check_labels", 60),
    "follow the shipments": ("orders.tasks.poll_tracking", 300),
    "remind of instalments": ("orders.tasks.remind_installments", 900),
    "run exchanges": ("orders.tasks.run_exchanges", 60),
    "issue invoices": ("orders.tasks.issue_invoices", 60),
    "note late orders": ("orders.tasks.note_late_orders", 3600),
    "expire returns": ("orders.tasks.expire_returns", 3600),
    "end bills of instalments": ("orders.tasks.end_bills", 3600),
    "reconcile payments": ("payments.tasks.reconcile", 300),
    # Reads a list once in PROVIDER_LIST_EVERY (a day, by default), or when the last reading was interrupted.
    "sweep payments": ("payments.tasks.sweep_payments", 900),
    "watch the webhooks": ("payments.tasks.watch_webhooks", 900),
    "read payout reports": ("payments.tasks.read_payouts", 300),
    "read bank statements": ("payments.tasks.read_bank_statements", 300),
    "retry webhooks": ("payments.tasks.retry_webhooks", 60),
    "send refunds": ("payments.tasks.send_refunds", 60),
    "probe silent providers": ("payments.tasks.probe_providers", 30),
    "follow disputes": ("payments.tasks.follow_disputes", 900),
    "run bank transfers": ("payments.tasks.run_transfers", 60),
    "tend erasures": ("shop.accounts.tasks.tend_erasures", 300),
    "tend bank data": ("payments.tasks.tend_bank_data", 900),
    "render the pictures": ("shop.core.tasks.render_pictures", 300),
    "send the outbox": ("shop.core.tasks.send_outbox", 30),
    "send the webhooks": ("shop.core.tasks.send_webhooks", 30),
    "run imports": ("inventory.tasks.run_imports", 60),
    "run exports": ("inventory.tasks.run_exports", 60),
    "update reports": ("shop.reports.tasks.update_reports", 60),
    "check alerts": ("inventory.tasks.check_alerts", 300),
    "check invariants": ("inventory.tasks.check_invariants", 900),
}
# At night, by the shop's own clock (CELERY_TIMEZONE).
_DAILY: Final[dict[str, tuple[str, int, int]]] = {
    "erase lapsed invoices": ("shop.accounts.tasks.expire", 4, 50),
    "match payout reports": ("payments.tasks.match_payouts", 5, 10),
    "purge the core": ("shop.core.tasks.purge", 4, 10),
    "purge the webhooks that were sent": ("shop.core.tasks.purge_sent_webhooks", 4, 25),
    "sweep the pictures": ("shop.core.tasks.sweep_pictures", 4, 15),
    "purge the waiting lists": ("catalog.tasks.purge_waiting", 4, 30),
    "purge the webhooks": ("payments.tasks.purge_webhooks", 4, 40),
    "refresh the carriers' branches": ("orders.tasks.refresh_branches", 4, 55),
    "purge old carts": ("orders.tasks.purge_old_carts", 4, 20),
    "charge late interest": ("orders.tasks.charge_late_interest", 5, 20),
}

# Work that may take minutes, because a file or a table is large. It waits in a queue of its own, served by workers of
# its own: however many such jobs wait or hang, jobs of money and stock run at once.
LONG_QUEUE: Final = "long"
LONG_TASKS: Final = (
    "inventory.tasks.run_import",
    "inventory.tasks.run_imports",
    "inventory.tasks.run_export",
    "inventory.tasks.run_exports",
    "payments.tasks.read_bank_statement",
    "payments.tasks.read_bank_statements",
    "payments.tasks.read_payout_report",
    "payments.tasks.read_payouts",
    "payments.tasks.match_payouts",
    "payments.tasks.purge_webhooks",
    # Encoding one picture takes seconds, and there may be thousands.
    "shop.core.tasks.render_picture",
    "shop.demo.tasks.take_photographs",
    "shop.core.tasks.render_pictures",
    "shop.core.tasks.purge",
    "shop.core.tasks.purge_sent_webhooks",
    "catalog.tasks.purge_waiting",
    "catalog.tasks.rebuild_search",
    "catalog.tasks.refresh_snapshot",
    "orders.tasks.purge_old_carts",
    # A tax office may hang for a minute with each document.
    "orders.tasks.issue_invoice",
    "orders.tasks.issue_invoices",
    "orders.tasks.remind_installments",
    "orders.tasks.charge_late_interest",
)
ROUTES: Final = {task: {"queue": LONG_QUEUE} for task in LONG_TASKS}

SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    **{
        name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
        for name, (task, seconds) in _EVERY.items()
    },
    **{
        name: {"task": task, "schedule": crontab(hour=hour, minute=minute), "options": {"expires": 3600}}
        for name, (task, hour, minute) in _DAILY.items()
    },
}
