"""Peru."""

from datetime import date

from shop.core.countries.base import Country, Credit, Document, Retention

COUNTRY = Country(
    code="PE",
    name="Perú",
    currency="PEN",
    phone_prefix="51",
    region="department",
    states=(
        "Amazonas",
        "Áncash",
        "Apurímac",
        "Arequipa",
        "Ayacucho",
        "Cajamarca",
        "Callao",
        "Cusco",
        "Huancavelica",
        "Huánuco",
        "Ica",
        "Junín",
        "La Libertad",
        "Lambayeque",
        "Lima",
        "Loreto",
        "Madre de Dios",
        "Moquegua",
        "Pasco",
        "Piura",
        "Puno",
        "San Martín",
        "Tacna",
        "Tumbes",
        "Ucayali",
    ),
    postal_pattern=r"\d{5}",
    postal_example="15001",
    documents=(
        # People know the eight digits; the ninth character printed on newer cards is the check of the CUI.
        Document("DNI", "DNI", "10117410", check=("pe.cui",), pattern=r"\d{8}"),
        Document("RUC", "RUC", "20512333797", check=("pe.ruc",), is_company=True),
    ),
    retention=Retention(5, "Código Tributario art. 87 num. 7"),
    credit=Credit(
        rate_name="TCEA",
        # A year of 360 days is twelve months of thirty.
        is_method_confirmed=True,
        source="Código de Protección y Defensa del Consumidor (Ley 29571) art. 81; SBS (TCEA)",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:PE; Serpost; RENIEC, SUNAT",
    read_date=date(2026, 11, 1),
)
