"""Addresses of the orders pages."""

from django.urls import path
from django.views.generic import RedirectView

app_name = "orders"
urlpatterns = [path("pedido/<str:secret>/", RedirectView.as_view(url="/"), name="order_secret")]
