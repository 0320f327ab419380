"""Put values for ``${NAME}``, ``${NAME:-default}`` and ``${scheme:name}`` into a parsed file.

Scalar by scalar, after parsing: a value with quotes, colons or line breaks cannot change the
file, and comments are left alone. Keys are never touched, and ``${{ value }}`` is a dollar sign
before a template. ``$$`` stands for one dollar sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from detectk.config.problems import Problems
from detectk.config.redaction import is_plain
from detectk.config.yaml_tree import Keys, Tree, dotted
from detectk.errors import ConfigError

__all__ = ["NO_SECRETS", "Resolved", "Resolver", "Secrets"]

Secrets = Callable[[str, str], str | None]
NO_SECRETS: Final[frozenset[Keys]] = frozenset()

_REFERENCE = re.compile(
    r"\$\$"
    r"|\$\{(?:(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?"
    r"|(?P<scheme>[A-Za-z][\w+.-]*):(?P<path>[^}]+))\}",
    re.ASCII,
)
_ODD = re.compile(r"(?<!\$)\$\{[A-Za-z_](?![^}]*\}\})", re.ASCII)
_LONE_ESCAPE = re.compile(r"(?<!\$)\$\$(?![\${])")


class Resolved(NamedTuple):
    """Values without references.

    Attributes:
        value: A copy, or the value itself where there was nothing to do.
        tainted: The scalars, by path from the tree's root, that hold a secret now.
    """

    value: Any
    tainted: frozenset[Keys] = NO_SECRETS


class Resolver:
    """Resolves the references of one load; asks for each secret once.

    Args:
        environ: The environment.
        secrets: Gives the value of ``${scheme:name}``, None for a scheme nobody knows.
        folder: Where the relative path of a ``${file:path}`` starts.
        problems: Collects what cannot be resolved, and learns every secret.
    """

    def __init__(
        self, environ: Mapping[str, str], secrets: Secrets, *, folder: Path, problems: Problems
    ) -> None:
        self._environ = environ
        self._secrets = secrets
        self._folder = folder
        self._problems = problems
        self._known: dict[tuple[str, str], str] = {}

    def resolve(self, tree: Tree, keys: Keys = ()) -> Resolved:
        """Resolve everything at and below ``keys``."""
        value = tree.root
        for key in keys:
            value = value[key]
        tainted: set[Keys] = set()
        path = list(keys)

        def walk(value: Any) -> Any:
            kind = type(value)
            if kind is str:
                if "$" not in value:
                    return value
                return self._scalar(value, tuple(path), tree=tree, tainted=tainted)
            if kind is not dict and kind is not list:
                return value
            result = value.copy()
            for key, item in value.items() if kind is dict else enumerate(value):
                path.append(key)
                result[key] = walk(item)
                path.pop()
            return result

        return Resolved(walk(value), frozenset(tainted))

    def _scalar(self, text: str, keys: Keys, *, tree: Tree, tainted: set[Keys]) -> str:
        found: list[str] = []

        def replace(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            if "${" in (match["default"] or ""):
                self._problems.add(
                    f"{dotted(keys)}: a reference inside the default of {_shown(match)}",
                    tree.place(keys, of="value"),
                    "give it a plain default",
                )
                return ""
            if match["default"] is not None and not self._environ.get(match["name"]):
                return match["default"]
            try:
                value = self._secret(match)
            except ConfigError as error:
                where = tree.place(keys, of="value")
                self._problems.doubt(f"{dotted(keys)}: {error.message}", where, error.hint)
                tainted.add(keys)
                return ""
            if not (match["name"] and is_plain(match["name"], value)):
                found.append(value)
                self._problems.redactor.add(value)
            return value

        result = _REFERENCE.sub(replace, text)
        if found:
            tainted.add(keys)
        self._remark(text, keys, tree=tree)
        return result

    def _remark(self, text: str, keys: Keys, *, tree: Tree) -> None:
        if _LONE_ESCAPE.search(text):
            self._problems.warn(
                f"{dotted(keys)}: '$$' stands for one '$'; write '$$$$' for two, '$' for one",
                tree.place(keys, of="value"),
            )
        if any(not _REFERENCE.match(text, odd.start()) for odd in _ODD.finditer(text)):
            self._problems.warn(
                f"{dotted(keys)}: a '${{' that begins no reference stays as it is; "
                "write ${NAME}, or $${ where it is meant so",
                tree.place(keys, of="value"),
            )

    def _secret(self, match: re.Match[str]) -> str:
        if name := match["name"]:
            if name not in self._environ:
                raise ConfigError(
                    f"environment variable {name} is not set",
                    hint=f"set it or write ${{{name}:-default}}",
                )
            return self._environ[name]
        scheme, path = match["scheme"], match["path"]
        if (scheme, path) not in self._known:
            self._known[scheme, path] = self._ask(scheme, path)
        return self._known[scheme, path]

    def _ask(self, scheme: str, path: str) -> str:
        shown = f"${{{scheme}:{path}}}"
        try:
            value = self._secrets(scheme, path)
            if value is None and scheme == "file":
                value = (self._folder / Path(path).expanduser()).read_text("utf-8").rstrip("\r\n")
        except LookupError:
            raise ConfigError(f"{shown} does not exist", hint="check its name") from None
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise ConfigError(f"{shown} cannot be read: {reason}", hint="check the file") from None
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and quote secrets
            raise ConfigError(
                f"{shown} cannot be resolved ({type(error).__name__})", hint="ask its plugin"
            ) from None
        if value is None:
            raise ConfigError(
                f"nothing installed reads {shown}",
                hint=f"install a plugin for {scheme!r}, or write $${{ for a plain '${{'",
            )
        return value


def _shown(match: re.Match[str]) -> str:
    return f"${{{match['name']}}}"
