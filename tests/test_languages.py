"""A language that one test leaves in its thread is not the next one's."""

import pytest
from django.conf import settings
from django.utils import translation


@pytest.mark.parametrize("left", ["en", "pt-br"])
def test_each_test_begins_in_the_shops_own_language(left):
    assert translation.get_language() == settings.LANGUAGE_CODE
    translation.activate(left)
