"""Write the file of the structure of what the migrations make: `make structure` (docs/migrations.md)."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from shop.core.database.structure import loading
from shop.core.database.structure.writing import written
from shop.demo.services import EmbeddedPostgres
from shop.demo.services.ports import free_port
from shop.demo.services.postgres import installation
from tests.support.services import ROOT


def migrated(first: str, second: str, programs: Path) -> str:
    """Run all migrations, one by one, on the first of two empty databases (addresses); return their structure.

    It is that of the second, made of the first: PostgreSQL shows a condition otherwise once it has read what it showed.
    """
    environment = os.environ | {"DATABASE_URL": first, "DATABASE_TIMEOUTS_IN_ROLE": "off", "DEBUG": "on"}
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--one-by-one", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    with psycopg.connect(second) as connection, connection.cursor() as cursor:
        loading.read(written(first, programs), cursor)
    return written(second, programs)


def main() -> None:
    site, home = installation()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder), port=free_port(), options={"fsync": "off"})
        server.start()
        try:
            for name in ("first", "second"):
                server.ensure_database(name)
            text = migrated(server.url("first"), server.url("second"), site / home / "bin")
            loading.FILE.write_text(text, encoding="utf-8")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
