"""Mexico."""

from datetime import date

from shop.core.countries.base import Country, Document, Retention, Withdrawal

COUNTRY = Country(
    code="MX",
    name="México",
    currency="MXN",
    phone_prefix="52",
    states=(
        "Aguascalientes",
        "Baja California",
        "Baja California Sur",
        "Campeche",
        "Chiapas",
        "Chihuahua",
        "Ciudad de México",
        "Coahuila",
        "Colima",
        "Durango",
        "Guanajuato",
        "Guerrero",
        "Hidalgo",
        "Jalisco",
        "Estado de México",
        "Michoacán",
        "Morelos",
        "Nayarit",
        "Nuevo León",
        "Oaxaca",
        "Puebla",
        "Querétaro",
        "Quintana Roo",
        "San Luis Potosí",
        "Sinaloa",
        "Sonora",
        "Tabasco",
        "Tamaulipas",
        "Tlaxcala",
        "Veracruz",
        "Yucatán",
        "Zacatecas",
    ),
    postal_pattern=r"\d{5}",
    postal_example="06700",
    documents=(
        Document(
            "RFC",
            "RFC",
            "GODE561231GR8",
            check=("mx.rfc",),
            is_company=True,
            # & and Ñ stand in the names of companies (SAT, anexo 1-A of the RMF). The two generic numbers are for
            # buyers without one: the public in general, and foreigners (RMF rule 2.7.1.23).
            signs="&Ñ",
            anonymous="XAXX010101000|XEXX010101000",
        ),
        Document("CURP", "CURP", "BOXW310820HNERXN09", check=("mx.curp",)),
    ),
    withdrawal=Withdrawal(5, are_business_days=True, seller_pays_return=False, source="LFPC art. 56"),
    retention=Retention(5, "CFF art. 30"),
    source="ISO 3166-2:MX; Sepomex; SAT (CFDI 4.0)",
    read_date=date(2026, 11, 1),
)
