"""Read what an address answers, patiently and with a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from detectk.clock import Clock
from detectk.delivery.address import public_url, same_server
from detectk.delivery.exchange import (
    Call,
    ExchangeError,
    Reply,
    retry_after,
    worth_repeating,
)
from detectk.delivery.http import HttpClient
from detectk.delivery.retry import with_retry
from detectk.delivery.sender import Refusal
from detectk.errors import CollectError

__all__ = ["FetchError", "HttpFetcher", "Patience"]

_HOPS = 5
_LONGEST_WAIT = 30.0
_REASON_LIMIT = 200
_LEAST_SECRET = 4
_SPARE = 0.001
_ADVICE = {
    400: "the server does not understand the request; look at params and the body",
    401: "it wants to know who asks; set auth or a header",
    403: "it knows who asks and refuses; look at what auth or the headers may do",
    404: "there is nothing at this address; look at url and path",
    405: "set method to the other of GET and POST",
    407: "the proxy wants a name and a password; write them into HTTPS_PROXY",
    413: "ask for less at once",
    414: "the address is too long; send it with method: POST",
    422: "the server does not understand the request; look at params and the body",
    429: "it is asked too often; run less often, or raise retry_delay",
}


class FetchError(CollectError):
    """An address gave no answer that can be used.

    Args:
        message: What it answered.
        where: The metric.
        hint: What to do.
        retryable: Whether asking again may help.
        retry_after: Seconds the server asked to wait, when it did.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        hint: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint, retryable=retryable)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how much.

    Attributes:
        timeout: Seconds until an answer must be there, redirects included.
        attempts: How often to ask at most.
        delay: Seconds; the longest wait before the second attempt, doubled before each other.
        limit: Bytes of an answer, unpacked; more is an error.
    """

    timeout: float = 30.0
    attempts: int = 4
    delay: float = 1.0
    limit: int = 50_000_000

    @property
    def total(self) -> float:
        """Seconds that all attempts and waits may take together."""
        waits = sum(min(_LONGEST_WAIT, self.delay * 2.0**k) for k in range(self.attempts - 1))
        return self.attempts * self.timeout + waits


class HttpFetcher:
    """Asks again what may pass, and tells in one sentence what does not.

    Errors name an address by scheme, host and path: its query may hold a key. A redirect is
    followed on the same server only, so that no secret is handed on.

    Args:
        patience: How long and how much.
        clock: Lets the waits pass.
        verify: Whether certificates must be trusted, or the file with the authorities to trust.
        secrets: Texts that an answer may repeat and an error must not.
        explain: Reads an answer that is not a success: (status, text) to a `Refusal`, or None
            where it has nothing to say.
    """

    def __init__(
        self,
        patience: Patience,
        *,
        clock: Clock,
        verify: bool | Path = True,
        secrets: Iterable[str] = (),
        explain: Callable[[int, str], Refusal | None] = lambda status, text: None,  # noqa: ARG005 - the shape of an explainer
    ) -> None:
        self._patience, self._clock, self._verify = patience, clock, verify
        self._secrets = sorted(set(secrets), key=len, reverse=True)
        self._explain = explain
        self._client = HttpClient(clock=clock, verify=verify)

    def fetch(self, call: Call, *, where: str, attempts: int | None = None) -> Reply:
        """Return the answer to ``call``; it is a success, and complete.

        Args:
            call: What to ask.
            where: The metric, for errors.
            attempts: Fewer than usual.

        Raises:
            FetchError: There is none.
        """
        patience = self._patience
        return with_retry(
            lambda: self._once(call, where),
            clock=self._clock,
            attempts=attempts or patience.attempts,
            base=patience.delay,
            cap=_LONGEST_WAIT,
            total=patience.total,
        )

    def hide(self, text: str) -> str:
        """Return the first words of ``text``, in one line and without secrets."""
        said = " ".join(text[: 10 * _REASON_LIMIT].split())
        for secret in self._secrets:
            if len(secret) >= _LEAST_SECRET:
                said = said.replace(secret, "***")
        return said if len(said) <= _REASON_LIMIT else f"{said[: _REASON_LIMIT - 1]}…"

    def close(self) -> None:
        """Let go of the connections; safe twice, and before any use."""
        self._client.close()

    def _once(self, call: Call, where: str) -> Reply:
        patience = self._patience
        deadline = self._clock.monotonic() + patience.timeout
        for _ in range(_HOPS + 1):
            name = f"{call.method} {public_url(call.url)}"
            left = max(_SPARE, deadline - self._clock.monotonic())
            try:
                reply = self._client.exchange(call, timeout=left, total=left, limit=patience.limit)
            except ExchangeError as error:
                raise self._unanswered(error, name, where) from error
            if not reply.location:
                self._accept(reply, name, where)
                return reply
            if call.method != "GET" or not same_server(call.url, reply.location):
                raise FetchError(
                    f"{name} answered {reply.status}, a redirect to {public_url(reply.location)}",
                    where=where,
                    hint="write that address into url if it is the right one",
                )
            call = replace(call, url=reply.location, params=())
        raise FetchError(
            f"{name} is the end of {_HOPS} redirects, and one more",
            where=where,
            hint="write the address they lead to into url",
        )

    def _accept(self, reply: Reply, name: str, where: str) -> None:
        if reply.ok and reply.cut:
            raise FetchError(
                f"{name} answered with more than {self._patience.limit} bytes",
                where=where,
                hint="ask for less at once, or raise max_bytes",
            )
        if reply.ok:
            return
        text = reply.text
        refusal = self._explain(reply.status, text)
        if refusal is None:
            page = text.lstrip()[:9].lower().startswith(("<!doctype", "<html"))
            refusal = Refusal("" if page else text)
        said = self.hide(refusal.reason)
        retryable = worth_repeating(reply.status)
        raise FetchError(
            f"{name} answered {reply.status}{f': {said}' if said else ''}",
            where=where,
            hint=refusal.hint or _ADVICE.get(reply.status, ""),
            retryable=retryable,
            retry_after=retry_after(reply, self._clock) if retryable else None,
        )

    def _unanswered(self, error: ExchangeError, name: str, where: str) -> FetchError:
        said = self.hide(error.reason)
        if error.kind == "late":
            return FetchError(
                f"{name} gave no answer within {self._patience.timeout:g} s",
                where=where,
                hint="ask for less at once, or raise timeout",
                retryable=True,
            )
        if error.kind == "unusable":
            given = self._verify if isinstance(self._verify, Path) else "HTTPS_PROXY, ALL_PROXY"
            return FetchError(
                f"{name} cannot be called: {said}",
                where=where,
                hint=f"look at {given} and SSL_CERT_FILE",
            )
        if error.kind == "garbled":
            return FetchError(
                f"{name} gave an answer that cannot be unpacked: {said}",
                where=where,
                hint="look at what stands between here and there",
                retryable=True,
            )
        hint = {
            "broken": "is the address right, and the server up?",
            "untrusted": "name the file with the authority's certificate in verify_ssl",
            "senseless": "look at url, params and headers; what is long goes by method: POST",
        }.get(error.kind, "")
        return FetchError(
            f"{name} cannot be reached ({said})",
            where=where,
            hint=hint,
            retryable=error.kind == "broken",
        )
