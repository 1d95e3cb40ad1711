"""Uploaded pictures are served so that nothing in them can run, and only from their folder."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from shop.core.checks import check_media
from shop.core.pictures import media as served
from shop.core.pictures.files import IMMUTABLE
from shop.core.pictures.found import Found
from shop.core.pictures.found import find as find_file
from shop.core.pictures.kinds import MEDIA_TYPES, VIDEO_TYPES
from shop.core.pictures.media import FOR_AN_HOUR, FOR_EVER, HEADERS
from shop.core.tests.pictures.picture_files import HTML, PRETENDERS, SVG, halves, saved

OWN = "products/0123456789abcdef0123456789abcdef.png"
PNG = saved(halves(), "PNG")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return an empty media folder with a file beside it that nobody may read."""
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "products").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    return Path(settings.MEDIA_ROOT)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what an answer that nobody has read leaves open, as a server does when it has sent it."""
    opened: list[Found] = []

    def find(name: str) -> Found | None:
        found = find_file(name)
        opened.extend([found] if found else [])
        return found

    monkeypatch.setattr(served, "find", find)
    yield
    for one in opened:
        one.file.close()


def write(media: Path, name: str, body: bytes) -> str:
    """Put a file into the media folder; return its address."""
    (media / name).write_bytes(body)
    return f"/media/{name}"


def test_the_proxy_of_the_documentation_says_the_same_of_the_same_kinds():
    """docs/nginx.conf: a file that nginx serves gets the headers that the shop would give it."""
    conf = (settings.BASE_DIR / "docs/nginx.conf").read_text()
    media = conf.partition("location /media/ {")[2].partition("\n    }\n")[0]
    said = dict(re.findall(r'add_header (\S+) (?:"([^"]*)"|\$\w+)(?: always)?;', media))
    maps = {
        name: dict(re.findall(r'^ +(\S+|"[^"]*") +"([^"]*)";$', body, re.MULTILINE))
        for name, body in re.findall(r"^map \$uri \$(\w+) \{\n(.*?)^\}", conf, re.MULTILINE | re.DOTALL)
    }
    kinds = dict(re.findall(r"^ +((?:image|video)/\S+) ([^;]+);$", media, re.MULTILINE))

    assert said == {**HEADERS, "Content-Disposition": "", "Cache-Control": ""}
    shown_kinds = {*MEDIA_TYPES.values(), *VIDEO_TYPES.values()}
    assert set(kinds) == shown_kinds | {"image/svg+xml"}
    [(shown, inline), (_default, saved_instead)] = maps["media_disposition"].items()
    [(own, for_ever), (_rest, for_an_hour)] = maps["media_age"].items()
    assert (inline, saved_instead, for_ever, for_an_hour) == ("", "attachment", FOR_EVER, FOR_AN_HOUR)
    for kind, endings in kinds.items():
        for ending in endings.split():
            assert bool(re.search(shown.strip('"~'), f"/media/a.{ending}")) == (kind in shown_kinds)
    for name in (
        OWN,
        OWN.replace(".png", "_aB3dE6g.jpg"),
        OWN.replace(".png", "-r1-640.avif"),
        OWN.replace("png", "mp4"),
        "products/black.png",
        f"{OWN}.html",
    ):
        assert bool(re.search(own.strip('"~'), f"/media/{name}")) == bool(IMMUTABLE.match(name))


@pytest.mark.parametrize("debug", [True, False])
def test_a_picture_is_served_with_debug_and_without(media, settings, debug):
    settings.DEBUG = debug
    answer = Client().get(write(media, OWN, PNG), secure=not debug)

    assert answer.status_code == 200
    assert answer.getvalue() == PNG
    assert answer["Content-Type"] == "image/png"
    assert "Content-Disposition" not in answer
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Length"] == str(len(PNG))
    assert "Vary" not in answer
    assert not answer.cookies
    for name, value in HEADERS.items():
        assert answer[name] == value
    assert "sandbox;" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


# A video is no picture, but is shown (catalog/tests/test_videos.py).
@pytest.mark.parametrize("name", [name for name, body in PRETENDERS.items() if body and name != "film.mp4"])
def test_what_is_no_picture_is_never_shown_and_never_called_what_it_could_run_as(media, name):
    answer = Client().get(write(media, f"products/{name}", PRETENDERS[name]))

    assert answer["Content-Type"] == (
        "image/svg+xml" if name == "drawing.svg" else "application/octet-stream"
    )
    assert answer["Content-Disposition"] == "attachment"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_picture_under_another_name_is_called_what_it_is(media):
    assert Client().get(write(media, "products/page.html", PNG))["Content-Type"] == "image/png"
    assert Client().get(write(media, "products/a.svg", HTML))["Content-Type"] == "application/octet-stream"
    assert Client().get(write(media, "products/b.svg", SVG))["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "%2e%2e/secret.png",
        "products/../../secret.png",
        "..%2fsecret.png",
        "products/..%5c..%5csecret.png",
        "//secret.png",
        "/etc/passwd",
        "",
        "products",
        "products/",
        "products//x.png",
        "./products",
        "link.png",
        "folder/x.png",
        ".hidden",
        "products/.hidden.png",
        "missing.png",
        "nul%00.png",
        "x" * 300,
        "products/" + "é" * 300,
        "a/" * 900,
    ],
)
def test_only_files_of_the_folder_are_served_and_no_list_of_them(media, path):
    (media / "link.png").symlink_to(media.parent / "secret.png")
    (media / "folder").symlink_to(media.parent, target_is_directory=True)
    write(media, ".hidden", PNG)
    write(media, "products/.hidden.png", PNG)

    assert Client().get(f"/media/{path}").status_code == 404


def test_nothing_is_written_to_this_address(media):
    for method in ("post", "put", "delete", "patch"):
        answer = getattr(Client(), method)(write(media, OWN, PNG))
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_browser_asks_again_cheaply(media):
    address = write(media, OWN, PNG)
    first = Client().get(address)

    for header in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = Client().get(address, headers=header)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert "sandbox" in again["Content-Security-Policy"]
    head = Client().head(address)
    assert (head.status_code, head.getvalue(), head["Content-Length"]) == (200, b"", str(len(PNG)))

    os.utime(media / OWN, (1, 1))
    assert Client().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", PNG[:10]),
        ("bytes=10-", PNG[10:]),
        ("bytes=-7", PNG[-7:]),
        ("bytes=5-99999", PNG[5:]),
        ("bytes=-99999", PNG),
    ],
)
def test_a_part_can_be_asked_for(media, asked, part):
    answer = Client().get(write(media, OWN, PNG), headers={"Range": asked})

    assert (answer.status_code, answer.getvalue()) == (206, part)
    assert answer["Content-Length"] == str(len(part))
    start = PNG.index(part)
    assert answer["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(PNG)}"
    assert answer["Content-Type"] == "image/png"


def test_a_part_that_is_not_there_or_of_another_file_is_not_given(media):
    address = write(media, OWN, PNG)

    beyond = Client().get(address, headers={"Range": f"bytes={len(PNG)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(PNG)}")
    for headers in (
        {"Range": "bytes=0-1,4-5"},
        {"Range": "rows=1-2"},
        {"Range": "bytes=-"},
        {"Range": "bytes=0-1", "If-Range": '"other"'},
    ):
        assert Client().get(address, headers=headers).getvalue() == PNG


def test_the_deployment_check_warns_of_a_folder_that_cannot_serve(settings, tmp_path):
    def warnings() -> list[str]:
        return [str(found.id) for found in check_media(None)]

    settings.MEDIA_ROOT = tmp_path / "missing"
    assert warnings() == ["percha.W020"]
    settings.MEDIA_ROOT = settings.BASE_DIR / "docs"
    assert warnings() == ["percha.W022"]
    settings.MEDIA_ROOT = tmp_path
    assert warnings() == []


def test_old_programs_find_an_icon():
    answer = Client().get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"] == "/static/icons/favicon.ico"
    icon = Client().get(answer["Location"])
    assert icon.status_code == 200
    assert icon.getvalue().startswith(b"\x00\x00\x01\x00")


def test_in_the_place_of_a_picture_that_is_not_there_a_plain_ground_is_shown():
    for name, kind in (
        ("products/gone-r1-320.webp", "image/svg+xml"),
        ("products/gone.mp4", "text/plain; charset=utf-8"),
    ):
        answer = Client().get(f"/media/{name}")
        assert (answer.status_code, answer["Content-Type"]) == (404, kind)
