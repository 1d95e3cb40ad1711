"""The shop as README's *Going live* sets it up, on this machine: gunicorn behind docs/nginx.conf, with TLS and HTTP/2.

Its goods and photographs are the demo's, made by their own code. They stay in `.data/lighthouse`, so that only the
first run waits for them.
"""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode

import psycopg
from psycopg.rows import dict_row

from benchmarks.web import ADVISED, PRODUCTION
from shop.demo.certificate import self_signed
from shop.demo.services import EmbeddedPostgres, EmbeddedRedis
from shop.demo.services.ports import free_port
from tests.journeys.shopper import sizes
from tests.journeys.stack import Stack

ROOT: Final = Path(__file__).resolve().parents[2]
# The name in docs/nginx.conf; the browser is told that it is on this machine.
HOST: Final = "shop.example.com"
DATABASE: Final = "percha"
START_SECONDS: Final = 60.0
SEARCH: Final = "/buscar/?q=remera"
# Shared by the demo's commands and the shop.
SHOP: Final = {"SHOP_NAME": "MAAL Line", "FREE_SHIPPING_FROM": "120000", "LOG_LEVEL": "WARNING"}


class Site:
    """The running shop: its address for a browser, the port behind it, and the pages that are judged."""

    def __init__(self, folder: Path, programs: Mapping[str, str]) -> None:
        self.folder = folder
        self.programs = programs
        self.url = f"https://{HOST}"
        self.web_port, self.port = free_port(), free_port()
        self.postgres = EmbeddedPostgres(folder / "postgres", port=free_port())
        self.redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)

    # -- settings ------------------------------------------------------------------------------------------------
    @property
    def _places(self) -> dict[str, str]:
        return {
            "PERCHA_DOTENV": os.devnull,
            "PERCHA_DATA_DIR": str(self.folder / "data"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "STATIC_ROOT": str(self.folder / "static"),
            "DATABASE_URL": self.postgres.url(DATABASE),
            "REDIS_URL": self.redis.url(0),
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": HOST,
        }

    @property
    def production(self) -> dict[str, str]:
        """Return the environment of the shop itself."""
        proxy = {"BEHIND_PROXY": "on", "TRUSTED_PROXY_COUNT": "1", "SECURE_SSL_REDIRECT": "on"}
        return os.environ | PRODUCTION | SHOP | self._places | proxy

    @property
    def _demo(self) -> dict[str, str]:
        """Return the environment in which the demo may be filled in: with DEBUG off it refuses."""
        return os.environ | SHOP | self._places | {"DEBUG": "on"}

    # -- life ----------------------------------------------------------------------------------------------------
    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, and end it afterwards; what was made stays."""
        with ExitStack() as stack:
            for server in (self.postgres, self.redis):
                stack.callback(server.stop)
                server.start()
            self.postgres.ensure_database(DATABASE)
            for command in (["migrate", "-v0"], ["demo"], ["rebuild_listing"]):
                self._manage(self._demo, *command)
            self._manage(self.production, "collectstatic", "--noinput", "-v0")
            web = [sys.executable, "-m", *ADVISED.command("shop.wsgi", self.web_port)]
            proxy = [
                self.programs["nginx"],
                "-e",
                str(self.folder / "nginx.log"),
                "-c",
                str(self._configure()),
            ]
            with (self.folder / "web.log").open("wb") as log:
                for command in (web, proxy):
                    process = subprocess.Popen(command, cwd=ROOT, env=self.production, stdout=log, stderr=log)
                    stack.callback(process.wait, 30)
                    stack.callback(process.terminate)
                self._wait()
                self._take_photographs()
                yield

    def _manage(self, environment: Mapping[str, str], *arguments: str) -> None:
        command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)

    def _take_photographs(self) -> None:
        """Let photographs take the place of the drawings that the judged pages show."""
        pages = "".join(self.ask(path, cookies=cookies)[0] for path, cookies in self.pages().values())
        # What is shown where one hovers is not loaded by a phone.
        pages = re.sub(r'<source media="\(hover[^>]*>', "", pages)
        drawings = sorted(set(re.findall(r"/media/((?:products|collections)/[\w-]+\.svg)", pages)))
        if drawings:
            self._manage(self._demo, "take_photographs", *drawings)
            self._manage(self._demo, "rebuild_listing")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError):
                self.ask("/")
                return
            time.sleep(0.2)
        raise SystemExit(f"The shop does not answer; its words are in {self.folder}/web.log.")

    def _configure(self) -> Path:
        """Write docs/nginx.conf for this machine's folders, ports and certificate; return where."""
        key, certificate = self_signed("00000000000")
        for name, text in {"key.pem": key, "certificate.pem": certificate}.items():
            (self.folder / name).touch(mode=0o600)
            (self.folder / name).write_text(text)
        site = (ROOT / "docs/nginx.conf").read_text()
        # Without the server that only leads from http to https.
        site = re.sub(r"(?ms)^server \{\n    listen 80;.*?^\}\n", "", site)
        site = re.sub(r"(?m)^    listen \[::\].*\n", "", site)
        for there, here in {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "127.0.0.1:8000": f"127.0.0.1:{self.web_port}",
            "/var/cache/nginx/percha": f"{self.folder}/kept",
            "/srv/percha/staticfiles/": f"{self.folder}/static/",
            "/srv/percha/media/": f"{self.folder}/media/",
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{self.folder}/certificate.pem",
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{self.folder}/key.pem",
        }.items():
            site = site.replace(there, here)
        # Root's workers stay root here: they read a folder that others may not enter.
        user = "user root;\n" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/nginx-{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        path = self.folder / "nginx.conf"
        path.write_text(
            f"{user}pid {self.folder}/nginx.pid;\ndaemon off;\nevents {{ }}\n"
            f"http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{temporary}{site}\n}}\n"
        )
        return path

    # -- the pages -----------------------------------------------------------------------------------------------
    def ask(
        self, path: str, form: Mapping[str, str] | None = None, cookies: str = ""
    ) -> tuple[str, str, str]:
        """Ask the shop as nginx does; return the page, its path and its cookies."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        headers |= {"Sec-Fetch-Site": "same-origin", "Cookie": cookies}
        data = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web_port}{path}", data=data, headers=headers
        )
        opener = urllib.request.build_opener(_Staying)
        with opener.open(request, timeout=30) as answer:
            found = dict(part.partition("=")[::2] for part in cookies.split("; ") if part)
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _equals, value = line.partition(";")[0].partition("=")
                found[name] = value
            place = answer.headers.get("Location", path).removeprefix(self.url)
            return (
                answer.read().decode(),
                place,
                "; ".join(f"{name}={value}" for name, value in found.items()),
            )

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Return rows of the shop's database, as the journeys' stack does."""
        with psycopg.connect(self.postgres.url(DATABASE), row_factory=dict_row) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def pages(self) -> dict[str, tuple[str, str]]:
        """Return the pages that are judged by name: their paths, and the cookies of whoever opens them."""
        home, _path, _none = self.ask("/")
        category = re.findall(r'href="(/c/[^"?]+/)"', home)[0]
        goods = sizes(cast("Stack", self), 3)[0]
        line = {"variant": goods.variant_id, "quantity": "1"}
        _page, _path, cookies = self.ask("/carrito/agregar/", line)
        _page, checkout, buying = self.ask("/checkout/", {}, cookies)
        shared = {"home": "/", "category": category, "product": f"/p/{goods.slug}/", "search": SEARCH}
        own = {"cart": ("/carrito/", cookies), "checkout": (checkout, buying)}
        return {name: (path, "") for name, path in shared.items()} | own


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where it leads is what is asked."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp

    http_error_301 = http_error_303 = http_error_307 = http_error_302
