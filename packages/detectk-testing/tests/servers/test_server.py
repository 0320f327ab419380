"""What a server's handle says of it."""

from __future__ import annotations

import pytest

from detectk.testing.servers import Server, ServerError

pytestmark = pytest.mark.server

GIVEN = "postgresql://ann%40x:s%3Acret@db.example:6432/shop?sslmode=require"


def test_a_url_is_taken_apart_and_put_together_again() -> None:
    server = Server.given("postgresql", GIVEN)
    assert (server.host, server.port) == ("db.example", 6432)
    assert (server.user, server.password, server.database) == ("ann@x", "s:cret", "shop")
    assert server.url == GIVEN
    assert server.url_of("other") == GIVEN.replace("shop", "other")


def test_what_a_url_leaves_out_is_the_usual() -> None:
    urls = {
        "postgresql": "postgresql://postgres@h:5432/postgres",
        "mysql": "mysql://root@h:3306/mysql",
        "clickhouse": "clickhouse://default@h:9000/default",
    }
    found = {kind: Server.given(kind, f"{kind}://h").url for kind in urls}
    assert found == urls


def test_another_login_has_another_url() -> None:
    server = Server.given("mysql", "mysql://u:p@h:1/d")
    assert server.url_of("d", user="ann", password="w/o") == "mysql://ann:w%2Fo@h:1/d"  # noqa: S106


def test_an_address_of_ip_6_stays_in_brackets() -> None:
    assert Server.given("mysql", "mysql://u@[::1]:1/d").url == "mysql://u@[::1]:1/d"


def test_a_url_without_a_host_is_refused_without_its_password() -> None:
    with pytest.raises(ServerError, match="no host") as raised:
        Server.given("mysql", "mysql://:secret@/d")
    assert "secret" not in str(raised.value)


def test_a_given_server_is_not_ours_to_control() -> None:
    server = Server.given("postgresql", GIVEN)
    assert not server.controllable
    for action in (server.stop, server.kill, server.restart):
        with pytest.raises(ServerError, match=r"db\.example:6432 is not ours to control"):
            action()


def test_its_representation_keeps_the_password() -> None:
    assert "s:cret" not in repr(Server.given("postgresql", GIVEN))
