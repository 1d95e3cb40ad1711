"""How the carriers are, for the staff: whether they answer, what waits for a decision, what prices lack."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from catalog.models import Variant
from orders.models import LabelPurchase, ShipmentFollowUp, ShippingQuote
from orders.shipping import carriers, quoting
from orders.shipping.carriers.shield import party_of
from shop.core.protection import guard
from shop.core.protection.circuit import Phase

_MOST = 50


@dataclass(frozen=True, slots=True)
class CarrierHealth:
    """One carrier: its circuit, its last problem, and its figures of a day."""

    code: str
    name: str
    is_silent: bool
    since: datetime | None
    problem: str
    is_misconfigured: bool
    quotes: int
    refusals: int
    labels: int
    unknown: int
    untracked: int

    @property
    def gives_no_prices(self) -> bool:
        """Say whether every question of a day was answered by "does not go there": is the account enabled?"""
        return not self.quotes and self.refusals > 0


def of_carriers() -> list[CarrierHealth]:
    """Return the health of each carrier that the shop asks: five queries, and one read from Redis each."""
    since = timezone.now() - timedelta(days=1)
    problems = quoting.problems()
    answers = _counted(ShippingQuote.objects.filter(answered_at__gt=since), Q(is_available=True))
    bought = _counted(LabelPurchase.objects.filter(created_at__gt=since), Q(status="bought"))
    unknown = _counted(LabelPurchase.objects.filter(status__in=["unknown", "sent"]), Q(pk__isnull=False))
    troubled = _counted(ShipmentFollowUp.objects.exclude(problem=""), Q(pk__isnull=False))
    return [
        _of_one(code, problems.get(code, {}), answers, bought, unknown, troubled)
        for code in settings.SHIPPING_CARRIERS
    ]


Counts = dict[str, tuple[int, int]]


def _of_one(
    code: str, problem: object, answers: Counts, bought: Counts, unknown: Counts, troubled: Counts
) -> CarrierHealth:
    phase, circuit = guard.phase(party_of(code))
    known = problem if isinstance(problem, dict) else {}
    quotes, asked = answers.get(code, (0, 0))
    return CarrierHealth(
        code=code,
        name=carriers.name_of(code),
        is_silent=phase != Phase.CLOSED,
        since=datetime.fromtimestamp(circuit.opened_at, UTC) if circuit.opened_at else None,
        problem=str(known.get("detail", "")),
        is_misconfigured=known.get("kind") == "misconfigured",
        quotes=quotes,
        refusals=asked - quotes,
        labels=bought.get(code, (0, 0))[0],
        unknown=unknown.get(code, (0, 0))[0],
        untracked=troubled.get(code, (0, 0))[0],
    )


def _counted(
    rows: "QuerySet[ShippingQuote] | QuerySet[LabelPurchase] | QuerySet[ShipmentFollowUp]", good: Q
) -> Counts:
    found = rows.order_by().values_list("carrier").annotate(good=Count("pk", filter=good), all=Count("pk"))
    return {code: (number, total) for code, number, total in found}


def undecided() -> list[LabelPurchase]:
    """Return the labels of which nobody knows whether they were bought, the oldest first."""
    rows = LabelPurchase.objects.filter(status="unknown").select_related("shipment__order").defer("pdf")
    return list(rows.order_by("created_at")[:_MOST])


def variants_without_weight() -> list[Variant]:
    """Return variants on sale that nobody weighed: their prices are of the shop's usual weight."""
    rows = Variant.objects.filter(weight_grams=0, is_active=True, product__is_active=True)
    return list(rows.select_related("product").order_by("product__name", "sku")[:_MOST])


def health() -> dict[str, object]:
    """Return the carriers' part of `/healthz/`: a silent one makes the shop degraded, not dead."""
    phases = {code: str(guard.phase(party_of(code))[0]) for code in settings.SHIPPING_CARRIERS}
    return {**phases, "is_degraded": any(phase != Phase.CLOSED for phase in phases.values())}
