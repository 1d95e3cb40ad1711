"""Pages that belong to no app: health, and the answer to a form whose safety token is stale."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, 503 otherwise. Plain JSON for load balancers and the supervisor."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # noqa: BLE001  (any failure at all means: not healthy)
        return JsonResponse({"status": "down", "database": False}, status=503)
    return JsonResponse({"status": "ok", "database": True})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a stale form in words (status 403) and offer the way back; nothing was changed."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
