"""What every alerter must do: subclass a suite and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest

from detectk.clock import VirtualClock
from detectk.contracts.alerter import Alerter, Sent
from detectk.contracts.services import Services
from detectk.errors import AlertError
from detectk.testing.messages import KINDS, a_message, awkward_messages
from detectk.testing.webhook_server import Answer, Dialect, WebhookServer, anything
from detectk.values.message import MessageKind

__all__ = ["AlerterSuite", "WebhookAlerterSuite"]

_NOON = datetime(2013, 2, 9, 12, tzinfo=timezone.utc)


class AlerterSuite(ABC):
    """Holds an alerter to its contract: it sends whatever it is given, or raises `AlertError`.

    Subclass it, name the class ``Test...``, and give the alerter::

        class TestMyAlerter(AlerterSuite):
            def alerter(self):
                return MyAlerter(MyOptions(), Services())

    A test cannot be overridden: an alerter that fails one would lose messages.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls.__dict__:
            parents = [parent for parent in cls.__mro__[1:] if name in parent.__dict__]
            if name.startswith("test_") and parents:
                message = f"{cls.__name__}.{name}: a test of the suite is overridden"
                raise TypeError(message)

    @abstractmethod
    def alerter(self) -> Alerter[Any]:
        """Return a new alerter whose channel takes what it is sent."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_is_sent(self, kind: MessageKind) -> None:
        _send(self.alerter(), kind)

    @pytest.mark.parametrize("name", awkward_messages())
    def test_awkward_messages_are_sent(self, name: str) -> None:
        with closing(self.alerter()) as alerter:
            assert isinstance(alerter.send(awkward_messages()[name]), Sent)

    def test_a_message_can_be_sent_again(self) -> None:
        with closing(self.alerter()) as alerter:
            alerter.send(a_message())
            alerter.send(a_message())

    def test_closing_twice_or_unused_is_harmless(self) -> None:
        alerter = self.alerter()
        alerter.close()
        alerter.close()


class WebhookAlerterSuite(AlerterSuite):
    """Besides, holds an alerter that posts to a secret URL to what every webhook asks of it.

    Give it the URL and the time-out, and the dialect of the real thing::

        class TestMyAlerter(WebhookAlerterSuite):
            dialect = staticmethod(my_dialect)

            def build(self, url, *, timeout, services):
                return MyAlerter(MyOptions(webhook_url=url, timeout=timeout), services)
    """

    dialect: ClassVar[Dialect] = staticmethod(anything)
    """How the real server answers; a refusal of any message of the suite is a failure."""

    server: WebhookServer

    @abstractmethod
    def build(self, url: str, *, timeout: float, services: Services) -> Alerter[Any]:
        """Return a new alerter that posts to ``url``, waiting ``timeout`` seconds."""

    @pytest.fixture(autouse=True)
    def _serve(self) -> Iterator[None]:
        with WebhookServer(type(self).dialect) as server:
            self.server = server
            yield

    def alerter(self) -> Alerter[Any]:
        """Return an alerter that posts to `server`."""
        return self._build(self.server.url)

    def _build(self, url: str, *, timeout: float = 10.0) -> Alerter[Any]:
        services = Services(clock=VirtualClock(_NOON))
        return self.build(url, timeout=timeout, services=services)

    def test_building_one_does_no_io(self) -> None:
        self.alerter().close()
        assert self.server.connections == 0

    def test_one_message_is_one_post_of_json(self) -> None:
        _send(self.alerter(), "fired")
        (post,) = self.server.received
        assert post.status == 200
        assert post.headers["content-type"].startswith("application/json")
        assert "flights_departures" in post.body.decode()

    def test_several_series_are_one_post_that_names_each(self) -> None:
        with closing(self.alerter()) as alerter:
            alerter.send(awkward_messages()["several series"])
        (post,) = self.server.received
        assert all(name in post.body.decode() for name in ("A000", "A001", "A002"))

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_what_may_pass_is_retryable(self, status: int) -> None:
        self.server.script(Answer(status, "later"))
        error = self._refused(self.alerter())
        assert error.retryable
        assert str(status) in str(error)

    @pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413])
    def test_what_repeats_itself_is_not(self, status: int) -> None:
        self.server.script(Answer(status, "never"))
        error = self._refused(self.alerter())
        assert not error.retryable
        assert error.retry_after is None

    def test_the_wait_a_channel_asks_for_is_passed_on(self) -> None:
        when = "Sat, 09 Feb 2013 12:02:00 GMT"
        self.server.script(Answer(429, "", {"Retry-After": "7"}))
        self.server.script(Answer(503, "", {"Retry-After": when}))
        assert self._refused(self.alerter()).retry_after == 7.0
        assert self._refused(self.alerter()).retry_after == 120.0

    def test_silence_is_retryable(self) -> None:
        self.server.script(Answer(hold=True))
        assert self._refused(self._build(self.server.url, timeout=0.1)).retryable

    def test_a_broken_connection_is_retryable(self) -> None:
        self.server.script(Answer(drop=True))
        assert self._refused(self.alerter()).retryable

    def test_a_login_page_is_no_success(self) -> None:
        self.server.script(Answer(200, "<!DOCTYPE html><title>Sign in</title>"))
        assert not self._refused(self.alerter()).retryable

    def test_nobody_at_home_is_retryable(self) -> None:
        with WebhookServer() as gone:
            url = gone.url
        assert self._refused(self._build(url)).retryable

    def test_it_works_again_after_a_failure(self) -> None:
        self.server.script(Answer(drop=True), Answer(500, ""))
        with closing(self.alerter()) as alerter:
            for _ in range(2):
                with pytest.raises(AlertError):
                    alerter.send(a_message())
            assert isinstance(alerter.send(a_message()), Sent)

    @pytest.mark.parametrize("answer", [Answer(500, ""), Answer(404, "{path}"), Answer(drop=True)])
    def test_the_secret_never_shows(self, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        echoed = answer.body.format(path=self.server.url)
        self.server.script(Answer(answer.status, echoed, drop=answer.drop))
        alerter = self.alerter()
        error = self._refused(alerter)
        _send(self.alerter(), "fired")
        trace = "".join(traceback.format_exception(error))
        shown = "\n".join([trace, repr(error), repr(alerter.options), caplog.text])
        assert self.server.secret not in shown
        assert "127.0.0.1" in str(error)

    def _refused(self, alerter: Alerter[Any]) -> AlertError:
        with closing(alerter), pytest.raises(AlertError) as caught:
            alerter.send(a_message())
        return caught.value


def _send(alerter: Alerter[Any], kind: MessageKind) -> None:
    with closing(alerter):
        assert isinstance(alerter.send(a_message(kind)), Sent)
