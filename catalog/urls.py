"""Addresses of the storefront."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path
from django.views.decorators.cache import cache_page

from catalog.listing.sitemaps import SITEMAPS, index
from catalog.views import drop, search, storefront, waiting
from shop.core.web.languages import in_every_language
from shop.core.web.methods import require_safe

app_name = "catalog"
urlpatterns = [
    *in_every_language(
        path("", storefront.home, name="home"),
        path("c/<path:path>/", storefront.category, name="category"),
        path("colecciones/", storefront.collections, name="collections"),
        path("colecciones/<slug:slug>/", storefront.collection, name="collection"),
        path("colecciones/<slug:slug>/estado/", drop.state, name="drop_state"),
        path("colecciones/<slug:slug>/tienda/", drop.shop, name="drop_shop"),
        path("avisos/", waiting.join, name="waiting_join"),
        path("avisos/listo/", waiting.sent, name="waiting_sent"),
        path("avisos/<str:token>/", waiting.page, name="waiting"),
        path("avisos/<str:token>/confirmar/", waiting.confirm, name="waiting_confirm"),
        path("avisos/<str:token>/salir/", waiting.leave, name="waiting_leave"),
        path("p/<slug:slug>/", storefront.product, name="product"),
        path("p/<slug:slug>/vivo/", storefront.product_live, name="product_live"),
        path("p/<slug:slug>/parte/", storefront.product_part, name="product_part"),
        path("buscar/", search.search_page, name="search"),
        path("buscar/sugerencias/", search.suggestions, name="suggestions"),
        path("politicas/<slug:slug>/", storefront.policy, name="policy"),
    ),
    path("robots.txt", storefront.robots, name="robots"),
    path("sitemap.xml", require_safe(cache_page(600)(index)), name="sitemap_index"),
    path(
        "sitemap-<section>.xml",
        require_safe(cache_page(600)(sitemap)),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
