"""Both providers' stand-in for races which need one. The file is read before Django's apps are: nothing else here."""

from payments.tests.conftest import listening, providers, running

__all__ = ["listening", "providers", "running"]
