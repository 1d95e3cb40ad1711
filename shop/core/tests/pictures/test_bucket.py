"""Pictures in a bucket, by the store's own library against a server that speaks as much of its API as is used."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import Client
from pytest_django.fixtures import Settings

from shop.core.checks import check_media
from shop.core.pictures import files, rendering
from shop.core.pictures.media import FOR_EVER, HEADERS
from shop.core.tests.pictures.picture_files import HTML, halves, saved

NAME = "products/0123456789abcdef0123456789abcdef.png"
PNG = saved(halves(), "PNG")
BUCKET = "fotos"


class Store(ThreadingHTTPServer):
    """Objects by key; `is_refusing` as with a wrong secret."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.signed: list[bool] = []
        self.is_refusing = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """PUT, GET with Range, HEAD and DELETE of an object, and the list of those below a folder."""

    server: Store
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str | None:
        self.server.signed.append("Signature=" in self.headers.get("Authorization", ""))
        bucket, _slash, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if self.server.is_refusing or bucket != BUCKET:
            self._say(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>", Content_Type="application/xml")
            return None
        return key

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if (key := self._key()) is not None:
            self.server.objects[key] = body
            self._say(200, ETag=f'"{md5(body).hexdigest()}"')

    def do_GET(self) -> None:
        if (key := self._key()) is None:
            return
        if not key:
            self._list()
        elif key not in self.server.objects:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>", Content_Type="application/xml")
        else:
            body = self.server.objects[key]
            etag = f'"{md5(body).hexdigest()}"'
            self._say(
                200,
                body,
                ETag=etag,
                Last_Modified=format_datetime(datetime(2026, 1, 2, tzinfo=UTC), usegmt=True),
            )

    do_HEAD = do_GET  # noqa: N815

    def do_DELETE(self) -> None:
        if (key := self._key()) is not None:
            self.server.objects.pop(key, None)
            self._say(204)

    def _list(self) -> None:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-02T00:00:00Z</LastModified>"
            f"<Size>{len(body)}</Size></Contents>"
            for key, body in self.server.objects.items()
            if key.startswith(prefix)
        )
        self._say(200, f"<ListBucketResult><Name>{BUCKET}</Name>{rows}</ListBucketResult>".encode())


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    found = Store()
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.MEDIA_BUCKET, settings.MEDIA_BUCKET_ENDPOINT = BUCKET, found.address
    settings.MEDIA_BUCKET_REGION, settings.MEDIA_BUCKET_KEY = "sa-east-1", "AKIAEXAMPLE"
    settings.MEDIA_BUCKET_SECRET = "a-secret-of-the-store"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "shop.core.pictures.bucket.MediaBucket"}}
    yield found
    storages["default"].bucket.meta.client.close()  # type: ignore[attr-defined]
    found.shutdown()
    thread.join()
    found.server_close()


def get(name: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    response: Any = Client().get(f"/media/{name}", headers=headers)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return response.status_code, body, dict(response.items())


def test_a_picture_goes_in_signed_and_comes_out_at_the_shops_own_address(store: Store):
    name = default_storage.save(NAME, ContentFile(PNG))
    assert (name, default_storage.url(name)) == (NAME, f"/media/{NAME}")
    assert store.objects == {NAME: PNG}
    assert all(store.signed)

    status, body, headers = get(NAME)
    assert (status, body) == (200, PNG)
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("image/png", FOR_EVER)
    assert HEADERS.items() <= headers.items()
    assert get(NAME, **{"If-None-Match": headers["ETag"]})[0] == 304
    status, body, headers = get(NAME, Range="bytes=4-9")
    assert (status, body, headers["Content-Range"]) == (206, PNG[4:10], f"bytes 4-9/{len(PNG)}")


def test_what_is_no_picture_is_a_download_and_what_is_not_there_is_404(store: Store):
    store.objects["products/a.png"] = HTML
    _status, _body, headers = get("products/a.png")
    assert headers["Content-Disposition"] == "attachment"
    for name in ("products/b.png", "products/", ".hidden", "products/../products/a.png"):
        assert get(name)[0] == 404, name


def test_renditions_replace_each_other_and_files_are_found_by_folder(store: Store):
    rendering.put(default_storage, "products/a-r1-320.avif", b"old")
    rendering.put(default_storage, "products/a-r1-320.avif", b"new")
    store.objects["products/deep/b.png"] = PNG
    assert store.objects["products/a-r1-320.avif"] == b"new"
    assert min(files._below(default_storage, "products")) == "products/a-r1-320.avif"
    assert default_storage.get_modified_time("products/a-r1-320.avif") == datetime(2026, 1, 2, tzinfo=UTC)
    default_storage.delete("products/a-r1-320.avif")
    assert "products/a-r1-320.avif" not in store.objects


def test_a_store_that_refuses_or_is_away_is_said_and_no_picture_is_missing(store: Store, settings: Settings):
    assert check_media(None) == []
    store.objects[NAME] = PNG
    store.is_refusing = True
    status, _body, headers = get(NAME)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert [caution.id for caution in check_media(None)] == ["percha.W023"]


def test_it_needs_its_packages(monkeypatch: pytest.MonkeyPatch):
    import subprocess
    import sys

    code = "import importlib.util as u; u.find_spec = lambda name, *a: None; import shop.settings"
    environment = {"DEBUG": "on", "PERCHA_DOTENV": "/dev/null", "MEDIA_BUCKET": BUCKET, "PATH": "/usr/bin"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode
    assert "MEDIA_BUCKET needs two packages more" in run.stderr
