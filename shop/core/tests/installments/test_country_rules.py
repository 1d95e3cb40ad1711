"""What a country forbids, in the words of each language; and that every country has rules for instalments."""

from decimal import Decimal

import pytest
from django.utils import translation
from django.utils.translation import gettext

from shop.core.countries import COUNTRIES, get
from shop.core.installments.country_rules import is_above_cap, offer_problems, offer_rate
from shop.core.installments.rates import NoRate
from shop.core.installments.schedule import DuePolicy

DEFAULTS = [("0.19", 3), ("0.15", 6), ("0.12", 12)]


@pytest.mark.parametrize(("factor", "count"), [*DEFAULTS, ("0.0803", 3), ("0.0706", 6), ("0.0662", 12)])
def test_brazil_forbids_more_than_one_per_cent_a_month(factor, count):
    (problem,) = offer_problems(get("BR").credit, Decimal(factor), count)
    assert problem.is_forbidden


@pytest.mark.parametrize(
    ("factor", "count"), [("0", 1), ("0", 12), ("0.0802", 3), ("0.0705", 6), ("0.0661", 12)]
)
def test_brazil_allows_up_to_it(factor, count):
    assert offer_problems(get("BR").credit, Decimal(factor), count) == []


def test_the_policy_decides_too():
    brazil = get("BR").credit
    assert offer_problems(brazil, Decimal("0.0705"), 6, DuePolicy.AT_SALE)
    assert offer_problems(brazil, Decimal("0.0705"), 6, DuePolicy.FIXED_DAY)
    assert offer_rate(Decimal("0.19"), 3, DuePolicy.AT_SALE) > Decimal("0.048")
    assert offer_problems(brazil, Decimal("0.0705"), 6, DuePolicy.FIXED_DAY, min_days=31) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "es",
            "Cuestan 1,79 % por mes. La ley del país le permite a un comercio que no es banco 1,00 % como máximo.",
        ),
        ("pt-br", "Custam 1,79 % ao mês. A lei do país permite a uma loja que não é banco 1,00 % no máximo."),
        (
            "en",
            "They cost 1.79 % a month. The law of the country allows a shop that is no bank 1.00 % at most.",
        ),
    ],
)
def test_the_sentence_is_in_the_language_of_whoever_reads_it(language, words):
    (problem,) = offer_problems(get("BR").credit, Decimal("0.12"), 12)
    with translation.override(language):
        assert str(problem.words) == words


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_a_method_that_is_not_confirmed_is_a_warning(code):
    credit = get(code).credit
    for factor, count in DEFAULTS:
        found = offer_problems(credit, Decimal(factor), count)
        assert [problem for problem in found if not problem.is_forbidden] == (
            [] if credit.is_method_confirmed else found
        )
        assert credit.is_method_confirmed or credit.rate_name in str(found[0].words)
    assert offer_problems(credit, Decimal(0), 3) == [], "zero is zero by every method"


def test_one_payment_at_the_sale_bears_no_interest():
    (problem,) = offer_problems(get("AR").credit, Decimal("0.19"), 1, DuePolicy.AT_SALE)
    assert problem.is_forbidden
    with pytest.raises(NoRate):
        offer_rate(Decimal("0.19"), 1, DuePolicy.AT_SALE)
    assert offer_problems(get("AR").credit, Decimal(0), 1, DuePolicy.AT_SALE) == []


def test_a_quote_may_be_dearer_than_its_offer_by_a_unit():
    brazil = get("BR").credit
    assert not is_above_cap(brazil, Decimal("0.01"))
    assert is_above_cap(brazil, Decimal("0.010000000001"))
    assert not is_above_cap(get("AR").credit, Decimal("0.5"))


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_country_has_its_rules_with_their_source(code):
    credit = get(code).credit
    assert credit.rate_name in {"CFTEA", "CAT", "CET", "CAE", "TCEA", "TEA"}
    assert credit.source
    assert not credit.source.startswith("no rule")
    assert credit.offer_valid_hours >= 48
    assert credit.grace_days == 3
    assert {"cash_price", "count", "amounts", "total", "rate"} <= set(credit.contract_fields)
    assert credit.is_cash_price_prominent == (code == "CL")


def test_argentina_tells_the_staff_what_the_central_bank_calls_them():
    with translation.override("es"):
        assert "proveedor no financiero de crédito" in str(get("AR").credit.staff_notice)
        assert gettext("On a fixed day of the month") == DuePolicy.FIXED_DAY.label
