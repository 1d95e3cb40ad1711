"""Labels of the codes of events, reasons, references, mails and counters, in the reader's language.

Rows keep codes (`released by staff`, `order #10001`, `order_confirmation`): code compares them, and they do not depend
on the actor's language. Every page of the back office shows them through this file; a code without words is shown as it
stands.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.apps import apps
from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.core.audit import actors

# What happened besides a change of state (`Event.kind`).
KINDS: Final[dict[str, object]] = {
    "address changed": _("address changed"),
    "password set": _("password set"),
    "answered": _("answered"),
    "asked": _("asked for"),
    "booked": _("booked"),
    "closed": _("closed"),
    "confirmed by hand": _("confirmed by hand"),
    "instructed": _("instructions given"),
    "named": _("columns named"),
    "said to be paid": _("said to be paid"),
    "bank data asked": _("bank data asked"),
    "bank data corrected": _("bank data corrected"),
    "bank data forgotten": _("bank data forgotten"),
    "bank data given": _("bank data given"),
    "bank data shown": _("bank data shown"),
    "buyer erased": _("buyer erased"),
    "created": _("created"),
    "revised": _("new version"),
    "reminded": _("reminded"),
    "first instalment paid": _("first instalment paid"),
    "changed": _("changed"),
    "called": _("call noted"),
    "accepted": _("accepted"),
    "data exported": _("data exported"),
    "devices ended": _("devices signed out"),
    "downloaded": _("downloaded"),
    "drafted": _("drafted"),
    "evidence drafted": _("evidence drafted"),
    "explained": _("explained"),
    "found": _("found"),
    "frozen": pgettext_lazy("stock count", "begun"),
    "held": _("held"),
    "hold released": _("hold released"),
    "invoice data corrected": _("invoice data corrected"),
    "asked for at once": _("asked for at once"),
    "refund failed after its note": _("the refund failed after its credit note"),
    "series goes on": _("the series goes on"),
    "reserved": pgettext_lazy("label of a shipment", "about to be bought"),
    "billed on top": _("billed on top by the carrier"),
    "opened": pgettext_lazy("claim", "opened"),
    "written off": _("written off"),
    "difference asked for": _("difference asked for"),
    "difference paid": _("difference paid"),
    "out of stock": _("out of stock"),
    "invoice data erased": _("invoice data erased"),
    "kept aside": _("kept aside"),
    "mirrored": _("mirrored"),
    "note changed": _("note changed"),
    "owed": _("owed"),
    "placed": _("placed"),
    "pinged": _("test message sent"),
    "prolonged": _("prolonged"),
    "received": pgettext_lazy("goods", "received"),
    "received in part": _("received in part"),
    "released": _("released"),
    "replayed": _("sent again"),
    "requested": _("requested"),
    "resolved": _("resolved"),
    "second step removed": _("second step of signing in removed"),
    "secret rotated": _("secret replaced"),
    "sent": pgettext_lazy("goods", "sent"),
    "started": _("started"),
    "state": _("new state"),
    "sweep.wanted": _("list of payments to be read"),
    "taken over": _("taken over"),
    "uploaded": _("uploaded"),
    "variants created": _("variants created"),
    "picked": _("picked"),
    "pick taken back": _("pick taken back"),
    "prepared": _("prepared"),
    "packed": _("packed"),
    "inspected": _("inspected"),
    "decided": _("decided"),
    "paid back": _("paid back"),
    "decision taken back": _("decision taken back"),
    "disposition changed": _("disposition changed"),
    "unpacked": _("unpacked"),
    "labelled": _("labelled"),
    "sent again": _("sent again"),
    "needs attention": _("needs attention"),
    "attention given": _("needs no attention any more"),
    "ready to be fetched": _("ready to be fetched"),
    "late": _("later than promised"),
    "units back in stock": _("units back in stock"),
    "units cancelled": _("units cancelled"),
    "withdrawal requested": _("withdrawal requested"),
    "webhooks.back": _("notices come again"),
    "webhooks.silent": _("no notices come"),
}

# Of some rows another word, or another gender, is right: by the model and the kind.
_KINDS_OF: Final[dict[tuple[str, str], object]] = {
    ("orders.return", "requested"): pgettext_lazy("return of goods", "requested"),
    ("orders.return", "sent"): pgettext_lazy("return of goods", "sent by the buyer"),
    ("orders.return", "received"): pgettext_lazy("return of goods", "received"),
    ("orders.return", "inspected"): pgettext_lazy("return of goods", "inspected"),
    ("orders.return", "decided"): pgettext_lazy("return of goods", "decided what goes back"),
    ("orders.return", "paid back"): pgettext_lazy("return of goods", "paid back"),
    ("orders.claim", "written off"): pgettext_lazy("claim", "units given up"),
}

# Reasons that the shop itself writes (`Event.reason`, `Reservation.end_reason`, `StockMovement.reference`).
REASONS: Final[dict[str, object]] = {
    "accepted by staff": _("accepted by staff"),
    "the payment is disputed: waits for the end of that": _(
        "the payment is disputed: it waits for the end of that"
    ),
    "A bank transfer goes back by another one": _("a bank transfer goes back by another one"),
    "another checkout took its place": _("another purchase took its place"),
    "asked anew": _("asked anew"),
    "asked to leave": _("asked to leave"),
    "cart purged": _("the old cart was deleted"),
    "changed by staff": _("changed by staff"),
    "closed at the provider": _("closed at the provider"),
    "ended at the provider without money": _("ended at the provider without money"),
    "expired": pgettext_lazy("reason", "time was over"),
    "exchange-buyer": _("by the buyer"),
    "exchange-staff": _("by the staff"),
    "exchange-unpaid": _("the difference was not paid in time"),
    "exchange-return": _("its return was rejected, cancelled or expired"),
    "exchange-closed": _("its return was closed without these units"),
    "exchange-refunded": _("what was paid for the order has gone back"),
    "fewer": _("fewer units in the cart"),
    "inactive": _("no longer on sale"),
    "lapsed": _("lapsed"),
    "limit": _("above the limit"),
    "never opened": _("never opened"),
    "not_bought": _("not bought"),
    "out of stock": _("out of stock"),
    "no voucher any more": _("the payment slip is no longer valid"),
    "not confirmed": _("not confirmed"),
    "not wanted": _("not wanted"),
    "refunded in the provider's panel": _("refunded in the provider's panel"),
    "released by staff": _("released by staff"),
    "removed": _("taken out of the cart"),
    "replayed": _("processed again"),
    "returned by staff": _("returned by staff"),
    "returned": _("given back"),
    "refunded": _("refunded"),
    "sold": _("sold"),
    "the bank took the money back in a dispute": _("the bank took the money back in a dispute"),
    # Why units of an order were cancelled (`Cancellation.Reason`), and what is owed for them.
    "units cancelled": _("units cancelled"),
    "changed_mind": _("not wanted any more"),
    "mistake": _("ordered by mistake"),
    "other_choice": _("another size, colour or product is wanted"),
    "too_slow": _("it takes too long"),
    "buyer_asked": _("the buyer asked for it"),
    "not_found": _("not there, or damaged"),
    "cannot_deliver": _("cannot be delivered"),
    "suspicious": _("suspicion of fraud"),
    "wrong_price": _("wrong price or description"),
    "other": _("another reason"),
    "the first instalment was not paid": _("the first instalment was not paid"),
    # Words of the providers for the status of a payment or a dispute.
    "accredited": _("credited"),
    "pending_waiting_payment": _("waiting for the payment"),
    "pending_waiting_transfer": _("waiting for the transfer"),
    "pending_contingency": _("being processed"),
    "pending_review_manual": _("under review"),
    "in_process": _("being processed"),
    "partially_refunded": _("refunded in part"),
    "by_payer": _("by the payer"),
    "by_collector": _("by the shop"),
    "by_admin": _("by the provider"),
    "requires_payment_method": _("no means of payment accepted yet"),
    "succeeded": _("succeeded"),
    "processing": _("being processed"),
    "fraudulent": _("the buyer says it was not them"),
    "needs_response": _("an answer is needed"),
    "under_review": _("under review"),
    "won": _("won"),
    "lost": _("lost"),
    "product_not_received": _("the product did not arrive"),
    "duplicate": _("charged twice"),
    "product_unacceptable": _("the product is not as described"),
    "unrecognized": _("the buyer does not know it"),
    "subscription_canceled": _("the subscription was cancelled"),
    "credit_not_processed": _("the refund did not come"),
    "general": _("another reason"),
    "insufficient_funds": _("not enough funds"),
    "card_declined": _("card declined"),
    "cc_rejected_insufficient_amount": _("not enough funds"),
    "cc_rejected_bad_filled_security_code": _("wrong security code"),
    "cc_rejected_bad_filled_date": _("wrong expiry date"),
    "cc_rejected_bad_filled_other": _("wrong card data"),
    "cc_rejected_other_reason": _("card declined"),
    "cc_rejected_call_for_authorize": _("the bank asks for a call"),
    "cc_rejected_high_risk": _("too much risk"),
    "cc_rejected_card_disabled": _("card not activated"),
    "cc_rejected_duplicated_payment": _("charged twice"),
    "cc_rejected_max_attempts": _("too many tries"),
    "cc_rejected_blacklist": _("card declined"),
}

# Kinds of mail (`shop.core.mail.secrets.KINDS` names them all).
MAILS: Final[dict[str, object]] = {
    "password-reset-key": _("link for a new password"),
    "password-reset-code": _("code for a new password"),
    "login-code": _("code to sign in"),
    "email-confirmation": _("confirmation of the address"),
    "email-confirmation-signup": _("confirmation of the address (new account)"),
    "account-already-exists": _("there is an account already"),
    "unknown-account": _("there is no such account"),
    "email-changed": _("address changed"),
    "email-confirm": _("address confirmed"),
    "email-deleted": _("address removed"),
    "password-changed": _("password changed"),
    "password-reset": _("new password set"),
    "password-set": _("password set"),
    "recovery-codes-generated": _("new recovery codes"),
    "totp-activated": _("second step activated"),
    "totp-deactivated": _("second step removed"),
    "webauthn-added": _("security key added"),
    "webauthn-removed": _("security key removed"),
    "erasure_code": _("code for an erasure"),
    "erasure_done": _("erasure done"),
    "address_changed_by_staff": _("address changed by staff"),
    "password_set_by_staff": _("password set by staff"),
    "order_confirmation": _("order confirmation"),
    "order_cancelled": _("cancellation of an order"),
    "shipment_dispatched": _("shipment on its way"),
    "shipment_delivered": _("shipment delivered"),
    "shipment_delayed": _("shipment delayed"),
    "shipment_ready": _("shipment can be fetched"),
    "order_late": _("order takes longer than promised"),
    "return_requested": _("return asked for"),
    "return_approved": _("return approved"),
    "return_received": _("return arrived"),
    "return_paid_back": _("return settled"),
    "return_ended": _("return ended"),
    "exchange_requested": _("exchange requested"),
    "exchange_to_pay": _("difference of an exchange to be paid"),
    "exchange_paid": _("difference of an exchange paid"),
    "exchange_released": _("exchange released"),
    "exchange_waits": _("exchange waits for stock"),
    "exchange_cancelled": _("exchange cancelled"),
    "claim_opened": _("claim opened"),
    "claim_resolved": _("claim resolved"),
    "claim_ended": _("claim ended"),
    "order_refunded_late": _("late payment returned"),
    "payment_pending": _("payment pending"),
    "payment_surplus_returned": _("surplus returned"),
    "bank_data_asked": _("bank data asked"),
    "bank_data_given": _("bank data given"),
    "refund_transferred": _("refund transferred"),
    "order_refunded": _("refund of an order"),
    "installments_accepted": _("purchase in instalments"),
    "installments_paid": _("instalments paid"),
    "installments_reduced": _("instalments reduced"),
    "installments_cancelled": _("purchase in instalments cancelled"),
    "installment_reminder": _("reminder of an instalment"),
    "transfer_received": _("bank transfer received"),
    "transfer_reminder": _("reminder of a bank transfer"),
    "withdrawal_asked": _("withdrawal asked"),
    "withdrawal_received": _("withdrawal received"),
    "waiting_confirm": _("waiting list: to be confirmed"),
    "waiting_once": _("waiting list: waits already"),
    "back_in_stock": _("back in stock"),
    "drop_reminder": _("reminder of a drop"),
    "invoice": _("invoice, credit note or receipt"),
    "invoice_attention": _("invoices need attention"),
    "label_attention": _("a label was not voided"),
    "dispute_closed": _("dispute closed"),
    "dispute_opened": _("new dispute"),
    "dispute_reminder": _("dispute to be answered"),
    "payment_attention": _("a payment needs attention"),
    "payment_stray": _("payment without a purchase"),
    "provider_silent": _("a payment provider does not answer"),
    "provider_refuses": _("a payment provider refuses"),
    "stock_alert": _("stock alert"),
    "webhook_endpoint_disabled": _("webhook endpoint switched off"),
    "webhooks_dead": _("notices nobody tries again"),
    "webhooks_silent": _("no notices come"),
}

COUNTERS: Final[dict[str, object]] = {
    "purchase-order": _("last number of a purchase order"),
    "stock-count": _("last number of a stock count"),
    "transfer_number": _("last number of a transfer"),
    "webhooks_refused": _("notices with a false signature"),
}

# What became of units that came back (`Inspection.Disposition`), within a reason: `1 × SKU: restock`.
_DISPOSITIONS: Final[dict[str, object]] = {
    "restock": _("back to stock"),
    "quarantine": _("quarantine"),
    "write_off": _("written off"),
    "send_back": _("sent back to the buyer"),
}
_DISPOSITION: Final = re.compile(rf"(?<=[:→] )({'|'.join(_DISPOSITIONS)})\b")

# References and reasons with a variable part; a `state` is looked up as a reason is.
_FORMS: Final[tuple[tuple[re.Pattern[str], object], ...]] = (
    (re.compile(r"order #(?P<number>\d+)"), _("order #%(number)s")),
    (re.compile(r"since (?P<moment>[\d :-]+)"), _("since %(moment)s")),
    (re.compile(r"return (?P<number>\d+-R\d+)"), _("return %(number)s")),
    (re.compile(r"exchange (?P<number>\d+-E\d+)"), _("exchange %(number)s")),
    (re.compile(r"claim (?P<number>\d+-C\d+)"), _("claim %(number)s")),
    (re.compile(r"payment (?P<state>[a-z_]+)"), _("payment: %(state)s")),
    (re.compile(r"dispute (?P<state>[a-z_]+)"), _("dispute: %(state)s")),
    (re.compile(r"order #?(?P<number>\d+) has no payment"), _("order #%(number)s has no payment")),
    (
        re.compile(r"(?P<left>[\d.]+) of (?P<amount>[\d.]+) cannot be paid"),
        _("%(left)s of %(amount)s cannot be paid"),
    ),
)


def kind(code: str, of: str = "") -> str:
    """Return the label of an event's kind (`payments.attention` records `attention.<matter>`).

    `of`: the model of the row that it is about (`orders.return`).
    """
    if code.startswith("attention."):
        return str(_("needs attention"))
    return str(_KINDS_OF.get((of, code)) or KINDS.get(code, code))


def reason(text: str) -> str:
    """Return a reason or reference in the reader's language; a person's text, or an unknown code, as it is.

    Of one in parts (`2 × SKU · mistake · words of a person`) each part is looked up.
    """
    if text in REASONS:
        return str(REASONS[text])
    if name := actors.provider_named(text):
        return name
    for form, words in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            return str(words) % {
                name: REASONS.get(part, part) if name == "state" else part for name, part in parts.items()
            }
    text = _DISPOSITION.sub(lambda found: str(_DISPOSITIONS[found.group()]), text)
    return " · ".join(str(REASONS.get(part, part)) for part in text.split(" · "))


def mail(code: str) -> str:
    """Return the label of a kind of mail."""
    return str(MAILS.get(code, code))


def counter(name: str) -> str:
    """Return the label of a counter; one of a provider names it (`webhooks_refused:stripe`)."""
    code, _colon, of = name.partition(":")
    words = str(COUNTERS.get(code, code))
    return f"{words} · {of.capitalize()}" if of else words


def subject(label: str) -> str:
    """Return the label of a model's rows (`orders.order`)."""
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return label


def filter_words(words: Callable[[str], str]) -> type:
    """Return a list filter of all values of a column, each shown by `words`."""

    class WordsFilter(AllValuesFieldListFilter):
        """All values that the column has, in words."""

        def choices(self, changelist: ChangeList) -> Iterator[Any]:
            for choice in super().choices(changelist):
                yield {**choice, "display": words(str(choice["display"]))}

    return WordsFilter
