"""The sandbox of both providers for races which need one. Read before Django's apps are ready: nothing else here."""

from orders.tests.carrier_fixtures import carrier_sandbox, carriers_played
from payments.tests.conftest import listening, providers, running

__all__ = ["carrier_sandbox", "carriers_played", "listening", "providers", "running"]
