"""Chile."""

from datetime import date

from shop.core.countries.base import Country, Document, Retention, Withdrawal

COUNTRY = Country(
    code="CL",
    name="Chile",
    currency="CLP",
    phone_prefix="56",
    states=(
        "Antofagasta",
        "Arica y Parinacota",
        "Atacama",
        "Aysén",
        "Biobío",
        "Coquimbo",
        "La Araucanía",
        "Libertador General Bernardo O'Higgins",
        "Los Lagos",
        "Los Ríos",
        "Magallanes",
        "Maule",
        "Metropolitana de Santiago",
        "Ñuble",
        "Tarapacá",
        "Valparaíso",
    ),
    postal_pattern=r"\d{7}",
    postal_example="8320000",
    documents=(Document("RUT", "RUT", "12.531.909-2", check=("cl.rut",)),),
    withdrawal=Withdrawal(
        10, are_business_days=False, seller_pays_return=False, source="Ley 19.496 art. 3 bis"
    ),
    retention=Retention(6, "Código Tributario arts. 17 and 200"),
    source="ISO 3166-2:CL; Correos de Chile",
    read_date=date(2026, 11, 1),
)
