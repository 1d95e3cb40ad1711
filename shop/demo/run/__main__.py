"""`python -m shop.demo.run [start|stop|reset]`: what `make run`, `make stop` and `make reset` call."""

import os
import sys

from shop.demo.run.environment import describe_demo, load_dotenv
from shop.demo.run.stack import reset, start, stop
from shop.demo.run.terminal import complain
from shop.demo.services.errors import ServiceError
from shop.demo.services.processes import MARK

VERBS = {"start": start, "stop": stop, "reset": reset}


def main(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    verb = arguments[0] if arguments else "start"
    if verb not in VERBS or len(arguments) > 1:
        complain(f"Usage: python -m shop.demo.run [{'|'.join(VERBS)}]")
        return 2
    load_dotenv()
    try:
        demo = describe_demo()
        if verb == "start" and os.environ.get(MARK) != str(demo.data):
            # Start again with the mark in the environment: whatever is forked from here can be recognised later.
            environment = os.environ | {MARK: str(demo.data)}
            os.execve(sys.executable, [sys.executable, "-m", "shop.demo.run", verb], environment)  # noqa: S606
        return VERBS[verb](demo)
    except ServiceError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
