"""What a device calls itself, in two words; whatever it says, something is shown and nothing fails."""

import pytest

from shop.core.web.user_agents import LONGEST_NAME, Agent, read

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "program", "system"),
    [
        (
            f"Mozilla/5.0 (Linux; Android 15; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome",
            "Android",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge",
            "Windows",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 (KHTML) Version/19.0 Safari/605",
            "Safari",
            "Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 CriOS/140.0 Safari/604",
            "Chrome",
            "iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        ("MaalApp/1.2 (iPad; iOS 19)", "MaalApp", "iPad"),
        ("okhttp/4.12.0", "okhttp", ""),
        ("x" * 500, "x" * LONGEST_NAME, ""),
        ("Mozilla/5.0", "", ""),
        ("", "", ""),
        ("();", "", ""),
    ],
)
def test_a_device_is_named(text, program, system):
    assert read(text) == Agent(program, system)
