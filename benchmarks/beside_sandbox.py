"""The shop with production settings, but the address of Mercado Pago's API is the server of `benchmarks.hanging`.

In production a shop refuses to start with such an address, so it is set after the start.
"""

import os

from django.conf import settings

from shop.wsgi import application

settings.MERCADOPAGO_API_BASE = os.environ["BENCH_MERCADOPAGO"]

__all__ = ["application"]
