"""Serve the shop over HTTP, for the examples that ask an endpoint.

    python databases/serve_data.py

``/orders?from=...&to=...`` is JSON, a record an hour and country; ``/visits.csv`` is a file.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DATA = Path(__file__).parents[1] / "data"
PORT = 8080
ORDERS = """
    SELECT strftime('%Y-%m-%dT%H:00:00Z', placed_at) AS hour, country, count(*)
    FROM orders WHERE placed_at >= ? AND placed_at < ? GROUP BY hour, country
"""


class Shop(ThreadingHTTPServer):
    """The shop's data at a port of this machine; 0 takes a free one."""

    def __init__(self, port: int = PORT, data: Path = DATA) -> None:
        self.data = data
        super().__init__(("127.0.0.1", port), Page)

    def orders(self, begin: str, end: str) -> bytes:
        """Return the orders of a while as JSON."""
        with closing(sqlite3.connect(self.data / "shop.db")) as database:
            rows = database.execute(ORDERS, (begin, end)).fetchall()
        records = [{"hour": h, "country": c, "orders": {"count": n}} for h, c, n in rows]
        return json.dumps({"data": {"rows": records}}).encode()


class Page(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with JSON, CSV or 404."""
        asked = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/orders" and {"from", "to"} <= set(given):
            self._answer(self.server.orders(given["from"], given["to"]), "application/json")
        elif asked.path == "/visits.csv":
            self._answer((self.server.data / "visits.csv").read_bytes(), "text/csv")
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with Shop() as shop:
        print(f"http://localhost:{PORT}/orders?from=2024-06-27&to=2024-06-28")  # noqa: T201  # a script
        shop.serve_forever()
