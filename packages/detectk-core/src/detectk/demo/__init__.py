"""The demo: two months of real flights, lived in seconds by the same code that runs at night."""

from detectk.demo.show import run

__all__ = ["run"]
