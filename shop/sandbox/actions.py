"""What an operator can do that no API call does: pay a voucher, refund from the panel, dispute, pay twice, pay late.

Every action is a function of the sandbox, an subject and parameters; the page and the JSON API share them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from shop.sandbox import counterparts
from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import chargebacks, preferences
from shop.sandbox.mercadopago import errors as mp_errors
from shop.sandbox.mercadopago import payments as mp
from shop.sandbox.mercadopago import refunds as mp_refunds
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import checkout, disputes, events, intents, pricing, sessions
from shop.sandbox.stripe import errors as stripe_errors
from shop.sandbox.stripe import refunds as stripe_refunds


class ActionRefused(Exception):
    """The action is not possible now; the message says why (Spanish)."""


Action = Callable[[Sandbox, str, JsonDict], Record]
REFUSALS: tuple[type[Exception], ...] = (
    mp_errors.ApiError,
    stripe_errors.ApiError,
    mp.PaymentRefused,
    checkout.PaymentRefused,
)


def perform(sandbox: Sandbox, name: str, subject: str, params: JsonDict) -> Record:
    """Do an operator's action and return the object it acted on.

    Raises:
        ActionRefused: unknown action or object, or the object's state forbids it.
    """
    action, refusals = ACTIONS.get(name), REFUSALS
    for joined in counterparts.found().values():
        if name in joined.actions:
            action, refusals = joined.actions[name], joined.refusals
    if action is None:
        raise ActionRefused(f"No existe la acción {name!r}.")
    try:
        return action(sandbox, subject, params)
    except refusals as error:
        raise ActionRefused(str(getattr(error, "message", error))) from error


def _need(record: Record | None) -> Record:
    if record is None:
        raise ActionRefused("Ese objeto no existe.")
    return record


def _amount(params: JsonDict) -> Decimal | None:
    if params.get("amount") in (None, ""):
        return None
    try:
        return Decimal(str(params["amount"]).replace(",", "."))
    except InvalidOperation as error:
        raise ActionRefused("El importe no es un número.") from error


def _count(params: JsonDict) -> int:
    text = str(params.get("installments", 1))
    if not text.isdecimal():
        raise ActionRefused("Las cuotas no son un número.")
    return int(text)


def _days(params: JsonDict) -> float:
    """Return how many days a shop has to answer a dispute; none may be left."""
    try:
        return float(params.get("days") or 10)
    except ValueError as error:
        raise ActionRefused("Los días no son un número.") from error


# -- Mercado Pago -----------------------------------------------------------------------------------------
def _mp_pay(sandbox: Sandbox, subject: str, params: JsonDict, *, force: bool = False) -> Record:
    outcome = str(params.get("outcome", "approved"))
    if outcome not in mp.OUTCOMES:
        raise ActionRefused("Ese resultado no existe.")
    return mp.pay(
        sandbox,
        preferences.fetch(sandbox, subject),
        method_id=str(params.get("method", "visa")),
        outcome=outcome,
        installments=_count(params),
        force=force,
    )


def _mp_late(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return _mp_pay(sandbox, subject, params, force=True)


def _mp_second(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = mp.fetch(sandbox, subject)
    return _mp_pay(sandbox, payment.parent, {**params, "outcome": "approved"}, force=True)


def _mp_approve(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = mp.fetch(sandbox, subject)
    if payment.status not in (*mp.OPEN, "cancelled"):
        raise ActionRefused("Sólo se acredita un pago pendiente o vencido.")
    return mp.move(sandbox, payment, "approved", "accredited")


def _mp_move(allowed: tuple[str, ...], status: str, detail: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        payment = mp.fetch(sandbox, subject)
        if payment.status not in allowed:
            raise ActionRefused(f"El pago está {payment.status}.")
        return mp.move(sandbox, payment, status, detail)

    return action


def _mp_refund(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    amount = _amount(params)
    body = {} if amount is None else {"amount": float(amount)}
    return mp_refunds.create(sandbox, subject, body, source="panel")


def _mp_settle(status: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return mp_refunds.settle(sandbox, _need(sandbox.store.get(mp_refunds.KIND, subject)), status)

    return action


def _mp_chargeback(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    amount = _amount(params)
    return chargebacks.create(
        sandbox,
        mp.fetch(sandbox, subject),
        reason=str(params.get("reason") or "general"),
        amount=None if amount is None else float(amount),
        days=_days(params),
    )


def _mp_decide(outcome: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return chargebacks.decide(sandbox, mp.fetch(sandbox, subject), outcome)

    return action


def _mp_review(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return chargebacks.review(sandbox, mp.fetch(sandbox, subject))


def _mp_mediation(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return chargebacks.mediate(sandbox, mp.fetch(sandbox, subject))


def _mp_end_mediation(refunded: bool) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return chargebacks.end_mediation(sandbox, mp.fetch(sandbox, subject), refunded=refunded)

    return action


def _mp_notify(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = mp.fetch(sandbox, subject)
    mp_refunds.announce(sandbox, payment)
    return payment


# -- Stripe -----------------------------------------------------------------------------------------------
def _stripe_pay(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    method = str(params.get("method", "card"))
    if method == "card":
        return checkout.approve(sandbox, subject)
    return checkout.leave_voucher(sandbox, subject, method)


def _stripe_late(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    sandbox.faults.add("late_approval", provider="stripe", target=subject)
    return _stripe_pay(sandbox, subject, params)


def _stripe_decline(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.decline(sandbox, subject, str(params.get("code", "generic_decline")))


def _stripe_expire(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return sessions.expire(sandbox, sessions.fetch(sandbox, subject))


def _intent(sandbox: Sandbox, subject: str) -> Record:
    """Return an intent by its own subject or by its session's."""
    session = sandbox.store.get(sessions.KIND, subject)
    return intents.fetch(sandbox, (session.body["payment_intent"] or subject) if session else subject)


