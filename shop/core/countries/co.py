"""Colombia."""

from datetime import date

from shop.core.countries.base import Country, Credit, Document, Retention, ReturnRules, Withdrawal

COUNTRY = Country(
    code="CO",
    name="Colombia",
    currency="COP",
    phone_prefix="57",
    region="department",
    states=(
        "Amazonas",
        "Antioquia",
        "Arauca",
        "Atlántico",
        "Bogotá, D.C.",
        "Bolívar",
        "Boyacá",
        "Caldas",
        "Caquetá",
        "Casanare",
        "Cauca",
        "Cesar",
        "Chocó",
        "Córdoba",
        "Cundinamarca",
        "Guainía",
        "Guaviare",
        "Huila",
        "La Guajira",
        "Magdalena",
        "Meta",
        "Nariño",
        "Norte de Santander",
        "Putumayo",
        "Quindío",
        "Risaralda",
        "San Andrés y Providencia",
        "Santander",
        "Sucre",
        "Tolima",
        "Valle del Cauca",
        "Vaupés",
        "Vichada",
    ),
    postal_pattern=r"\d{6}",
    postal_example="110111",
    documents=(
        # The cédula has no check digit: 3 to 10 digits, never starting with zero.
        Document(
            "CC",
            "Cédula de ciudadanía",
            "1.020.345.678",
            pattern=r"[1-9]\d{2,9}",
            # "Consumidor final" (DIAN, resolución 000042 de 2020).
            has_check_digit=False,
            anonymous="222222222222",
        ),
        Document("NIT", "NIT", "213.123.432-1", check=("co.nit",), is_company=True),
    ),
    withdrawal=Withdrawal(
        5, are_business_days=True, seller_pays_return=False, source="Ley 1480 art. 47; Ley 2439/2024"
    ),
    returns=ReturnRules(
        True,
        365,
        source="Ley 1480 arts. 47 (all that was paid; personal use exempt) and 8 (one year)",
        exempts_personal_use=True,
    ),
    retention=Retention(10, "Código de Comercio art. 60; Ley 962/2005 art. 28"),
    credit=Credit(
        rate_name="TEA",
        # The ceiling (usura) is certified every month by the Superintendencia Financiera: it is not known here.
        source="Ley 1480 art. 45; Superintendencia Financiera (tasa de usura)",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:CO; 4-72 (códigos postales); Registraduría",
    read_date=date(2026, 11, 1),
)
