"""`python -m tests.drills.shared_pages`: a crowd at the shop behind docs/nginx.conf, and how soon it sees what is sold.

Needs Debian's nginx; the figures stand in docs/caching.md. Everything is on this machine and ends by itself after a
minute or two. It fails when a page is given to the wrong visitor, or is older than docs/caching.md says.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import psycopg

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis
from shop.demo.services.ports import free_port
from tests.drills.slow_clients import ROOT, configuration

CROWD: Final = 600
# docs/caching.md: three seconds kept, one while it is fetched again, one until the shop has noticed.
OLDEST: Final = 5.0
LIVE: Final = 3.0
SELL_OUT: Final = """
UPDATE inventory_stocklevel AS level SET reserved = on_hand
  FROM catalog_variant AS variant
  JOIN catalog_product AS product ON product.id = variant.product_id
 WHERE level.variant_id = variant.id AND product.slug = %s
"""


class Site:
    """The shop as browsers reach it through the proxy, whose log has a line for each request: how it was answered."""

    def __init__(self, root: str, log: Path) -> None:
        self.root, self.log = root, log

    def get(self, path: str, **headers: str) -> tuple[dict[str, str], str]:
        """Return the headers and the text of a page."""
        request = urllib.request.Request(self.root + path, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode()

    def reached(self) -> int:
        """Return how many requests the shop has answered itself."""
        return len(re.findall(r"(?m)^(?:MISS|EXPIRED|BYPASS|REVALIDATED|-)$", self.log.read_text()))

    def answers(self) -> bool:
        with suppress(OSError):
            return bool(self.get("/")[1])
        return False


def say(name: str, found: object, *, is_right: bool) -> bool:
    """Print what was found, and return whether it is what docs/caching.md says."""
    sys.stdout.write(f"{'ok   ' if is_right else 'WRONG'} {name}: {found}\n")
    sys.stdout.flush()
    return is_right


def wait(is_there: Callable[[], bool], seconds: float) -> None:
    """Wait until something is seen, at most so many seconds."""
    begun = time.monotonic()
    while not is_there() and time.monotonic() - begun < seconds:
        time.sleep(0.05)


def crowd(site: Site, path: str) -> bool:
    """Let everybody ask for one page at the same moment."""
    before, begun = site.reached(), time.monotonic()
    with ThreadPoolExecutor(32) as people:
        list(people.map(lambda _turn: site.get(path), range(CROWD)))
    seconds = time.monotonic() - begun
    reached = site.reached() - before
    return say(
        f"a crowd at {path}",
        f"{reached} of {CROWD} requests in {seconds:.1f} s reached the shop",
        is_right=reached <= 2 + seconds,
    )


def own_pages(site: Site, path: str) -> bool:
    """Try that what is a visitor's own is given to nobody else."""
    page, _text = site.get(path, Cookie="cart=x; theme=dark; csrftoken=y")
    cart, _text = site.get("/carrito/")
    session, _text = site.get(path, Cookie="sessionid=unknown")
    early = site.reached()
    site.get(path, Cookie="sessionid=unknown")
    return all(
        [
            say("a page for everybody", page["cache-control"], is_right="public" in page["cache-control"]),
            say("sets cookies", page.get("set-cookie"), is_right="set-cookie" not in page),
            say(
                "may be gone back to", page["cache-control"], is_right="no-store" not in page["cache-control"]
            ),
            say("the cart", cart["cache-control"], is_right="private" in cart["cache-control"]),
            say("with a session the shop decides", session["cache-control"], is_right=site.reached() > early),
        ]
    )


def sold_out(site: Site, database: str, path: str, choice: str) -> bool:
    """Sell all of a product and see when its live part and its page say so, while others look at both."""
    live = choice.replace(path, f"{path}vivo/")
    for _turn in range(20):
        site.get(choice)
        site.get(live)
        time.sleep(0.1)
    with psycopg.connect(database) as connection:
        connection.execute(SELL_OUT, [path.split("/")[2]])
    sold = time.monotonic()
    seen: dict[str, float] = {}

    def look() -> bool:
        for address in (live, choice):
            if address not in seen and "data-add-to-cart" not in site.get(address)[1]:
                seen[address] = time.monotonic() - sold
        return len(seen) == 2

    wait(look, 15)
    return all(
        [
            say(
                "sold out, in the live part",
                f"{seen.get(live, 99):.1f} s",
                is_right=seen.get(live, 99) <= LIVE,
            ),
            say(
                "sold out, in the page",
                f"{seen.get(choice, 99):.1f} s",
                is_right=seen.get(choice, 99) <= OLDEST,
            ),
        ]
    )


def try_all(site: Site, database: str) -> bool:
    """Try what docs/caching.md says; return whether all of it is so."""
    home = site.get("/")[1]
    products = list(dict.fromkeys(re.findall(r'href="(/p/[^"?]+/)', home)))
    for path in products:
        found = re.search(rf'href="({path}\?[^"]*talle=[^"]+)"', site.get(path)[1])
        choice = found[1].replace("&amp;", "&") if found else path
        if "data-add-to-cart" in site.get(choice)[1]:
            break
    rights = [
        crowd(site, "/"),
        crowd(site, choice),
        own_pages(site, path),
        sold_out(site, database, path, choice),
    ]
    return all(rights)


def main() -> int:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx is None:
        sys.stdout.write("nginx is not installed: nothing was tried (apt-get install nginx).\n")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="percha-shared-"))
    folder.chmod(0o755)
    web, proxy = free_port(), free_port()
    postgres = EmbeddedPostgres(folder / "postgres", port=free_port(), options={"fsync": "off"})
    redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for server in (postgres, redis):
            stack.callback(server.stop)
            server.start()
        postgres.ensure_database("percha")
        environment = os.environ | {
            "DEBUG": "on",
            "PERCHA_DOTENV": os.devnull,
            "PERCHA_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": postgres.url("percha"),
            "REDIS_URL": redis.url(0),
            "SITE_URL": f"http://127.0.0.1:{proxy}",
            "LOG_LEVEL": "ERROR",
        }
        for arguments in (["migrate", "-v0"], ["demo"]):
            subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)
        shop = [sys.executable, "-m", "gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{web}", "--workers", "2"]
        shop += ["--worker-class", "gthread", "--threads", "4", "--log-level", "error", "--no-control-socket"]
        settings = configuration(folder, web=web, proxy=proxy)
        for command in (shop, [nginx, "-c", str(settings)]):
            process = subprocess.Popen(command, cwd=ROOT, env=environment)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        site = Site(f"http://127.0.0.1:{proxy}", folder / "access.log")
        wait(site.answers, 60)
        return 0 if try_all(site, postgres.url("percha")) else 1


if __name__ == "__main__":
    sys.exit(main())
