"""A clerk as a process that calls the shop's verbs, one JSON line in, one out. Only a chaos run starts it."""

import json
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

from django.db import close_old_connections, connection  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from payments.models import Payment, Refund  # noqa: E402
from payments.refunds import refund_requests  # noqa: E402
from payments.settlement import settle  # noqa: E402
from shop.beat_schedule import SCHEDULE  # noqa: E402

if os.environ.get("CHAOS_WITHOUT"):
    import tests.chaos.without_guards  # noqa: F401

CLERK = "staff:chaos"


def refund(data: dict[str, Any]) -> str:
    """Send money back: `payment`, `amount` (or nothing: the rest), `key`."""
    payment = Payment.objects.get(pk=data["payment"])
    amount = Decimal(data["amount"]) if data.get("amount") else refund_requests.refundable(payment)
    made = refund_requests.request(payment, amount, Refund.Origin.STAFF, "chaos", data["key"], actor=CLERK)
    return str(made.status)


def resolve(data: dict[str, Any]) -> str:
    """Decide about a payment that does not fit."""
    row = Payment.objects.get(pk=data["payment"])
    settle.resolve(row, actor=CLERK, accept=bool(data["accept"]))
    return "accepted" if data["accept"] else "returned"


def retry(data: dict[str, Any]) -> str:
    """Try a failed refund again."""
    return (
        "retried"
        if refund_requests.retry(Refund.objects.get(pk=data["refund"]), actor=CLERK)
        else "not failed"
    )


def night(data: dict[str, Any]) -> str:
    """Run the jobs that beat schedules for the night."""
    names = [entry["task"] for entry in SCHEDULE.values() if not isinstance(entry["schedule"], int | float)]
    for name in names:
        import_string(name)()
    return f"{len(names)} jobs"


ACTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "refund": refund,
    "resolve": resolve,
    "retry": retry,
    "night": night,
}


def main() -> None:
    """Serve until the input ends; an act that fails answers with its error and leaves a new connection."""
    for line in sys.stdin:
        data = json.loads(line)
        try:
            answer = {"done": ACTS[data["act"]](data)}
        except Exception as error:  # noqa: BLE001  (whatever it is, the clerk sees it and goes on)
            answer = {"error": f"{type(error).__name__}: {error}"}
            connection.close()
        close_old_connections()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
