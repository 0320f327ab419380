"""Post JSON to a secret URL; the one file of the project that imports an HTTP client."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

from pydantic import SecretStr

from detectk.clock import Clock
from detectk.delivery.address import host_of, reaches_this_machine
from detectk.errors import AlertError
from detectk.version import VERSION

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpSender", "Refusal"]

_ANSWER_LIMIT = 65_536
_REASON_LIMIT = 200
_LEAST_SECRET = 6  # shorter segments of a path, such as "hooks", are no secret
_MAY_PASS = frozenset({408, 425, 429})
_NEVER_PASSES = frozenset({501, 505})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a channel meant by an answer that is not a success.

    Attributes:
        reason: Its words, for people.
        hint: What to do about it.
    """

    reason: str
    hint: str = ""


def first_words(status: int, answer: str) -> Refusal:  # noqa: ARG001 - the shape of an explainer
    """Quote the answer: what a sender says of a channel it knows nothing about."""
    return Refusal(answer)


class HttpSender:
    """Posts to one URL, over one kept connection; safe to share between threads.

    The URL of a webhook is a password: errors and logs name its host and nothing more. TLS is
    always verified. Proxies and extra certificates come from the environment (``HTTPS_PROXY``,
    ``NO_PROXY``, ``SSL_CERT_FILE``); plain http to this machine goes past them. Redirects are not
    followed.

    Args:
        url: Where to.
        where: The channel, for errors.
        clock: For dates in ``Retry-After`` and for the deadline.
        timeout: Seconds to connect, to write, and for the whole answer.
        explain: Reads an answer that is not a success: (status, text) to a `Refusal`.
    """

    def __init__(
        self,
        url: SecretStr | str,
        *,
        where: str,
        clock: Clock,
        timeout: float = 10.0,
        explain: Callable[[int, str], Refusal] = first_words,
    ) -> None:
        self._url = url.get_secret_value() if isinstance(url, SecretStr) else url
        self._host = host_of(self._url)
        self._where, self._clock, self._timeout = where, clock, timeout
        self._explain = explain
        self._lock = Lock()
        self._client: httpx.Client | None = None

    def post_json(self, payload: Mapping[str, object]) -> str:
        """Return what the server answered, its first 64 KiB.

        Raises:
            AlertError: It did not take the payload. Retryable after 408, 425, 429, 5xx, a
                time-out or a broken connection; not after anything that repeats itself.
        """
        import httpx

        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        client = self._connect()
        try:
            with client.stream("POST", self._url, content=body) as response:
                answer = self._read(response)
        except httpx.TimeoutException as error:
            raise self._too_late() from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if not response.is_success:
            self._refuse(response, answer)
        if answer.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
            raise self._error(
                "answered with a web page, so nobody got the message",
                hint="the URL leads to a login page or a proxy; use the webhook's own address",
            )
        return answer

    def close(self) -> None:
        """Close the connection; safe twice, and before any use."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connect(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                _discretion.keep(self._url, self._host)
                try:
                    self._client = httpx.Client(
                        timeout=self._timeout,
                        trust_env=not reaches_this_machine(self._url),
                        headers={
                            "Content-Type": "application/json; charset=utf-8",
                            "Accept-Encoding": "identity",
                            "User-Agent": f"DetectK/{VERSION}",
                        },
                    )
                except (ImportError, ValueError, OSError) as error:
                    raise self._error(
                        f"cannot be called: {error}",
                        hint="look at HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE",
                    ) from error
            return self._client

    def _read(self, response: httpx.Response) -> str:
        deadline = self._clock.monotonic() + self._timeout
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= _ANSWER_LIMIT:
                break
            if self._clock.monotonic() > deadline:
                raise self._too_late()
        return bytes(body[:_ANSWER_LIMIT]).decode("utf-8", "replace")

    def _refuse(self, response: httpx.Response, answer: str) -> NoReturn:
        status = response.status_code
        refusal = self._explain(status, answer)
        if response.is_redirect and not refusal.hint:
            refusal = Refusal("a redirect", hint="use the address it leads to")
        said = self._hide(" ".join(refusal.reason.split()))
        if len(said) > _REASON_LIMIT:
            said = f"{said[: _REASON_LIMIT - 1]}…"
        retryable = status in _MAY_PASS or (status >= 500 and status not in _NEVER_PASSES)  # noqa: PLR2004 - server errors
        raise self._error(
            f"answered {status}{f': {said}' if said else ''}",
            hint=refusal.hint,
            retryable=retryable,
            retry_after=self._retry_after(response) if retryable else None,
        )

    def _retry_after(self, response: httpx.Response) -> float | None:
        text = response.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
            return float(text)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.utc)
        return max(0.0, (at - self._clock.now()).total_seconds())

    def _too_late(self) -> AlertError:
        return self._error(f"gave no answer within {self._timeout:g} s", retryable=True)

    def _unreachable(self, error: Exception) -> AlertError:
        import ssl

        import httpx

        reason = self._hide(" ".join(str(error).split())) or type(error).__name__
        untrusted = any(isinstance(e, ssl.SSLCertVerificationError) for e in _causes(error))
        senseless = isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL)
        hint = ""
        if untrusted:
            hint = "name the file with your authority's certificate in SSL_CERT_FILE"
        return self._error(
            f"cannot be reached ({reason})", hint=hint, retryable=not (untrusted or senseless)
        )

    def _error(
        self,
        sentence: str,
        *,
        hint: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> AlertError:
        return AlertError(
            f"{self._host} {sentence}",
            where=self._where,
            hint=hint,
            retryable=retryable,
            retry_after=retry_after,
        )

    def _hide(self, text: str) -> str:
        rest = self._url.partition("://")[2].partition("/")[2]
        pieces = [self._url, rest, *re.split(r"[/?&=#]", rest)]
        for piece in sorted(pieces, key=len, reverse=True):
            if len(piece) >= _LEAST_SECRET:
                text = text.replace(piece, "***")
        return text


class _Discretion(logging.Filter):
    """Takes our URLs out of the client's own log lines, which would print them whole."""

    def __init__(self) -> None:
        super().__init__()
        self._hosts: dict[str, str] = {}

    def keep(self, url: str, host: str) -> None:
        import httpx

        try:
            spelled = str(httpx.URL(url))
        except httpx.InvalidURL:
            spelled = url
        self._hosts[spelled] = self._hosts[url] = host
        logging.getLogger("httpx").addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._hosts.get(str(arg), arg) for arg in record.args)
        return True


_discretion = _Discretion()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
