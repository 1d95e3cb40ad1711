"""The addresses of the client contract. Instalments first: `/mis-cuotas/` is no number of a sale."""

from ninja import Router

from payments.api.ventas import installments, sales

router = Router(tags=["ventas"])
router.add_router("", installments.router)
router.add_router("", sales.router)
