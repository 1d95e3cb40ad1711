"""Brazil."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from shop.core.countries.base import Country, Credit, Document, RateMethod, Retention, ReturnRules, Withdrawal

COUNTRY = Country(
    code="BR",
    name="Brasil",
    currency="BRL",
    phone_prefix="55",
    states=(
        "Acre",
        "Alagoas",
        "Amapá",
        "Amazonas",
        "Bahia",
        "Ceará",
        "Distrito Federal",
        "Espírito Santo",
        "Goiás",
        "Maranhão",
        "Mato Grosso",
        "Mato Grosso do Sul",
        "Minas Gerais",
        "Pará",
        "Paraíba",
        "Paraná",
        "Pernambuco",
        "Piauí",
        "Rio de Janeiro",
        "Rio Grande do Norte",
        "Rio Grande do Sul",
        "Rondônia",
        "Roraima",
        "Santa Catarina",
        "São Paulo",
        "Sergipe",
        "Tocantins",
    ),
    postal_pattern=r"(\d{5})(\d{3})",
    postal_example="01310-100",
    documents=(
        Document("CPF", "CPF", "390.533.447-05", check=("br.cpf",)),
        Document("CNPJ", "CNPJ", "16.727.230/0001-97", check=("br.cnpj",), is_company=True),
    ),
    withdrawal=Withdrawal(
        7, are_business_days=False, seller_pays_return=True, source="CDC art. 49; Decreto 7.962/2013"
    ),
    returns=ReturnRules(True, 90, source="CDC art. 49, sole paragraph; CDC art. 26 II"),
    retention=Retention(5, "CTN arts. 173 and 195; LGPD art. 16 I"),
    credit=Credit(
        rate_name="CET",
        method=RateMethod.ACT365,
        is_method_confirmed=True,
        # NBR 5891: to the even digit where both are as near.
        rounding=ROUND_HALF_EVEN,
        # Whoever is no bank may not take more (STJ, REsp 1.720.656-MG).
        max_monthly_rate=Decimal("0.01"),
        max_late_monthly_rate=Decimal("0.01"),
        max_late_fine=Decimal("0.02"),
        source="CDC arts. 52, 54-B; Res. CMN 4.881 art. 4; STJ REsp 1.720.656-MG; Decreto 5.903",
        read_date=date(2026, 11, 1),
    ),
    source="ISO 3166-2:BR; Correios (CEP)",
    read_date=date(2026, 11, 1),
)
