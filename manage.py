#!/usr/bin/env python
"""Run Percha's management commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    from shop.core.database import timeouts

    timeouts.of_process(timeouts.of_command(sys.argv))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
