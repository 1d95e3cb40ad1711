"""What Mercado Pago takes at once, by the currencies of its sites.

Its API publishes a least and a most for each method of an account (`GET /v1/payment_methods`: `min_allowed_amount`,
`max_allowed_amount`), which differ by site and account and change; here are only limits that hold for every method.
An account's own limits belong into `PAYMENT_LIMITS`. Decimals: whole pesos in Chile and Colombia, as the
official WooCommerce plugin writes them (https://github.com/mercadopago/cart-woocommerce).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from payments.gateways.limits import Bounds

INTEGER_CURRENCIES: Final = frozenset({"CLP", "COP"})
LIMITS: Final[Mapping[str, Bounds]] = {
    "": Bounds(Decimal("0.01")),
    **{code: Bounds(Decimal(1), places=0) for code in INTEGER_CURRENCIES},
    # No method of the Colombian site takes less.
    "COP": Bounds(Decimal(1000), places=0),
}
