"""Every address of the shop."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from payments.views import paying
from shop.api import api, unknown
from shop.core.backoffice.app_list import when_read
from shop.core.backoffice.base import view_on_site
from shop.core.backoffice.script_translations import ScriptWords
from shop.core.web.languages import in_every_language
from shop.core.web.speculation import speculation_rules
from shop.core.web.views import favicon, health_details, healthz

# Staff sign in on the shop's own page: same rate limits, same second step.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Every page of the back office asks for it, and few show it.
admin.site.get_app_list = when_read(admin.site.get_app_list)  # type: ignore[method-assign, assignment]

# An error outside of views may be a busy database.
handler400 = "shop.core.backoffice.error_pages.bad_request"
handler403 = "shop.core.backoffice.error_pages.forbidden"
handler404 = "shop.core.backoffice.error_pages.not_found"
handler500 = "shop.core.web.busy_page.server_error"
handler429 = "shop.core.web.views.too_many"  # django-allauth's name for it; Django has none

urlpatterns = [
    # First: what shoppers ask for. No other address begins as one of these.
    path("", include("orders.urls")),
    path("", include("payments.urls")),
    path("", include("catalog.urls")),
    path("healthz/", healthz, name="healthz"),
    path("healthz/detalle/", health_details, name="health_details"),
    path("favicon.ico", favicon, name="favicon"),
    path("speculation-rules.json", speculation_rules, name="speculation_rules"),
    path("i18n/", include("django.conf.urls.i18n")),
    # Before the admin's own, which redirects any member of staff to any row's page.
    path("admin/r/<str:content_type_id>/<path:object_id>/", admin.site.admin_view(view_on_site)),
    path("admin/jsi18n/", admin.site.admin_view(ScriptWords.as_view(), cacheable=True)),
    path("admin/", admin.site.urls),
    path("api/auth/", include("allauth.headless.urls")),
    # Addresses of the sales contract (docs/api.md): the same endpoint as payments/webhook/mercadopago/.
    path("api/webhooks/mercadopago", paying.webhook, {"provider": "mercadopago"}),
    path("api/", api.urls),
    re_path("^api/(?P<path>.*)$", unknown),
    *in_every_language(
        path("cuenta/", include("shop.accounts.urls")), path("cuenta/", include("allauth.urls"))
    ),
]
