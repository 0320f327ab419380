"""Build and close a part, and print what it touched: ``python -m detectk.testing.silence``."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from detectk.contracts.services import Services

__all__: list[str] = []

_TOUCHES: Final = frozenset(
    {
        "open",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.scandir",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _live(kind: Any, options: Any) -> None:
    part = kind(options, Services(root=Path("nowhere")))
    part.close()
    part.close()


def _main(task: dict[str, Any]) -> None:
    kind = _load(task["target"])
    options = _load(task["options"] or "detectk.contracts.options:Options")
    values = options.model_validate(task["values"])
    _live(kind, values)  # what this imports is no fault of the part
    touched: list[str] = []
    listening = True

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event in _TOUCHES:
            touched.append(f"{event} {arguments[:1]}")

    sys.addaudithook(listen)
    _live(kind, values)
    listening = False
    sys.stdout.write("\n".join(touched))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
