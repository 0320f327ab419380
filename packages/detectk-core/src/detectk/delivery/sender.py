"""Post JSON to a secret URL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from pydantic import SecretStr

from detectk.clock import Clock
from detectk.delivery.address import host_of
from detectk.delivery.exchange import (
    Call,
    ExchangeError,
    Reply,
    retry_after,
    worth_repeating,
)
from detectk.delivery.http import HttpClient
from detectk.errors import AlertError

__all__ = ["HttpSender", "Refusal"]

_ANSWER_LIMIT = 65_536
_REASON_LIMIT = 200
_LEAST_SECRET = 6  # shorter segments of a path, such as "hooks", are no secret
_STAGES = 3  # connect, write, answer
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}


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
    always verified. Redirects are not followed.

    Args:
        url: Where to.
        where: The channel, for errors.
        clock: For dates in ``Retry-After`` and for the deadline.
        timeout: Seconds to connect, to write, and for the answer, each.
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
        self._client = HttpClient(clock=clock)

    def post_json(self, payload: Mapping[str, object]) -> str:
        """Return what the server answered, its first 64 KiB.

        Raises:
            AlertError: It did not take the payload. Retryable after 408, 425, 429, 5xx, a
                time-out or a broken connection; not after anything that repeats itself.
        """
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        call = Call("POST", self._url, _HEADERS, content=body)
        try:
            reply = self._client.exchange(
                call,
                timeout=self._timeout,
                total=_STAGES * self._timeout,
                limit=_ANSWER_LIMIT,
            )
        except ExchangeError as error:
            raise self._unanswered(error) from error
        answer = reply.body.decode("utf-8", "replace")
        if not reply.ok:
            self._refuse(reply, answer)
        if answer.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
            raise self._error(
                "answered with a web page, so nobody got the message",
                hint="the URL leads to a login page or a proxy; use the webhook's own address",
            )
        return answer

    def close(self) -> None:
        """Close the connection; safe twice, and before any use."""
        self._client.close()

    def _refuse(self, reply: Reply, answer: str) -> NoReturn:
        refusal = self._explain(reply.status, answer)
        if reply.location and not refusal.hint:
            refusal = Refusal("a redirect", hint="use the address it leads to")
        said = self._hide(" ".join(refusal.reason.split()))
        if len(said) > _REASON_LIMIT:
            said = f"{said[: _REASON_LIMIT - 1]}…"
        retryable = worth_repeating(reply.status)
        raise self._error(
            f"answered {reply.status}{f': {said}' if said else ''}",
            hint=refusal.hint,
            retryable=retryable,
            retry_after=retry_after(reply, self._clock) if retryable else None,
        )

    def _unanswered(self, error: ExchangeError) -> AlertError:
        if error.kind == "late":
            return self._error(f"gave no answer within {self._timeout:g} s", retryable=True)
        if error.kind == "unusable":
            return self._error(
                f"cannot be called: {error.reason}",
                hint="look at HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE",
            )
        hint = ""
        if error.kind == "untrusted":
            hint = "name the file with your authority's certificate in SSL_CERT_FILE"
        return self._error(
            f"cannot be reached ({self._hide(error.reason)})",
            hint=hint,
            retryable=error.kind in ("broken", "garbled"),
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
