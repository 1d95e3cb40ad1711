"""Argentina."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from shop.core.countries.base import (
    ContractField,
    Country,
    Credit,
    Document,
    Retention,
    ReturnRules,
    SalesTax,
    TaxCondition,
    Withdrawal,
)

COUNTRY = Country(
    code="AR",
    name="Argentina",
    currency="ARS",
    phone_prefix="54",
    region="province",
    # ISO 3166-2:AR. Stored by name: it is what stands on a label.
    states=(
        "Buenos Aires",
        "Catamarca",
        "Chaco",
        "Chubut",
        "Ciudad Autónoma de Buenos Aires",
        "Córdoba",
        "Corrientes",
        "Entre Ríos",
        "Formosa",
        "Jujuy",
        "La Pampa",
        "La Rioja",
        "Mendoza",
        "Misiones",
        "Neuquén",
        "Río Negro",
        "Salta",
        "San Juan",
        "San Luis",
        "Santa Cruz",
        "Santa Fe",
        "Santiago del Estero",
        "Tierra del Fuego",
        "Tucumán",
    ),
    # Four digits of old, or the CPA: letter of the province, the four digits, three letters of the block face.
    # Many people know only the letter and the digits.
    postal_pattern=r"(?:[A-HJ-NP-Z]\d{4}(?:[A-Z]{3})?|\d{4})",
    postal_example="1414",
    postal_examples="1414, C1414, C1414ABC",
    documents=(
        Document("DNI", "DNI", "30.123.456", check=("ar.dni",), has_check_digit=False),
        Document("CUIT", "CUIT / CUIL", "20-30123456-3", check=("ar.cuit",), is_company=True),
    ),
    withdrawal=Withdrawal(
        10,
        are_business_days=False,
        seller_pays_return=True,
        source="Ley 24.240 art. 34; Código Civil y Comercial arts. 1110-1116; Disp. 954/2025",
    ),
    returns=ReturnRules(
        True, 180, source="Código Civil y Comercial art. 1113; Ley 24.240 art. 11 (six months)"
    ),
    retention=Retention(10, "Código Civil y Comercial art. 328"),
    sales_tax=SalesTax(
        "IVA",
        "IVA",
        Decimal("0.21"),
        is_included=True,
        # The line "PRECIO SIN IMPUESTOS NACIONALES" beside each price.
        shows_net_price=True,
        source="Ley 23.349 art. 28 (general rate); Ley 27.743 and Res. 4/2025 (net price)",
    ),
    # Ley 23.349 and RG ARCA 5616/2024: the receiver's condition is told with every invoice.
    tax_conditions=(
        TaxCondition("CF", _("Final consumer")),
        TaxCondition("RI", _("Registered for IVA (responsable inscripto)"), document="CUIT"),
        TaxCondition("MT", _("Monotributo"), document="CUIT"),
        TaxCondition("EX", _("Exempt from IVA"), document="CUIT"),
    ),
    credit=Credit(
        # The effective annual rate of all charges, VAT on interest inside: the buyer is a final consumer. How days are
        # counted, and how many decimals are printed, was not found in what is in force.
        rate_name="CFTEA",
        interest_tax=Decimal("0.21"),
        # No figure in the law: judges reduce what is abusive. Cards' yard-stick is half above the plan's own rate.
        max_late_over_plan=Decimal("1.5"),
        contract_fields=(
            ContractField.DESCRIPTION,
            ContractField.CASH_PRICE,
            ContractField.DOWN_PAYMENT,
            ContractField.RATE,
            ContractField.INTEREST,
            ContractField.TOTAL,
            ContractField.AMORTISATION,
            ContractField.COUNT,
            ContractField.AMOUNTS,
            ContractField.DUE_DATES,
            ContractField.EXTRA_CHARGES,
            ContractField.LATE_CHARGES,
            ContractField.EARLY_SETTLEMENT,
            ContractField.VALID_UNTIL,
        ),
        staff_notice=_(
            "Whoever sells in instalments of their own habitually is an “other non-financial credit provider” for the"
            " Central Bank (BCRA). Above a yearly sum registration is due, and its rules on the CFT apply. Ask your"
            " accountant."
        ),
        source="Ley 24.240 art. 36; Ley 25.065 art. 18; Res. 4/2025; BCRA Com. “A” 3052, “A” 7146",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:AR; Correo Argentino (CPA); ARCA RG 5700/2025",
    read_date=date(2026, 11, 1),
)
