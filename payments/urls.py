"""Addresses of the payments pages."""

from django.urls import path

from payments import bank_views, views

app_name = "payments"
urlpatterns = [
    path("checkout/<str:token>/pagar/", views.start, name="start"),
    path("checkout/<str:token>/formas-de-pago/", views.ways, name="ways"),
    path("checkout/<str:token>/cancelar-pago/", views.cancel, name="cancel"),
    path("pago/volver/<str:token>/", views.come_back, name="return"),
    path("pago/estado/<str:token>/", views.status, name="status"),
    path("pago/estado/<str:token>/parte/", views.status_fragment, name="status_fragment"),
    path("devolucion/<str:token>/", bank_views.bank_data, name="bank_data"),
    path("payments/webhook/<slug:provider>/", views.webhook, name="webhook"),
]
