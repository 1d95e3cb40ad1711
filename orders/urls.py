"""Addresses of the cart, the checkout and the orders."""

from django.urls import path

from orders.views import (
    cancellation,
    carrier_webhook,
    cart,
    checkout,
    claims,
    drop,
    estimate,
    exchanges,
    installments,
    invoices,
    order,
    returns,
    withdrawal,
)
from shop.core.web.languages import in_every_language

app_name = "orders"
urlpatterns = [
    path("shipping/webhook/<slug:carrier>/", carrier_webhook.receive, name="carrier_webhook"),
    *in_every_language(
        path("carrito/", cart.page, name="cart"),
        path("carrito/agregar/", cart.add, name="cart_add"),
        path("carrito/cambiar/", cart.update, name="cart_update"),
        path("carrito/quitar/", cart.remove, name="cart_remove"),
        path("carrito/apartar/", cart.restore, name="cart_restore"),
        path("carrito/nuevo/", cart.new, name="cart_new"),
        path("carrito/panel/", cart.drawer, name="cart_drawer"),
        path("colecciones/<slug:slug>/acceso/", drop.redeem, name="redeem"),
        path("avisos/<str:token>/apartado/", drop.offer, name="offer"),
        path("avisos/<str:token>/apartado/tomar/", drop.claim, name="offer_claim"),
        path("avisos/<str:token>/apartado/dejar/", drop.decline, name="offer_decline"),
        path("envio/", estimate.page, name="estimate"),
        path("checkout/", checkout.start, name="checkout_start"),
        path("checkout/<str:token>/datos/", checkout.contact, name="checkout_contact"),
        path("checkout/<str:token>/envio/", checkout.shipping_step, name="checkout_shipping"),
        path("checkout/<str:token>/pago/", checkout.payment, name="checkout_payment"),
        path("checkout/<str:token>/cuotas/", installments.review, name="checkout_installments"),
        path("checkout/<str:token>/apartar/", checkout.restore, name="checkout_restore"),
        path("pedido/<str:secret>/", order.by_secret, name="order_secret"),
        path("pedido/<str:secret>/cancelar/", cancellation.by_secret, name="order_cancel"),
        path("pedido/<str:secret>/cuotas/", installments.plan, name="installments"),
        path("pedido/<str:secret>/cuotas/pagar/", installments.pay, name="installments_pay"),
        path("pedido/<str:secret>/cuotas/mover/", installments.move, name="installments_move"),
        path("pedido/<str:secret>/cuotas/recibo/", installments.receipt, name="installments_receipt"),
        path("pedido/<str:secret>/devolver/", returns.ask, name="return_ask"),
        path("pedido/<str:secret>/devoluciones/<int:ordinal>/", returns.by_secret, name="return_secret"),
        path(
            "pedido/<str:secret>/devoluciones/<int:ordinal>/cancelar/", returns.cancel, name="return_cancel"
        ),
        path("pedido/<str:secret>/devoluciones/<int:ordinal>/enviada/", returns.sent, name="return_sent"),
        path("pedido/<str:secret>/devoluciones/<int:ordinal>/<uuid:key>/", returns.file, name="return_file"),
        path("regalo/<str:token>/devolver/", returns.ask_gift, name="gift_return_ask"),
        path("regalo/<str:token>/devoluciones/<int:ordinal>/", returns.by_gift, name="gift_return_status"),
        path(
            "regalo/<str:token>/devoluciones/<int:ordinal>/cancelar/",
            returns.cancel_gift,
            name="gift_return_cancel",
        ),
        path(
            "regalo/<str:token>/devoluciones/<int:ordinal>/enviada/",
            returns.sent_gift,
            name="gift_return_sent",
        ),
        path(
            "regalo/<str:token>/devoluciones/<int:ordinal>/<uuid:key>/",
            returns.file_gift,
            name="gift_return_file",
        ),
        path("pedido/<str:secret>/comprobantes/<uuid:key>/", invoices.by_secret, name="invoice"),
        path("pedido/<str:secret>/comprobantes/<uuid:key>/pdf/", invoices.pdf_by_secret, name="invoice_pdf"),
        path("cuotas/<str:token>/", installments.bill, name="installments_bill"),
        path("cuenta/cuotas/", installments.mine, name="installments_mine"),
        path("cambios/<str:token>/", exchanges.pay, name="exchange_pay"),
        path("pedido/<str:secret>/cambios/<int:ordinal>/cancelar/", exchanges.cancel, name="exchange_cancel"),
        path("pedido/<str:secret>/reclamos/", claims.ask, name="claim_ask"),
        path("pedido/<str:secret>/reclamos/<int:ordinal>/", claims.page, name="claim"),
        path("pedido/<str:secret>/reclamos/<int:ordinal>/cancelar/", claims.cancel, name="claim_cancel"),
        path("pedido/<str:secret>/reclamos/<int:ordinal>/<uuid:key>/", claims.file, name="claim_file"),
        path("arrepentimiento/", withdrawal.ask, name="withdrawal"),
        path("arrepentimiento/listo/", withdrawal.done, name="withdrawal_done"),
        path("cuenta/pedidos/", order.history, name="history"),
        path("cuenta/pedidos/<int:number>/", order.detail, name="order_detail"),
        path("cuenta/pedidos/<int:number>/cancelar/", cancellation.own, name="own_order_cancel"),
        path("cuenta/pedidos/<int:number>/comprobantes/<uuid:key>/", invoices.detail, name="own_invoice"),
        path(
            "cuenta/pedidos/<int:number>/comprobantes/<uuid:key>/pdf/", invoices.pdf, name="own_invoice_pdf"
        ),
    ),
]
