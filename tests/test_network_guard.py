"""The network guard of the tests: no network beyond this machine."""

import socket

import pytest

from tests.support.network import NetworkRefused, is_local


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        with pytest.raises(NetworkRefused, match="stay on this machine"):
            caller.connect((address, 443))
        with pytest.raises(NetworkRefused):
            caller.connect_ex((address, 443))


def test_a_datagram_to_another_machine_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller, pytest.raises(NetworkRefused):
        caller.sendto(b"hello", ("192.0.2.1", 53))


def test_another_machines_name_is_not_looked_up() -> None:
    with pytest.raises(NetworkRefused, match=r"api\.stripe\.com"):
        socket.create_connection(("api.stripe.com", 443), timeout=1)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = ("localhost", server.getsockname()[1])
        caller = socket.create_connection(address, timeout=5)
        assert caller.getpeername() == ("127.0.0.1", address[1])
        caller.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "shop.localhost", "0.0.0.0", None, b"localhost"]
)
def test_loopback_names(host: str | bytes | None) -> None:
    assert is_local(host)


def test_the_servers_given_on_purpose_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db.internal:5432/percha")
    assert is_local("db.internal")
    assert not is_local("other.internal")
