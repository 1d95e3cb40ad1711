"""Mask the secrets of the mails that are there; of those that still wait the words as they are sent are sealed."""

import re

from django.db import migrations, transaction

from shop.core.mail import secrets as mail_secrets
from shop.core.mail.secrets import Content

_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_CODE = re.compile(r"^[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8})?$", re.MULTILINE)
_BATCH = 500
_LAPSED = "The try before this one ended without an answer"


def seal_all(apps, schema_editor):
    """Walk the rows by key, a batch to a transaction: a shop with many mails is not locked, and a second run is harmless."""
    EmailLog = apps.get_model("core", "EmailLog")
    EmailLog.objects.filter(error__startswith=_LAPSED).exclude(status="sent").update(unanswered=1)
    known = [kind for kind, about in mail_secrets.KINDS.items() if not about.secrets]
    rows = EmailLog.objects.exclude(kind__in=known).filter(has_secrets=False).exclude(text="").order_by("pk")
    last = None
    while True:
        with transaction.atomic():
            batch = list((rows.filter(pk__gt=last) if last else rows).select_for_update()[:_BATCH])
            for row in batch:
                hide(EmailLog.objects, row)
        if not batch:
            return
        last = batch[-1].pk


def hide(mails, row):
    """Mask one row. Its secrets are no longer known by name: every address in it is taken for one, and every code."""
    content = Content(row.subject, row.text, row.html)
    secrets = None
    if row.kind in mail_secrets.KINDS:
        secrets = [*_ADDRESS.findall(row.text), *_CODE.findall(row.text)]
    shown, sealed = mail_secrets.hide(content, secrets or None)
    mails.filter(pk=row.pk).update(
        subject=shown.subject, text=shown.text, html=shown.html, has_secrets=bool(sealed),
        sealed="" if row.status == "sent" else sealed,
    )


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("core", "0003_columns_for_sealed_mails")]

    operations = [migrations.RunPython(seal_all, migrations.RunPython.noop)]
