"""Addresses of the accounts pages, below /cuenta/."""

from django.urls import path

from shop.accounts import privacy_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("datos/", views.profile, name="profile"),
    path("direcciones/", views.addresses, name="addresses"),
    path("direcciones/nueva/", views.address_add, name="address_add"),
    path("direcciones/<uuid:pk>/", views.address_edit, name="address_edit"),
    path("direcciones/<uuid:pk>/borrar/", views.address_delete, name="address_delete"),
    path("direcciones/<uuid:pk>/predeterminada/", views.address_default, name="address_default"),
    path("privacidad/", privacy_views.page, name="privacy"),
    path("privacidad/descargar/", privacy_views.download, name="export"),
    path("privacidad/borrar/", privacy_views.erase, name="erase"),
    path("privacidad/borrar/codigo/", privacy_views.erase_confirm, name="erase_confirm"),
    path("privacidad/borrar/cancelar/", privacy_views.erase_cancel, name="erase_cancel"),
]
