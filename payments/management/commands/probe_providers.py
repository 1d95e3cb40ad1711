"""`manage.py probe_providers`: ask the providers that have not been answering, by hand."""

from django.core.management.base import BaseCommand

from payments.tasks import probe_providers


class Command(BaseCommand):
    help = "Ask each provider that has not been answering one harmless question, and say how each stands."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write("\n".join(f"{gateway}: {phase}" for gateway, phase in probe_providers().items()))