def _stripe_pay_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.pay_voucher(sandbox, _intent(sandbox, subject))


def _stripe_expire_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.fail_voucher(sandbox, _intent(sandbox, subject))


def _stripe_confirm(method: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        intent = _intent(sandbox, subject)
        if intent.parent:
            raise ActionRefused("Ese pago se confirma en su página.")
        try:
            return intents.confirm(sandbox, intent, method)
        except stripe_errors.ApiError as error:
            if error.code != "card_declined":
                raise
            return intent

    return action


def _charge(sandbox: Sandbox, subject: str) -> Record:
    latest = _intent(sandbox, subject).body["latest_charge"]
    return _need(sandbox.store.get(intents.CHARGE, latest or ""))


def _stripe_refund(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge, amount = _charge(sandbox, subject), _amount(params)
    wanted: JsonDict = {"charge": charge.id}
    if amount is not None:
        places = 0 if charge.body["currency"] in pricing.ZERO_DECIMAL else 2
        wanted["amount"] = int(amount * 10**places)
    return stripe_refunds.create(sandbox, wanted)


def _stripe_settle(status: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return stripe_refunds.settle(sandbox, _need(sandbox.store.get(stripe_refunds.KIND, subject)), status)

    return action


def _stripe_dispute(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge, amount = _charge(sandbox, subject), _amount(params)
    places = 0 if charge.body["currency"] in pricing.ZERO_DECIMAL else 2
    return disputes.create(
        sandbox,
        charge,
        reason=str(params.get("reason") or "fraudulent"),
        amount=None if amount is None else int(amount * 10**places),
        is_inquiry=bool(params.get("inquiry")),
        days=_days(params),
    )


def _stripe_inquiry(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return _stripe_dispute(sandbox, subject, {**params, "inquiry": True})


def _stripe_decide(outcome: str) -> Action:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return disputes.decide(sandbox, _charge(sandbox, subject), outcome)

    return action


def _stripe_escalate(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return disputes.escalate(sandbox, _charge(sandbox, subject))


def _stripe_review(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return disputes.review(sandbox, _charge(sandbox, subject))


def _stripe_notify(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    session = sessions.fetch(sandbox, subject)
    names = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}
    if session.status not in names:
        raise ActionRefused("La sesión sigue abierta: no hay nada que avisar.")
    events.emit(sandbox, [(names[session.status], session.body)], sessions.targets_of(session))
    return session


ACTIONS: dict[str, Action] = {
    "mp.pay": _mp_pay,
    "mp.late": _mp_late,
    "mp.second": _mp_second,
    "mp.approve": _mp_approve,
    "mp.reject": _mp_move(tuple(mp.OPEN), "rejected", "cc_rejected_other_reason"),
    "mp.expire": _mp_move(tuple(mp.OPEN), "cancelled", "expired"),
    "mp.mediation": _mp_mediation,
    "mp.mediation_end": _mp_end_mediation(False),
    "mp.mediation_refund": _mp_end_mediation(True),
    "mp.refund": _mp_refund,
    "mp.refund_settle": _mp_settle("approved"),
    "mp.refund_reject": _mp_settle("rejected"),
    "mp.chargeback": _mp_chargeback,
    "mp.chargeback_review": _mp_review,
    "mp.chargeback_win": _mp_decide("won"),
    "mp.chargeback_lose": _mp_decide("lost"),
    "mp.chargeback_withdraw": _mp_decide("withdrawn"),
    "mp.notify": _mp_notify,
    "stripe.pay": _stripe_pay,
    "stripe.late": _stripe_late,
    "stripe.decline": _stripe_decline,
    "stripe.expire": _stripe_expire,
    "stripe.pay_voucher": _stripe_pay_voucher,
    "stripe.expire_voucher": _stripe_expire_voucher,
    "stripe.confirm": _stripe_confirm("pm_card_visa"),
    "stripe.confirm_declined": _stripe_confirm("pm_card_chargeDeclined"),
    "stripe.refund": _stripe_refund,
    "stripe.refund_settle": _stripe_settle("succeeded"),
    "stripe.refund_fail": _stripe_settle("failed"),
    "stripe.dispute": _stripe_dispute,
    "stripe.inquiry": _stripe_inquiry,
    "stripe.dispute_escalate": _stripe_escalate,
    "stripe.dispute_review": _stripe_review,
    "stripe.dispute_win": _stripe_decide("won"),
    "stripe.dispute_lose": _stripe_decide("lost"),
    "stripe.dispute_withdraw": _stripe_decide("withdrawn"),
    "stripe.notify": _stripe_notify,
}
