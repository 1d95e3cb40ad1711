"""URLs of the account pages, below /cuenta/."""

from django.urls import path
from django.views.generic import RedirectView

from shop.accounts.views import account, devices, privacy

app_name = "accounts"
urlpatterns = [
    path("", account.overview, name="overview"),
    path("datos/", account.profile, name="profile"),
    path("direcciones/", account.addresses, name="addresses"),
    path("direcciones/nueva/", account.address_add, name="address_add"),
    path("direcciones/<uuid:pk>/", account.address_edit, name="address_edit"),
    path("direcciones/<uuid:pk>/borrar/", account.address_delete, name="address_delete"),
    path("direcciones/<uuid:pk>/predeterminada/", account.address_default, name="address_default"),
    path("dispositivos/", devices.page, name="devices"),
    path("dispositivos/<int:device>/cerrar/", devices.end, name="device_end"),
    path("dispositivos/cerrar-los-demas/", devices.end_others, name="devices_end"),
    # In the place of django-allauth's own page of sessions.
    path("sessions/", RedirectView.as_view(pattern_name="accounts:devices")),
    path("privacidad/", privacy.page, name="privacy"),
    path("privacidad/descargar/", privacy.download, name="export"),
    path("privacidad/borrar/", privacy.erase, name="erase"),
    path("privacidad/borrar/codigo/", privacy.erase_confirm, name="erase_confirm"),
    path("privacidad/borrar/cancelar/", privacy.erase_cancel, name="erase_cancel"),
]
