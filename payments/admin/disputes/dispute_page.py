"""What a dispute's page shows: its deadline, the evidence that the shop has, the notes."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import gateways
from payments.admin.disputes.checklists import ChecklistForm
from payments.disputes import evidence, evidence_draft
from payments.disputes.mails import words_until
from payments.models import Dispute
from shop.core.backoffice.verb_forms import VerbForm


class NoteForm(VerbForm):
    """A note about the dispute."""

    text = forms.CharField(label=_("note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


def deadline_of(dispute: Dispute) -> tuple[str, str]:
    """Return tone and sentence for a dispute's deadline: (tone, words)."""
    if not dispute.is_open:
        return "none", "—"
    if dispute.answered_at or not dispute.waits_for_us:
        return "answered", gettext("answered")
    if dispute.respond_by is None:
        return "due", gettext("no date told")
    left = words_until(dispute.respond_by)
    if not left:
        return "late", gettext("passed")
    days = (dispute.respond_by - timezone.now()).total_seconds() / 86_400
    tone = "soon" if days <= max(settings.DISPUTE_REMINDER_DAYS, default=3) else "due"
    return tone, gettext("%s left") % left


def _status_tone(dispute: Dispute) -> str:
    """Return the tone of the status: "error" where somebody has to act or the money is lost, "ok" at a good end."""
    if dispute.status == Dispute.Status.LOST or dispute.waits_for_us:
        return "error"
    return "" if dispute.is_open else "ok"


def page_context(request: HttpRequest, object_id: str) -> dict[str, Any]:
    """Return the template context of this dispute's page; empty where there is no such dispute."""
    dispute = _dispute(object_id)
    if dispute is None:
        return {}
    file = evidence.open_file(dispute)
    facts = evidence.facts(dispute, file=file)
    tone, words = deadline_of(dispute)
    may_work = request.user.has_perm("payments.change_dispute")
    rows = [fact.row for fact in facts if fact.row]
    return {
        "dispute": dispute,
        "file": file,
        "facts": facts,
        "deadline": words,
        "deadline_tone": tone,
        "status_tone": _status_tone(dispute),
        "ready": sum(one.is_ready for one in rows),
        "may_work": may_work,
        "notes": list(dispute.notes.all()),
        "provider": gateways.get(dispute.gateway).label,
        "checklist": ChecklistForm(rows=rows) if may_work else None,
        "note_form": NoteForm() if may_work else None,
        "may_draft": may_work and evidence_draft.is_offered(dispute),
        "subtitle": dispute.external_id,
    }


def _dispute(object_id: str) -> Dispute | None:
    try:
        return Dispute.objects.filter(pk=object_id).select_related("payment").first()
    except (ValueError, forms.ValidationError):
        return None
