"""What a list reading makes of one payment of a list, and of a provider that does not answer for it."""

from collections import Counter
from typing import Any, cast

import pytest

from payments.gateways.base import GatewayError, ListedPayment, NotFoundAtProvider, PaymentState
from payments.models import Payment, ProviderWatch
from payments.reconciliation import provider_list
from payments.settlement import adoption
from payments.settlement import settle as settling
from payments.tests.payouts.report_files import sold


class Listed:
    """As much of a listed payment as is asked for here."""

    external_id = "p1"

    def __init__(self, state: PaymentState | None) -> None:
        self.state = state


def listed(state: PaymentState | None = None) -> ListedPayment:
    return cast(ListedPayment, Listed(state))


@pytest.mark.parametrize("state", [None, *PaymentState])
def test_only_what_was_declined_or_given_up_is_nothing(state: PaymentState | None) -> None:
    assert provider_list._is_nothing(listed(state)) is (
        state in {PaymentState.REJECTED, PaymentState.CANCELLED}
    )


@pytest.mark.parametrize(
    ("error", "word", "is_over"),
    [
        (NotFoundAtProvider("gone"), "not readable", True),
        (GatewayError("refused", permanent=True), "not settled", True),
        (GatewayError("silent", permanent=False), "not settled", False),
        (RuntimeError("?"), "not settled", False),
        (None, "settled", True),
    ],
)
def test_a_payment_that_cannot_be_settled_is_counted_and_tried_again_only_where_that_helps(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, word: str, is_over: bool
) -> None:
    def settle(**_options: Any) -> None:
        if error:
            raise error

    counts: Counter[str] = Counter()
    monkeypatch.setattr(settling, "settle", settle)
    attempt = cast(Any, "attempt")
    assert provider_list._settle(attempt, listed(), counts, actor="test") is is_over
    assert counts == {word: 1}


@pytest.mark.parametrize("permanent", [True, False])
def test_a_payment_of_nobody_that_cannot_be_looked_at_is_counted(
    monkeypatch: pytest.MonkeyPatch, permanent: bool
) -> None:
    def fetch(*_arguments: Any, **_options: Any) -> None:
        raise GatewayError("no", permanent=permanent)

    counts: Counter[str] = Counter()
    monkeypatch.setattr(adoption, "fetch", fetch)
    assert provider_list._fetch(Payment(), counts, actor="test") is permanent
    assert counts == {"not settled": 1}


@pytest.mark.django_db
def test_those_offered_are_read_first_then_those_that_were(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_GATEWAYS = ["stripe"]
    for code in ("mercadopago", "conekta", "an old one"):
        ProviderWatch.objects.create(gateway=code)
    assert provider_list.watched() == ["stripe", "conekta", "mercadopago"]
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        provider_list,
        "read_list",
        lambda code, *, is_wanted, actor: asked.append((code, actor)) or {"read": 1},  # type: ignore[func-returns-value]
    )
    assert provider_list.read_all_lists(actor="staff:a") == {"read": 3}
    assert asked == [("stripe", "staff:a"), ("conekta", "staff:a"), ("mercadopago", "staff:a")]


@pytest.mark.django_db
def test_the_wrong_gateways_attempts_are_not_this_ones() -> None:
    attempt = sold("1", gateway="stripe").attempt
    assert attempt is not None

    def under(reference: str) -> ListedPayment:
        payment = Listed(None)
        payment.reference = reference  # type: ignore[attr-defined]
        return cast(ListedPayment, payment)

    page = [under(attempt.reference), under("no number of ours")]
    assert provider_list._attempts("stripe", page) == {attempt.reference: attempt.pk}
    assert provider_list._attempts("mercadopago", page) == {}
