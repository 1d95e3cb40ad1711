"""Sending a file of a return or of a claim to whoever may see it."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse

from orders.models.kept_files import KeptFile


def serve(files: "QuerySet[KeptFile]", key: UUID, *, name: str) -> HttpResponse:
    """Return one of the files as a download that no browser takes for anything else; 404: it is none, or forgotten."""
    found = files.filter(pk=key, purged_at=None).first()
    if found is None:
        raise Http404
    return HttpResponse(
        bytes(found.content),
        content_type=found.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}{found.ending}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
