"""Argentina."""

from datetime import date
from decimal import Decimal

from shop.core.countries.base import Country, Document, Retention, SalesTax, Withdrawal

COUNTRY = Country(
    code="AR",
    name="Argentina",
    currency="ARS",
    phone_prefix="54",
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
    source="ISO 3166-2:AR; Correo Argentino (CPA); ARCA RG 5700/2025",
    read_date=date(2026, 11, 1),
)
