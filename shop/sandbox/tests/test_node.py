"""Both providers' official Node SDKs against the sandbox: runs where node and the packages are installed.

`shop/sandbox/tests/node/README.md` says how to install them; `PERCHA_NODE_SDKS` may name another folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import MP_SECRET, MP_TOKEN, STRIPE_KEY, STRIPE_SECRET, Shop
from tests.support.programs import node_packages

HERE = Path(__file__).parent / "node"


@pytest.mark.node
def test_both_official_node_sdks_find_all_as_they_know_it(
    start_sandbox: Callable[..., Handle], shop: Shop, tmp_path: Path
) -> None:
    handle = start_sandbox()
    # Node looks for packages above the script, so it is run where they are.
    (tmp_path / "run.mjs").write_text((HERE / "run.mjs").read_text())
    (tmp_path / "node_modules").symlink_to(node_packages().resolve())
    environment = {
        **os.environ,
        "SANDBOX_URL": handle.base_url,
        "SITE_URL": shop.url,
        "MERCADOPAGO_ACCESS_TOKEN": MP_TOKEN,
        "MERCADOPAGO_WEBHOOK_SECRET": MP_SECRET,
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
    }
    command = ["node", "run.mjs"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 wrong, 0 broken off" in ran.stdout
