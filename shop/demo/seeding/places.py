"""Locations and shipping methods."""

from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from inventory.models import Location
from orders.models import ShippingMethod, ShippingRate
from shop.core.countries.ar import COUNTRY as ARGENTINA
from shop.demo.catalogue.stock import SHOWROOM, WAREHOUSE

LOCATIONS = (
    (WAREHOUSE, "Depósito Parque Patricios", Location.Kind.WAREHOUSE, True, "Los Patos 2750, C1283 CABA"),
    (SHOWROOM, "Showroom Palermo", Location.Kind.STORE, True, "Gurruchaga 1480, C1414 CABA"),
    ("cuarentena", "Cuarentena", Location.Kind.QUARANTINE, False, "Los Patos 2750, C1283 CABA"),
)

CITY = ("Ciudad Autónoma de Buenos Aires",)
PROVINCE = ("Buenos Aires",)
SOUTH = ("Chubut", "Neuquén", "Río Negro", "Santa Cruz", "Tierra del Fuego")


class Rate(NamedTuple):
    """A price in the shop's currency, taxes included, for some provinces (none: everywhere), in business days."""

    name: str
    states: tuple[str, ...]
    price: int
    days: tuple[int, int]


class Method(NamedTuple):
    """A shipping method."""

    code: str
    name: str
    kind: ShippingMethod.Kind
    carrier: str
    description: str
    rates: tuple[Rate, ...]
    # Whom the demo asks for prices and labels, where the sandbox plays it; its own rates stand in otherwise.
    module: str = ""


def inland() -> tuple[str, ...]:
    """Return the provinces that have no rate of their own."""
    return tuple(state for state in ARGENTINA.states if state not in {*CITY, *PROVINCE, *SOUTH})


METHODS = (
    Method(
        "andreani-domicilio",
        "Andreani a domicilio",
        ShippingMethod.Kind.DELIVERY,
        "Andreani",
        "En tu puerta, con aviso por mensaje el mismo día.",
        (
            Rate("CABA", CITY, 5900, (1, 2)),
            Rate("Provincia de Buenos Aires", PROVINCE, 7400, (2, 4)),
            Rate("Interior", inland(), 9800, (3, 6)),
            Rate("Patagonia", SOUTH, 12900, (5, 9)),
        ),
        module="andreani",
    ),
    Method(
        "andreani-sucursal",
        "Andreani a sucursal",
        ShippingMethod.Kind.BRANCH,
        "Andreani",
        "Lo retirás con tu DNI en la sucursal que elijas.",
        (Rate("", (), 7200, (2, 6)),),
        module="andreani",
    ),
    Method(
        "envia",
        "Envia.com",
        ShippingMethod.Kind.DELIVERY,
        "Envia.com",
        "El transporte que más te convenga.",
        (Rate("", (), 10900, (3, 8)),),
        module="envia",
    ),
    Method(
        "correo-argentino-sucursal",
        "Correo Argentino a sucursal",
        ShippingMethod.Kind.BRANCH,
        "Correo Argentino",
        "Lo retirás con tu DNI en la sucursal más cercana.",
        (
            Rate("CABA y Buenos Aires", CITY + PROVINCE, 4600, (2, 5)),
            Rate("Interior", inland(), 6300, (4, 8)),
            Rate("Patagonia", SOUTH, 8200, (6, 10)),
        ),
    ),
    Method(
        "retiro-parque-patricios",
        "Retiro en Parque Patricios",
        ShippingMethod.Kind.PICKUP,
        "",
        "Los Patos 2750, lunes a viernes de 10 a 18. Te avisamos cuando está listo.",
        (Rate("", (), 0, (0, 1)),),
    ),
)


def methods(country: str) -> tuple[Method, ...]:
    """Return the demo's shipping methods of a country: Argentina's carriers, elsewhere a delivery and a pickup."""
    if country == ARGENTINA.code:
        return METHODS
    code = country.lower()
    return (
        Method(
            f"envio-{code}",
            "Envío a domicilio",
            ShippingMethod.Kind.DELIVERY,
            "",
            "En tu puerta.",
            (Rate("", (), 5900, (2, 6)),),
        ),
        Method(
            f"retiro-{code}",
            "Retiro en el local",
            ShippingMethod.Kind.PICKUP,
            "",
            "Te avisamos cuando está listo.",
            (Rate("", (), 0, (0, 1)),),
        ),
    )


def open_locations() -> int:
    """Make the locations that are missing; return how many."""
    made = 0
    for priority, (code, name, kind, is_sellable, address) in enumerate(LOCATIONS):
        _location, is_new = Location.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "kind": kind,
                "priority": priority,
                "is_sellable": is_sellable,
                "address": address,
            },
        )
        made += is_new
    return made


def offer_shipping() -> int:
    """Make the shipping methods that the shop's country lacks, with their rates; return how many methods."""
    made = 0
    wanted = methods(settings.SHOP_COUNTRY)
    there = set(
        ShippingMethod.objects.filter(code__in=[spec.code for spec in wanted]).values_list("code", flat=True)
    )
    for order, spec in enumerate(wanted):
        if spec.code in there:
            continue
        method = ShippingMethod.objects.create(
            code=spec.code,
            name=spec.name,
            kind=spec.kind,
            carrier=spec.carrier,
            description=spec.description,
            module=spec.module,
            sort_order=order,
        )
        made += 1
        ShippingRate.objects.bulk_create(
            ShippingRate(
                method=method,
                name=rate.name,
                country=settings.SHOP_COUNTRY,
                states=list(rate.states),
                price=Decimal(rate.price),
                days_min=rate.days[0],
                days_max=rate.days[1],
                max_weight_grams=20_000,
            )
            for rate in spec.rates
        )
    return made
