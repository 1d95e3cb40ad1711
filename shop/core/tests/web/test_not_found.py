"""An unknown URL shows the shop's page, in the demo as in production."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("debug", [True, False], ids=["demo", "production"])
@pytest.mark.parametrize("path", ["/no-existe/", "/p/no-such-thing/", "/pedido/nobody-knows-this-secret/"])
def test_the_shop_answers_404_with_its_own_page(client: Client, settings, debug: bool, path: str) -> None:
    settings.DEBUG = debug
    answer = client.get(path)
    assert answer.status_code == 404
    assert "404.html" in [template.name for template in answer.templates]
    assert b"DEBUG = True" not in answer.content
