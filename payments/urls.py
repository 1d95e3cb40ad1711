"""Addresses of the payments pages."""

from django.urls import path

from payments.views import bank_data, paying, transfers
from shop.core.web.languages import in_every_language

app_name = "payments"
urlpatterns = [
    *in_every_language(
        path("checkout/<str:token>/pagar/", paying.start, name="start"),
        path("checkout/<str:token>/pagar/turno/", paying.place_in_line, name="line"),
        path("checkout/<str:token>/formas-de-pago/", paying.ways, name="ways"),
        path("checkout/<str:token>/cancelar-pago/", paying.cancel, name="cancel"),
        path("pago/volver/<str:token>/", paying.come_back, name="return"),
        path("pago/estado/<str:token>/", paying.status, name="status"),
        path("pago/estado/<str:token>/parte/", paying.status_fragment, name="status_fragment"),
        path("pagar/transferencia/<str:token>/", transfers.page, name="transfer"),
        path("pagar/transferencia/<str:token>/avise/", transfers.claim, name="transfer_claim"),
        path("pagar/transferencia/<str:token>/comprobante/", transfers.receipt, name="transfer_receipt"),
        path("devolucion/<str:token>/", bank_data.bank_data, name="bank_data"),
    ),
    # Three names by the sales contract; none of them decides anything.
    path("payment/success/<uuid:sale>", paying.outcome_of_sale, name="sale_success"),
    path("payment/failure/<uuid:sale>", paying.outcome_of_sale, name="sale_failure"),
    path("payment/pending/<uuid:sale>", paying.outcome_of_sale, name="sale_pending"),
    path("payments/webhook/<slug:provider>/", paying.webhook, name="webhook"),
]
