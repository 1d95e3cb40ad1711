"""Recovery after a restore: order numbers given out, and payments made, since the backup.

The providers' lists are read from a month before the backup until now: a payment whose attempt is
in the backup becomes an order or a refund as always; one whose attempt is not becomes an unmatched payment that
people decide about.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.checks import runner
from orders.checkout import placement
from orders.models import Order
from payments.models import ProviderWatch, StrayPayment
from payments.reconciliation import due_attempts, provider_list
from shop.core.database import public_numbers
from shop.core.models import Counter, EmailLog

ACTOR: Final = "command:after_restore"
# More orders than a shop places between two backups.
SKIPPED: Final = 1000
# Gap-free series of the back office; after a restore a gap is better than a number given out twice.
SERIES: Final = ("purchase-order", "transfer_number", "stock-count")
SERIES_SKIPPED: Final = 100
# So many pages of a window at most for one call; more calls continue where it was left.
_MOST_CALLS: Final = 50


@dataclass
class Recovered:
    """The result. `unread` are providers whose list could not be read to its end."""

    next_number: int
    read: dict[str, dict[str, int]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    unmatched: int = 0
    mails: int = 0
    violations: int = 0
    details: str = ""

    @property
    def is_good(self) -> bool:
        """Say whether the shop may open: every list was read, and every rule holds."""
        return not self.unread and not self.violations

    def lines(self) -> list[str]:
        """Return the result as lines for the terminal."""
        snapshot = [f"Order numbers go on after {self.next_number}."]
        for code, tally in self.read.items():
            snapshot.append(
                f"{code}: " + (", ".join(f"{word} {count}" for word, count in tally.items()) or "nothing")
            )
        snapshot += [
            f"{code}: its list could not be read; run this again when it answers." for code in self.unread
        ]
        snapshot.append(
            f"Orders placed from payments made since the backup: {', '.join(map(str, self.orders)) or 'none'}."
        )
        snapshot.append(f"Payments of nobody here, to be decided in the admin: {self.unmatched}.")
        snapshot.append(
            f"Mails that were waiting at the backup and will be sent (some perhaps again): {self.mails}."
        )
        snapshot.append(f"Broken rules: {self.violations}. {self.details}".strip())
        return snapshot


def after_restore(*, taken_at: datetime, skipped: int = SKIPPED) -> Recovered:
    """Bring a restored shop up to date, as far as the providers' lists allow; twice is harmless.

    The shop's processes must not run yet. Asks the providers over the network, outside any transaction.
    """
    before = set(Order.objects.values_list("number", flat=True))
    found = Recovered(next_number=_skip_numbers(skipped))
    for code in provider_list.watched():
        found.read[code] = _read_since(code, taken_at, found)
    found.read["reconciliation"] = dict(due_attempts.reconcile_due())
    found.orders = sorted(set(Order.objects.values_list("number", flat=True)) - before)
    found.unmatched = StrayPayment.objects.filter(decision=StrayPayment.Decision.OPEN).count()
    found.mails = EmailLog.objects.filter(status__in=["queued", "sending"]).count()
    kept = runner.run(actor=ACTOR)
    found.violations = kept.violation_count
    found.details = "; ".join(str(violation) for violation in kept.violations.all()[:20])
    return found


def _skip_numbers(skipped: int) -> int:
    """Skip numbers, so that none is given to a second order, transfer, purchase order or count, or row of the API."""
    with transaction.atomic():
        Counter.objects.filter(name__in=SERIES).update(value=F("value") + SERIES_SKIPPED)
        public_numbers.skip(skipped)
        return placement.skip_numbers(skipped)


def _read_since(code: str, taken_at: datetime, found: Recovered) -> dict[str, int]:
    """Read a provider's list from a month before the backup (a refund since then changes an old payment) until now."""
    ProviderWatch.objects.get_or_create(gateway=code)
    ProviderWatch.objects.filter(gateway=code).update(
        window_from=taken_at - provider_list.FIRST, window_until=timezone.now(), cursor="", lease_until=None
    )
    tally: dict[str, int] = {}
    for _call in range(_MOST_CALLS):
        counts = provider_list.read_list(code, is_wanted=True, actor=ACTOR)
        tally = {word: tally.get(word, 0) + counts.get(word, 0) for word in tally.keys() | counts.keys()}
        if ProviderWatch.objects.filter(gateway=code, window_until=None).exists():
            return tally
        if counts.get("failed"):
            break
    found.unread.append(code)
    return tally
