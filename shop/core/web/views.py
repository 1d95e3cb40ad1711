"""Pages that belong to no app: health."""

from typing import Final

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import cache_control, never_cache

from shop.core import health
from shop.core.models import JobRun
from shop.core.web.methods import require_safe

# The longest window of allauth's limits that answer with a page (`ACCOUNT_RATE_LIMITS`: confirm_email, 1/3m).
ALLAUTH_SECONDS: Final = 180


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer up (200) or down (503), for load balancers and the supervisor. Public, so without details."""
    try:
        _ask_the_database()
    except Exception:  # noqa: BLE001  (any failure at all means: not healthy)
        return JsonResponse({"status": "down"}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def health_details(request: HttpRequest) -> HttpResponse:
    """Show the staff, and a monitor that has `HEALTH_TOKEN`, the state of each part; 404 to everybody else.

    `stock_check` has the age and result of the last stock check; other parts are the apps' own (`shop.core.health`).
    `status` is "degraded" while one of these parts is: people should look into it.
    """
    try:
        _ask_the_database()
        if not _may_see_details(request):
            raise Http404
        check = _stock_check()
    except Http404:
        raise
    except Exception:  # noqa: BLE001
        return JsonResponse({"status": "down", "database": False}, status=503)
    parts = health.tell()
    status = "degraded" if any(part.get("is_degraded") for part in parts.values()) else "ok"
    return JsonResponse({"status": status, "database": True, "stock_check": check, **parts})


def _ask_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _may_see_details(request: HttpRequest) -> bool:
    """Return whether this is a monitor with the token, or a member of staff who may see the jobs."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if settings.HEALTH_TOKEN and kind == "Bearer":
        return constant_time_compare(token.strip(), settings.HEALTH_TOKEN)
    user = request.user
    return user.is_active and user.is_staff and user.has_perm("core.view_jobrun")


@cache_control(public=True, max_age=86400)
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect programs that request /favicon.ico without reading a page to the shop's icon."""
    return redirect(static("icons/favicon.ico"))


def _stock_check() -> dict[str, bool | int | None]:
    """Return age (seconds), outcome and violations of the last finished stock check, from its job's row."""
    finished = JobRun.objects.filter(job="check_invariants", is_ok__isnull=False)
    run = finished.only("finished_at", "is_ok", "result").order_by("-started_at").first()
    if run is None or run.finished_at is None:
        return {"age_seconds": None, "ok": None, "violations": None}
    violations = run.result.get("violations")
    return {
        "age_seconds": int((timezone.now() - run.finished_at).total_seconds()),
        "ok": bool(run.is_ok) and violations == 0,
        "violations": violations,
    }


@never_cache
def too_many(request: HttpRequest, *, seconds: int = ALLAUTH_SECONDS, words: str = "") -> HttpResponse:
    """Show in the shop's layout that a rate limit is exceeded (status 429), and when to retry (`Retry-After`).

    `seconds`: how long the limit's window is at most. django-allauth calls it too (`handler429` of `shop.urls`), for
    signing in, signing up and the rest of the accounts; staff sign in there as well. `words`: what happened, if it
    needs an explanation.
    """
    context = {"words": words, "minutes": max(1, -(-seconds // 60))}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
