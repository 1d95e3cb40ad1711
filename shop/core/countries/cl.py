"""Chile."""

from datetime import date

from shop.core.countries.base import Country, Credit, Document, Retention, ReturnRules, Withdrawal

COUNTRY = Country(
    code="CL",
    name="Chile",
    currency="CLP",
    phone_prefix="56",
    region="region",
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
    # Hardly anybody knows it, and carriers go by commune and street.
    is_postal_code_required=False,
    postal_pattern=r"\d{7}",
    postal_example="8320000",
    documents=(
        # 66.666.666-6 stands for a buyer without a RUT, 55.555.555-5 for a foreign one (SII).
        Document("RUT", "RUT", "12.531.909-2", check=("cl.rut",), anonymous="666666666|555555555"),
    ),
    withdrawal=Withdrawal(
        10, are_business_days=False, seller_pays_return=False, source="Ley 19.496 art. 3 bis"
    ),
    returns=ReturnRules(True, 180, source="Ley 19.496 arts. 3 bis and 21 (six months)"),
    retention=Retention(6, "Código Tributario arts. 17 and 200"),
    credit=Credit(
        # Nothing that was read says whether the monthly rate is compounded. The ceiling of late interest changes every
        # month (CMF), so none is charged.
        rate_name="CAE",
        is_cash_price_prominent=True,
        # Quotations bind for seven business days (art. 17 G): eleven days, with two weekends and no holiday.
        offer_valid_hours=11 * 24,
        source="Ley 19.496 arts. 17 G, 37-39 C; Ley 18.010 art. 10; Ley 20.555; DS 43/2012",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:CL; Correos de Chile",
    read_date=date(2026, 11, 1),
)
