"""Large uploads are spooled without a name: nothing is left when the worker is killed."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import RequestFactory

LARGE = bytes(range(256)) * 4 * 1024 * 3


def sent(**files: Any) -> Any:
    return RequestFactory().post("/", files)


def test_a_large_upload_is_read_whole_and_has_no_name_on_the_disk(tmp_path: Path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

    request = sent(
        large=SimpleUploadedFile("../a b.csv", LARGE, "text/csv"), small=SimpleUploadedFile("b.csv", b"x")
    )
    large = request.FILES["large"]

    assert (large.name, large.size, large.content_type) == ("a b.csv", len(LARGE), "text/csv")
    assert list(tmp_path.iterdir()) == []
    assert not Path(str(large.file.name)).exists()
    assert b"".join(large.chunks()) == LARGE
    assert large.read() == b""
    assert request.FILES["small"].read() == b"x"
    request.close()
    assert large.closed


def test_an_upload_that_ends_half_way_leaves_nothing(tmp_path: Path, settings, monkeypatch):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    opened: list[Any] = []
    make = tempfile.TemporaryFile

    def noted(**options: Any) -> Any:
        opened.append(make(**options))
        return opened[-1]

    monkeypatch.setattr("tempfile.TemporaryFile", noted)

    def stop(*args: Any) -> None:
        raise StopUpload(connection_reset=True)

    monkeypatch.setattr("shop.core.web.uploads.UnnamedFileUploadHandler.receive_data_chunk", stop)
    assert not sent(large=SimpleUploadedFile("a.csv", LARGE)).FILES

    assert len(opened) == 1
    assert opened[0].closed
    assert list(tmp_path.iterdir()) == []
