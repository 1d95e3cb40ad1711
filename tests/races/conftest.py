"""The sandbox of both providers for races which need one. Read before Django's apps are ready: nothing else here."""

from payments.tests.conftest import listening, providers, running

__all__ = ["listening", "providers", "running"]
