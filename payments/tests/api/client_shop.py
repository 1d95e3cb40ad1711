"""The shop of the client contract's examples, and a client of it."""

from decimal import Decimal
from typing import Any

from catalog.models import Variant
from catalog.tests.factories import make_product, make_variant
from inventory.models import StockLevel
from inventory.tests.factories import stocked
from orders.models import InstallmentOffer
from orders.tests.factories import make_user, warehouse
from tests.support.api_client import ApiClient


class Shop:
    """A shop that sells what the contract's examples have, with a customer's client."""

    def __init__(self) -> None:
        self.polera = self._variant("Polera Roja M", "45.00", 30)
        self.camisa = self._variant("Camisa Azul", "78.00", 45)
        InstallmentOffer.objects.filter(count__gt=1).update(is_active=True, min_amount=0)
        self.user = make_user()
        self.client = ApiClient(self.user)

    def _variant(self, name: str, price: str, units: int) -> Variant:
        variant = make_variant(make_product(colours=(), sizes=(), name=name), price=Decimal(price))
        stocked(units, location=warehouse(), variant=variant)
        return variant

    def body(self, installments: int = 3, **changes: Any) -> dict[str, Any]:
        lines = [(self.polera, 2), (self.camisa, 1)]
        detalles = [{"producto": row.public_number, "cantidad": units} for row, units in lines]
        return {"metodoPago": 1, "nrocuotas": installments, "detalles": detalles} | changes

    def buy(self, installments: int = 3, key: str | None = None, **changes: Any) -> Any:
        return self.client.post("/api/ventas/", self.body(installments, **changes), key=key)

    def one_of(self, variant: Variant, units: int = 1) -> list[dict[str, int]]:
        return [{"producto": variant.public_number, "cantidad": units}]

    def stock(self) -> list[tuple[int, int]]:
        rows = StockLevel.objects.filter(variant__in=[self.polera, self.camisa]).order_by("variant__pk")
        return list(rows.values_list("on_hand", "reserved"))


def get(shop: Shop, path: str, status: int = 200, client: ApiClient | None = None) -> Any:
    answer = (client or shop.client).get(f"/api/ventas/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()
