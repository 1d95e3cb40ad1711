"""Templates in tests: they are compiled once, and written by functions, as in production.

With DEBUG on every page would compile its own again, and no test would see what production serves.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _as_in_production() -> Iterator[None]:
    from django.conf import settings
    from django.template import Context, Template
    from django.test import override_settings
    from django.test.signals import setting_changed, template_rendered

    from shop.core.web import folded_templates
    from shop.core.web.template_functions import writing

    def forget(**_change: object) -> None:
        folded_templates.forget()

    unnoted = writing.function_of

    def noted(template: Template) -> writing.Function:
        """Tell the test client what a page shows (`response.context`), as Django tells of templates of nodes."""
        write = unnoted(template)

        def tell(context: Context) -> str:
            template_rendered.send(sender=template, template=template, context=context)
            return write(context)

        return tell

    engines: Any = copy.deepcopy(settings.TEMPLATES)
    options = engines[0]["OPTIONS"]
    options["loaders"] = [("shop.core.web.template_functions.loader.Loader", options["loaders"])]
    setting_changed.connect(forget)
    with override_settings(TEMPLATES=engines), pytest.MonkeyPatch.context() as patched:
        patched.setattr(writing, "function_of", noted)
        yield
    setting_changed.disconnect(forget)
