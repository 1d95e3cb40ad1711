"""Uruguay."""

from datetime import date

from shop.core.countries.base import Country, Credit, Document, Retention, ReturnRules, Withdrawal

COUNTRY = Country(
    code="UY",
    name="Uruguay",
    currency="UYU",
    phone_prefix="598",
    region="department",
    states=(
        "Artigas",
        "Canelones",
        "Cerro Largo",
        "Colonia",
        "Durazno",
        "Flores",
        "Florida",
        "Lavalleja",
        "Maldonado",
        "Montevideo",
        "Paysandú",
        "Río Negro",
        "Rivera",
        "Rocha",
        "Salto",
        "San José",
        "Soriano",
        "Tacuarembó",
        "Treinta y Tres",
    ),
    postal_pattern=r"\d{5}",
    postal_example="11000",
    documents=(
        # python-stdnum has no cédula: its check digit is computed by `shop.core.countries.numbers`.
        Document("CI", "Cédula de identidad", "1.234.567-2", check=("uy.ci",)),
        Document("RUT", "RUT", "21-100342-001-7", check=("uy.rut",), is_company=True),
    ),
    withdrawal=Withdrawal(5, are_business_days=True, seller_pays_return=False, source="Ley 17.250 art. 16"),
    returns=ReturnRules(True, 90, source="Ley 17.250 arts. 16 and 37"),
    retention=Retention(10, "Código Tributario art. 38"),
    credit=Credit(
        rate_name="TEA",
        source="Ley 17.250 art. 15; Ley 18.212",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:UY; Correo Uruguayo; DNIC",
    read_date=date(2026, 11, 1),
)
