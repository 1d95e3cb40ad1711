"""The ground of every test: real PostgreSQL and Redis, no network beyond this machine, a real browser where needed.

The servers must stand before the settings are read, so this file names `DJANGO_SETTINGS_MODULE` itself.
"""

import os

import django
import pytest

if "DJANGO_SETTINGS_MODULE" in os.environ:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the tests choose shop.settings themselves.")

# The owner's .env describes a shop, not a test.
os.environ["PERCHA_DOTENV"] = os.devnull
os.environ["DEBUG"] = "on"
# Crowds of threads on a busy machine wait for one another longer than a shopper may.
os.environ["DATABASE_TIMEOUTS_IN_ROLE"] = "off"
# A test reads what it has just changed.
os.environ["CATALOGUE_CHECKED_EVERY"] = "0"
# All tests of a process are one visitor: those of the limit set their own.
# No test asks a carrier by chance; those about carriers name them.
os.environ["SHIPPING_CARRIERS"] = ""
os.environ["API_REQUESTS_PER_MINUTE"] = "1000000"

from shop.core.translations.compilation import compile_catalogues
from tests.support import services

if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_catalogues()
services.provide()
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"

pytest_plugins = [
    "tests.support.network",
    "tests.support.browser",
    "tests.support.calls_in_place",
    "tests.support.collecting",
    "tests.support.emptying",
    "tests.support.garbage",
    "tests.support.groups",
    "tests.support.kept_pages",
    "tests.support.languages",
    "tests.support.listing",
    "tests.support.passwords",
    "tests.support.programs",
    "tests.support.shared_rows",
    "tests.support.soak",
    "tests.support.static_files",
    "tests.support.template_database",
    "tests.support.templates",
]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before xdist starts its workers, forget the settings' name: each worker chooses its Redis database first."""
    if getattr(session.config.option, "numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    else:
        django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers which this run of the tests started."""
    services.withdraw()
