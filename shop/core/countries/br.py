"""Brazil."""

from datetime import date

from shop.core.countries.base import Country, Document, Retention, Withdrawal

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
    retention=Retention(5, "CTN arts. 173 and 195; LGPD art. 16 I"),
    source="ISO 3166-2:BR; Correios (CEP)",
    read_date=date(2026, 11, 1),
)
