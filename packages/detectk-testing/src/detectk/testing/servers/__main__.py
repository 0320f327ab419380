"""Start one server in the foreground: ``python -m detectk.testing.servers postgresql``."""

from __future__ import annotations

import argparse
import signal
import sys

from detectk.testing.servers.offered import NAMES, offered
from detectk.testing.servers.server import ServerError

__all__: list[str] = []


def main() -> int:
    """Start the server that the command line names, print its URL, end it on Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m detectk.testing.servers",
        description="Start a private database server, print its URL, and end it on Ctrl-C.",
    )
    parser.add_argument("name", choices=NAMES)
    name = parser.parse_args().name
    # SIGTERM ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with offered(name) as server:
            _say(f"{server.url}\n{name} {server.version}; Ctrl-C ends it and removes its data\n")
            signal.pause()
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        _say("\n")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
