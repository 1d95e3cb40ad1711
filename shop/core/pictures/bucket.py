"""Pictures in a bucket of the S3 API, for a shop on several machines that has no folder in common (docs/scaling.md).

The bucket is private: the shop serves what is in it at MEDIA_URL, with the headers of every picture
(`shop.core.pictures.media`), and a proxy or a CDN keeps it, since a name never stands for other bytes.
"""

from typing import Any

from botocore.config import Config
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

# Seconds until a store that does not answer is given up, and how often it is asked.
_CONNECT, _READ, _TRIES = 3, 15, 3


class MediaBucket(S3Storage):  # type: ignore[misc]  # The library has no types.
    """The storage of `MEDIA_BUCKET`; addresses are the shop's own."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            connect_timeout=_CONNECT,
            read_timeout=_READ,
            retries={"total_max_attempts": _TRIES},
            s3={"addressing_style": "path" if settings.MEDIA_BUCKET_ENDPOINT else "auto"},
            # Stores that speak the S3 API do not all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(
            bucket_name=settings.MEDIA_BUCKET,
            endpoint_url=settings.MEDIA_BUCKET_ENDPOINT or None,
            region_name=settings.MEDIA_BUCKET_REGION or None,
            access_key=settings.MEDIA_BUCKET_KEY or None,
            secret_key=settings.MEDIA_BUCKET_SECRET or None,
            default_acl=None,
            file_overwrite=False,
            client_config=config,
            **options,
        )

    def url(self, name: str, *_unused: Any, **_unused_too: Any) -> str:
        """Return the shop's own address of a file."""
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
