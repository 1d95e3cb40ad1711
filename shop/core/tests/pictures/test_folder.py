"""The address of a stored file is Django's, however its name is written."""

from unittest import mock

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from pytest_django.fixtures import Settings

from shop.core.pictures.folder import MediaFolder

PLAIN = ("products/buzo-1-0.jpg", "buzo.jpg", "products/0a/7f_r1-640.avif", "a.b.c")
ODD = (
    *(
        "",
        "/products/buzo.jpg",
        "products//buzo.jpg",
        "products/../buzo.jpg",
        "./buzo.jpg",
        ".buzo",
        "products/",
    ),
    *(
        "products/buzo añejo.jpg",
        "products/50%.jpg",
        "products/a?b=c",
        "http://example.com/a.jpg",
        "a\\b",
        "a\n",
    ),
)


@pytest.mark.parametrize("base", ["/media/", "media", "https://files.example.com/media/", None])
@pytest.mark.parametrize("name", [*PLAIN, *ODD])
def test_the_address_is_what_django_writes(name: str, base: str | None) -> None:
    ours, theirs = MediaFolder(base_url=base), FileSystemStorage(base_url=base)
    assert ours.url(name) == theirs.url(name)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_name_is_not_taken_apart(name: str) -> None:
    with mock.patch("django.core.files.storage.filesystem.urljoin", side_effect=AssertionError):
        assert default_storage.url(name) == f"/media/{name}"


def test_a_folder_that_has_no_addresses_says_so(settings: Settings) -> None:
    settings.MEDIA_URL = None
    with pytest.raises(ValueError, match="not accessible"):
        MediaFolder().url("buzo.jpg")
