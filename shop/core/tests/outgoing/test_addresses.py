"""Which URLs the shop speaks to: public HTTPS servers alone, at the addresses that were checked."""

import ipaddress
import socket
from typing import Any

import pytest

from shop.core.outgoing import requests
from shop.core.outgoing.addresses import Refused, check, is_public

PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4003:80f::200e")
PRIVATE = (
    *("0.0.0.0", "10.1.2.3", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "100.64.0.1", "100.100.100.200", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *(
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "192.88.99.1",
    ),
    *(
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "fe80::1",
    ),
    *(
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "100::1",
        "fec0::1",
    ),
)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names be looked up as these answers say, one after the other; return the names that were."""
    asked: list[str] = []
    left = list(answers)

    def look_up(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise socket.gaierror("no such host")
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_only_addresses_of_the_public_internet_are_public():
    assert [text for text in PUBLIC if not is_public(ipaddress.ip_address(text))] == []
    assert [text for text in PRIVATE if is_public(ipaddress.ip_address(text))] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///x",
        "example.com",
        "https://user:word@example.com/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com:22/",
        "https://example.com:6379/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/\r\nX-Header: 1",
        "https://exämple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
    ],
)
def test_what_is_no_public_https_url_is_refused_before_anybody_is_asked(url, monkeypatch):
    asked = resolving(monkeypatch, ["93.184.216.34"])

    with pytest.raises(Refused):
        check(url)
    assert asked == []


@pytest.mark.parametrize(
    "found", [[], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"], ["fe80::1%2"]]
)
def test_a_name_with_one_address_that_is_not_public_is_refused(found, monkeypatch):
    resolving(monkeypatch, found)

    with pytest.raises(Refused):
        check("https://hooks.example.com/x")


def test_odd_spellings_of_this_machine_are_resolved_and_refused(monkeypatch):
    """As the system's own resolver reads them."""
    for host in ("2130706433", "127.1", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.1.", "[::1]", "localhost"):
        read = host.strip("[].")
        found = read if read in {"::1", "localhost"} else socket.inet_ntoa(socket.inet_aton(read))
        resolving(monkeypatch, [found.replace("localhost", "127.0.0.1")])
        with pytest.raises(Refused):
            check(f"https://{host}/")


def test_a_public_name_gives_its_addresses_path_and_host(monkeypatch):
    resolving(monkeypatch, ["93.184.216.34", "2606:2800:220:1::1"])

    target = check("https://hooks.example.com:8443/a/b?c=d")

    assert target.addresses == ("93.184.216.34", "2606:2800:220:1::1")
    assert (target.path, target.authority, target.port) == ("/a/b?c=d", "hooks.example.com:8443", 8443)


def test_plain_http_to_this_machine_is_for_the_demo_alone(settings, monkeypatch):
    settings.DEBUG = True
    assert check("http://127.0.0.1:8342/x").addresses == ("127.0.0.1",)
    with pytest.raises(Refused):
        check("https://127.0.0.1/")
    settings.DEBUG = False
    with pytest.raises(Refused):
        check("http://127.0.0.1:8342/x")
    settings.DEBUG = True
    for elsewhere in ("10.0.0.1", "93.184.216.34"):
        resolving(monkeypatch, [elsewhere])
        with pytest.raises(Refused):
            check(f"http://{elsewhere}/")


def test_the_connection_goes_to_the_address_that_was_checked_whatever_the_name_says_later(monkeypatch):
    asked = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    reached: list[Any] = []

    def connect(address: Any, timeout: float) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError("not in a test")

    monkeypatch.setattr(socket, "create_connection", connect)
    answer = requests.post(check("https://hooks.example.com/"), b"{}", {}, seconds=1)

    assert reached == [("93.184.216.34", 443)]
    assert asked == ["hooks.example.com"]
    assert (answer.status_code, answer.is_delivered) == (None, False)
