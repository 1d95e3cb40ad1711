"""Addresses of the storefront."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path
from django.views.decorators.cache import cache_page

from catalog import drop_views, views, waiting_views
from catalog.sitemaps import SITEMAPS, index
from shop.core.web.methods import require_safe

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("c/<path:path>/", views.category, name="category"),
    path("colecciones/", views.collections, name="collections"),
    path("colecciones/<slug:slug>/", views.collection, name="collection"),
    path("colecciones/<slug:slug>/estado/", drop_views.state, name="drop_state"),
    path("colecciones/<slug:slug>/tienda/", drop_views.shop, name="drop_shop"),
    path("avisos/", waiting_views.join, name="waiting_join"),
    path("avisos/listo/", waiting_views.sent, name="waiting_sent"),
    path("avisos/<str:token>/", waiting_views.page, name="waiting"),
    path("avisos/<str:token>/confirmar/", waiting_views.confirm, name="waiting_confirm"),
    path("avisos/<str:token>/salir/", waiting_views.leave, name="waiting_leave"),
    path("p/<slug:slug>/", views.product, name="product"),
    path("buscar/", views.search_page, name="search"),
    path("politicas/<slug:slug>/", views.policy, name="policy"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", require_safe(cache_page(600)(index)), name="sitemap_index"),
    path(
        "sitemap-<section>.xml",
        require_safe(cache_page(600)(sitemap)),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
