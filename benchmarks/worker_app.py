"""The application of a worker whose Mercado Pago is the server of a benchmark, as `benchmarks.beside_sandbox` does."""

import os

from django.conf import settings

from shop.celery import app

settings.MERCADOPAGO_API_BASE = os.environ["BENCH_MERCADOPAGO"]

__all__ = ["app"]
