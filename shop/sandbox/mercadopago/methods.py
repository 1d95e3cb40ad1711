"""The ways to pay that the hosted page offers, per site."""

from __future__ import annotations

from dataclasses import dataclass

from shop.sandbox.store import JsonDict


@dataclass(frozen=True, slots=True)
class Method:
    """One way to pay; ``sites`` empty means everywhere."""

    id: str
    name: str
    type: str
    note: str = ""
    sites: tuple[str, ...] = ()
    days: int = 0

    @property
    def is_voucher(self) -> bool:
        """Return whether the shopper pays later, with a code."""
        return self.type in ("ticket", "bank_transfer", "atm")


METHODS = (
    Method("visa", "Tarjeta de crédito", "credit_card", "Visa terminada en 3704"),
    Method("debvisa", "Tarjeta de débito", "debit_card", "Visa Débito terminada en 8412", ("MLA",)),
    Method("account_money", "Dinero en mi cuenta", "account_money", "Saldo disponible en Mercado Pago"),
    Method("rapipago", "Rapipago", "ticket", "Pagás en efectivo, con un código", ("MLA",), 3),
    Method("pagofacil", "Pago Fácil", "ticket", "Pagás en efectivo, con un código", ("MLA",), 3),
    Method("pix", "Pix", "bank_transfer", "Aprovação imediata", ("MLB",), 1),
    Method("bolbradesco", "Boleto", "ticket", "Vence em 3 dias", ("MLB",), 3),
    Method("oxxo", "OXXO", "ticket", "Pagas en efectivo, con un código", ("MLM",), 3),
    Method("efecty", "Efecty", "ticket", "Pagas en efectivo, con un código", ("MCO",), 3),
)
REASONS = {
    "cc_rejected_insufficient_amount": "Tu tarjeta no tiene fondos suficientes.",
    "cc_rejected_other_reason": "Tu banco no aprobó el pago.",
    "cc_rejected_bad_filled_security_code": "Revisá el código de seguridad de la tarjeta.",
    "cc_rejected_call_for_authorize": "Llamá a tu banco para autorizar el pago.",
}
# Invented surcharges for paying in cuotas: 3.2 % a month.
MONTHLY_SURCHARGE = 0.032
CUOTAS = (1, 2, 3, 6, 9, 12, 18, 24, 36)


def offered(site: str, preference: JsonDict) -> list[Method]:
    """Return the methods of a site that the preference does not exclude.

    Account money can never be excluded; ``binary_mode`` leaves out everything that stays pending.
    """
    wishes = preference["payment_methods"]
    methods = {entry.get("id") for entry in wishes.get("excluded_payment_methods") or []}
    types = {entry.get("id") for entry in wishes.get("excluded_payment_types") or []}
    return [
        method
        for method in METHODS
        if (not method.sites or site in method.sites)
        and (method.type == "account_money" or (method.id not in methods and method.type not in types))
        and not (preference["binary_mode"] and method.is_voucher)
    ]


def catalogue(site: str) -> list[JsonDict]:
    """Return the site's methods as ``GET /v1/payment_methods`` lists them."""
    return [
        {
            "id": method.id,
            "name": method.name,
            "payment_type_id": method.type,
            "status": "active",
            "secure_thumbnail": "",
            "thumbnail": "",
            "deferred_capture": "supported" if method.type == "credit_card" else "does_not_apply",
            "settings": {},
            "additional_info_needed": [],
            "min_allowed_amount": 1,
            "max_allowed_amount": 50000000,
            "accreditation_time": 0 if not method.is_voucher else 60,
            "financial_institutions": [],
            "processing_modes": ["aggregator"],
        }
        for method in METHODS
        if not method.sites or site in method.sites
    ]
