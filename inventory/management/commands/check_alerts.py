"""`manage.py check_alerts`: mail what is newly low, out or overstocked, by hand."""

from django.core.management.base import BaseCommand

from inventory.tasks import check_alerts


class Command(BaseCommand):
    help = "Check the stock alerts and queue the mails."

    def handle(self, *args: object, **options: object) -> None:
        result = check_alerts()
        self.stdout.write(
            f"{result['triggered']} triggered, {result['recovered']} recovered, {result['mails']} mails queued"
        )
