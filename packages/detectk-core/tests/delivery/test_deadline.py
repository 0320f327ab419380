from __future__ import annotations

from detectk.delivery.deadline import Punctual, limited


class Network:
    """Takes note of the limit of every wait."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    def connect_tcp(self, host: str, port: int, timeout: float | None) -> Network:
        self.limits.append(timeout)
        return self

    def start_tls(self, context: object, timeout: float | None) -> Network:
        self.limits.append(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None) -> bytes:
        self.limits.append(timeout)
        return b"x" * max_bytes

    def write(self, buffer: bytes, timeout: float | None) -> None:
        self.limits.append(timeout)

    def get_extra_info(self, info: str) -> str:
        return info


def use(network: Network) -> None:
    stream = Punctual(network).connect_tcp("h", 1, timeout=5).start_tls(object(), timeout=5)
    stream.write(b"a", timeout=5)
    assert stream.read(3) == b"xxx"
    assert stream.get_extra_info("socket") == "socket"


def test_every_wait_ends_with_the_whole() -> None:
    network = Network()
    left = iter([9.0, 4.0, 3.0, 2.0])
    with limited(lambda: next(left)):
        use(network)
    assert network.limits == [5, 4.0, 3.0, 2.0]


def test_when_no_time_is_left_a_wait_is_short_but_no_error() -> None:
    network = Network()
    with limited(lambda: -1.0):
        use(network)
    assert network.limits == [0.001] * 4


def test_outside_nothing_is_limited() -> None:
    network = Network()
    with limited(lambda: 1.0):
        pass
    use(network)
    assert network.limits == [5, 5, 5, None]
