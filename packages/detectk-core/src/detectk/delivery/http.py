"""Speak HTTP: one request, one answer; the one file of the project that imports an HTTP client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from detectk.clock import Clock
from detectk.delivery.address import host_of, reaches_this_machine
from detectk.delivery.deadline import Punctual, limited
from detectk.delivery.exchange import Call, ExchangeError, Kind, Reply
from detectk.delivery.unpacking import Gunzip
from detectk.version import VERSION

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpClient"]


class HttpClient:
    """Sends requests over connections that are kept; safe to share between threads.

    All clients of a process that connect in the same way share their connections. Proxies and
    extra certificates come from the environment (``HTTPS_PROXY``, ``NO_PROXY``,
    ``SSL_CERT_FILE``); plain http to this machine goes past them. Redirects are not followed and
    cookies are not kept.

    Args:
        clock: For the deadline.
        verify: Whether certificates must be trusted, or the file with the authorities to trust.
    """

    def __init__(self, *, clock: Clock, verify: bool | Path = True) -> None:
        self._clock = clock
        self._verify = verify
        self._lock = Lock()
        self._held: set[_Way] = set()

    def exchange(self, call: Call, *, timeout: float, total: float, limit: int) -> Reply:
        """Return the answer to ``call``.

        Args:
            call: What to send.
            timeout: Seconds to connect, to write, and between two pieces of the answer.
            total: Seconds until the whole answer must be there.
            limit: Bytes of the body that are read, counted after unpacking.

        Raises:
            ExchangeError: There was no answer.
        """
        import httpx

        deadline = self._clock.monotonic() + total
        headers = {"user-agent": f"DetectK/{VERSION}", "accept-encoding": "gzip"}
        headers |= {name.lower(): value for name, value in call.headers.items()}
        try:
            url = httpx.URL(call.url)
            with (
                limited(lambda: deadline - self._clock.monotonic()),
                self._borrowed(call.url) as client,
                client.stream(
                    call.method,
                    url.copy_merge_params(call.params) if call.params else url,
                    headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                    content=call.content,
                    timeout=min(timeout, total),
                ) as response,
            ):
                body = self._read(response, deadline, limit)
        except httpx.TimeoutException as error:
            raise ExchangeError("late", str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeError(_kind(error), _words(error)) from error
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body[:limit],
            cut=len(body) > limit,
            location=str(response.next_request.url) if response.next_request else "",
        )

    def close(self) -> None:
        """Let go of the connections; safe twice, before any use, and while another thread asks."""
        with self._lock:
            held = set(self._held)
            self._held.clear()
        for way in held:
            _lending.give_back(way)

    @contextmanager
    def _borrowed(self, url: str) -> Iterator[httpx.Client]:
        """Lend a client for one request; the first one is held until this is closed."""
        way = _Way(reaches_this_machine(url), self._verify)
        _discretion.keep(url)
        client = _lending.borrow(way)
        try:
            with self._lock:
                if way not in self._held:
                    _lending.borrow(way)
                    self._held.add(way)
            yield client
        finally:
            _lending.give_back(way)

    def _read(self, response: httpx.Response, deadline: float, limit: int) -> bytes:
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in ("", "identity", "gzip", "x-gzip"):
            raise ExchangeError("garbled", f"it is packed with {packing!r}, which nobody asked for")
        unpack = Gunzip() if packing.endswith("gzip") else None
        body = bytearray()
        for chunk in response.iter_raw():
            body += unpack.feed(chunk, limit + 1 - len(body)) if unpack else chunk
            if len(body) > limit:
                return bytes(body)
            if self._clock.monotonic() > deadline:
                raise ExchangeError("late", "the answer did not end")
        if unpack and not unpack.done:
            raise ExchangeError("garbled", "it is packed with gzip and ends too early")
        return bytes(body)


class _Way(NamedTuple):
    """How a client connects."""

    direct: bool
    verify: bool | Path


class _Lending:
    """The clients of this process: one for each way, closed when nobody has it any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._clients: dict[_Way, httpx.Client] = {}
        self._users: dict[_Way, int] = {}

    def borrow(self, way: _Way) -> httpx.Client:
        """Return the client of ``way``.

        Raises:
            ExchangeError: It cannot be built.
        """
        with self._lock:
            if way not in self._clients:
                try:
                    self._clients[way] = _client(way)
                except (ImportError, ValueError, OSError) as error:
                    raise ExchangeError("unusable", _words(error)) from error
                self._users[way] = 0
            self._users[way] += 1
            return self._clients[way]

    def give_back(self, way: _Way) -> None:
        """Count one user less; the last one closes the client."""
        with self._lock:
            self._users[way] -= 1
            if not self._users[way]:
                self._clients.pop(way).close()


_lending = _Lending()


def _client(way: _Way) -> httpx.Client:
    import ssl
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx

    trusted: bool | ssl.SSLContext
    if isinstance(way.verify, Path):
        trusted = ssl.create_default_context(cafile=str(way.verify))
    else:
        trusted = way.verify
    client = httpx.Client(
        verify=trusted,
        trust_env=not way.direct,
        # The cookies of one source are no business of another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
    # The client has no setting for its network. Should these names go, so does the limit on
    # headers that trickle, and a test says so; every single wait keeps its own limit.
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - see above
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = Punctual(pool._network_backend)  # noqa: SLF001 - see above
    return client


def _kind(error: Exception) -> Kind:
    import ssl

    import httpx

    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return "untrusted"
    unsendable = httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError
    return "senseless" if isinstance(error, unsendable) else "broken"


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class _Discretion(logging.Filter):
    """Takes our URLs out of the client's own log lines, which would print them whole."""

    def __init__(self) -> None:
        super().__init__()
        self._hosts: set[str] = set()

    def keep(self, url: str) -> None:
        host = host_of(url)
        if host not in self._hosts:
            self._hosts.add(host)
            logging.getLogger("httpx").addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._shown(arg) for arg in record.args)
        return True

    def _shown(self, arg: object) -> object:
        text = str(arg)
        host = host_of(text) if "://" in text else ""
        return host if host in self._hosts else arg


_discretion = _Discretion()
