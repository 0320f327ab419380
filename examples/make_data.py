"""Write the data of the examples: a small shop's database and a few files, always the same.

Eight weeks that end on Monday, 1 July 2024, 00:00 UTC. In the last of them, things go wrong:

======================== ===========================================================
Mon 24 June              a holiday in Barcelona: hardly a parcel leaves the warehouse there
Tue 25 June 08:00        from now on, packing takes five minutes longer
Wed 26 June 20:00        one hour with three times the orders: a campaign
Thu 27 June 09:00        the yen loses three percent within an hour
Thu 27 June 14:00-15:00  a fifth of the people on the site
Thu 27 June 14:00-17:00  the site is five times as slow
Thu 27 June 14:00-18:00  the checkout is down: no order, from no country
Fri 28 June              revenue, visits, signups and parcels of the day are next to nothing
Fri 28 June 06:00        400 subscribers leave
Fri 28 June 08:00-10:00  a partner's payments arrive five hours late
Fri 28 June 09:00-12:00  the payment provider refuses every third payment
Fri 28 June 10:00-10:40  the workers stop and the queue grows
Fri 28 June 11:00-14:00  a newsletter that nobody gets
Fri 28 June 09:00-12:00  errors in the log, seats that are not used
Sat 29 June 03:00-04:00  no sessions are recorded
Sat 29 June 10:00-13:00  no order from Germany; the others are as ever
Sat 29 June 14:00-20:00  the thermometer of the freezer is stuck
Sat 29 June 22:00-24:00  the north hall takes twice the energy
Sun 30 June              the invoices of the month's last day are not written
Sun 30 June 12:00-17:00  the cooling of the server room fails
Sun 30 June 18:07        the last load of the warehouse
======================== ===========================================================
"""

from __future__ import annotations

import csv
import json
import math
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
BEGIN, END = datetime(2024, 5, 6), datetime(2024, 7, 1)  # noqa: DTZ001  # UTC throughout
HOUR = timedelta(hours=1)
COUNTRIES = {"DE": 45.0, "FR": 30.0, "US": 25.0}
SATURDAY, JUNE = 5, 6
FRIDAY = date(2024, 6, 28)
Rows = Iterable[Sequence[object]]

TABLES = {
    "orders": "placed_at TEXT, country TEXT, amount REAL, paid INTEGER",
    "sessions": "period_time TEXT, users INTEGER, hour_of_day INTEGER, is_sunday INTEGER",
    "queue": "period_time TEXT, depth INTEGER, workers INTEGER, replicas INTEGER",
    "rooms": "measured_at TEXT, room TEXT, celsius REAL",
    "latency": "period_time TEXT, p95_ms REAL, requests INTEGER",
    "subscribers": "period_time TEXT, active INTEGER",
    "licences": "period_time TEXT, seats INTEGER",
    "loads": "finished_at TEXT, rows INTEGER",
    "payments": "booked_at TEXT, arrived_at TEXT, amount REAL",
    "newsletters": "start_time TEXT, end_time TEXT",
    "clicks": "period_time TEXT, clicks INTEGER",
    "packing": "period_time TEXT, minutes REAL",
    "rates": "period_time TEXT, currency TEXT, rate REAL",
    "freezer": "measured_at TEXT, celsius REAL",
    "daily_revenue": "day TEXT, amount REAL",  # days of Berlin
    "parcels": "day TEXT, sent INTEGER",  # days of Barcelona
    "invoices": "day TEXT, written INTEGER",
}


def main() -> None:
    """Write everything into ``data/`` beside this file, over what is there."""
    FOLDER.mkdir(exist_ok=True)
    write_database(FOLDER / "shop.db")
    write_files(FOLDER)


def write_database(path: Path) -> None:
    """Write ``shop.db``."""
    path.unlink(missing_ok=True)
    sources: dict[str, Callable[[random.Random], Rows]] = {
        "orders": orders,
        "sessions": sessions,
        "queue": queue,
        "rooms": rooms,
        "latency": latency,
        "subscribers": subscribers,
        "licences": licences,
        "loads": loads,
        "payments": payments,
        "newsletters": newsletters,
        "clicks": clicks,
        "packing": packing,
        "rates": rates,
        "freezer": freezer,
        "daily_revenue": daily_revenue,
        "parcels": parcels,
        "invoices": invoices,
    }
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")
        marks = ", ".join("?" * (columns.count(",") + 1))
        rows = sources[name](random.Random(name))  # noqa: S311  # nothing secret
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608
    connection.execute("CREATE INDEX orders_placed ON orders (placed_at)")
    connection.commit()
    connection.close()


def orders(chance: random.Random) -> Rows:
    """Give every order: a day with an evening peak, a week with a quiet Sunday."""
    for hour in every(HOUR):
        for country, level in COUNTRIES.items():
            expected = level * rhythm(hour)
            if in_june(hour, 26, 20, 21):
                expected *= 3
            if in_june(hour, 27, 14, 18) or (country == "DE" and in_june(hour, 29, 10, 13)):
                expected = 0
            refused = 0.35 if in_june(hour, 28, 9, 12) else 0.03
            count = whole(chance, expected)
            for number in range(count):
                at = hour + number * HOUR / count
                amount = round(chance.lognormvariate(3.5, 0.6), 2)
                yield text(at), country, amount, int(chance.random() >= refused)


def sessions(chance: random.Random) -> Rows:
    """Give people on the site every ten minutes; one hour is missing, one is low."""
    for at in every(timedelta(minutes=10), since=END - timedelta(days=28)):
        expected = 200 * rhythm(at) * (0.2 if in_june(at, 27, 14, 15) else 1)
        if not in_june(at, 29, 3, 4):
            yield text(at), whole(chance, expected), at.hour, int(at.weekday() > SATURDAY)


def queue(chance: random.Random) -> Rows:
    """Give the queue every five minutes: depth, busy workers, running replicas."""
    for at in every(timedelta(minutes=5), since=END - timedelta(days=8)):
        stopped = at - datetime(2024, 6, 28, 10)  # noqa: DTZ001
        if timedelta(0) <= stopped < timedelta(minutes=40):
            depth = 200 + 100 * (stopped // timedelta(minutes=5) + 1)
            yield text(at), depth, 0, 2
        else:
            yield text(at), whole(chance, 80), 4 + chance.randrange(3), 3


def rooms(chance: random.Random) -> Rows:
    """Give two thermometers: one speaks every hour, the other only when something changed."""
    cellar = 12.0
    for at in every(HOUR):
        server = 21 + chance.gauss(0, 0.4) + (7 if in_june(at, 30, 12, 17) else 0)
        yield text(at), "server", round(server, 1)
        if at.hour % 8 == 0:
            cellar = 12 + round(chance.gauss(0, 0.3), 1)
            yield text(at), "cellar", cellar


def latency(chance: random.Random) -> Rows:
    """Give the slow end of response times: skewed, with a long tail."""
    for at in every(HOUR):
        slow = 5 if in_june(at, 27, 14, 17) else 1
        yield text(at), round(chance.lognormvariate(5, 0.25) * slow, 1), whole(chance, 900)


def subscribers(chance: random.Random) -> Rows:
    """Give a number that grows by a third in eight weeks, and loses a few at the end."""
    for step, at in enumerate(every(HOUR)):
        lost = 400 if at >= datetime(2024, 6, 28, 6) else 0  # noqa: DTZ001
        yield text(at), round(9000 + 2.2 * step + chance.gauss(0, 25)) - lost


def licences(_chance: random.Random) -> Rows:
    """Give a number that never moves, then by one, then by many."""
    for at in every(HOUR):
        seats = 180 if in_june(at, 28, 9, 12) else 251 if in_june(at, 27, 0, 24) else 250
        yield text(at), seats


def loads(chance: random.Random) -> Rows:
    """Give the loads of a warehouse, seven minutes past every hour, until they stop."""
    for at in every(HOUR, since=END - timedelta(days=14)):
        if at <= datetime(2024, 6, 30, 18):  # noqa: DTZ001
            yield text(at + timedelta(minutes=7)), whole(chance, 5000)


def payments(chance: random.Random) -> Rows:
    """Give payments, and when each came to be known."""
    for at in every(HOUR, since=END - timedelta(days=28)):
        late = timedelta(hours=5) if in_june(at, 28, 8, 10) else timedelta(0)
        count = whole(chance, 12 + 24 * rhythm(at))
        for number in range(count):
            booked = at + number * HOUR / count
            amount = round(chance.lognormvariate(3.5, 0.6), 2)
            yield text(booked), text(booked + late), amount


def newsletters(_chance: random.Random) -> Rows:
    """Give when newsletters were read: two a week, for three hours, never at the same time."""
    for start in mailed():
        yield text(start), text(start + 3 * HOUR)


def mailed() -> list[datetime]:
    """Return when newsletters went out, the last one on Friday, 28 June, at 11:00."""
    tuesdays = [BEGIN + timedelta(days=1 + 7 * week, hours=8 + 2 * (week % 4)) for week in range(8)]
    fridays = [BEGIN + timedelta(days=4 + 7 * week, hours=18 - week) for week in range(8)]
    return sorted((*tuesdays, *fridays))


def clicks(chance: random.Random) -> Rows:
    """Give clicks on links in mails: few, and many more while a newsletter is read."""
    read = {at + hour * HOUR for at in mailed()[:-1] for hour in range(3)}
    for at in every(HOUR):
        yield text(at), whole(chance, 30 + 60 * rhythm(at) + (240 if at in read else 0))


def packing(chance: random.Random) -> Rows:
    """Give minutes a parcel takes to pack: noisy, and then a little more for good."""
    for at in every(HOUR):
        slower = 5 if at >= datetime(2024, 6, 25, 8) else 0  # noqa: DTZ001
        yield text(at), round(chance.gauss(42 + slower, 3), 1)


def rates(chance: random.Random) -> Rows:
    """Give what a euro costs: it wanders, a little every hour, and once the yen falls."""
    euro = {"USD": 1.08, "JPY": 165.0}
    for at in every(HOUR):
        for currency, rate in euro.items():
            fell = currency == "JPY" and in_june(at, 27, 9, 10)
            euro[currency] = rate * math.exp(chance.gauss(0, 0.0008) + (0.03 if fell else 0))
            yield text(at), currency, round(euro[currency], 5)


def freezer(chance: random.Random) -> Rows:
    """Give degrees every ten minutes; for six hours always the same."""
    celsius = -20.0
    for at in every(timedelta(minutes=10), since=END - timedelta(days=28)):
        if not in_june(at, 29, 14, 20):
            celsius = -20 + math.sin(at.hour * math.pi / 6) + chance.gauss(0, 0.3)
        yield text(at), round(celsius, 1)


def daily_revenue(chance: random.Random) -> Rows:
    """Give two years of days, weekends quiet; on 28 June next to nothing."""
    day = date(2022, 7, 1)
    while day < END.date():
        level = 3000.0 if day.weekday() >= SATURDAY else 5000.0
        if day == FRIDAY:
            level = 600.0
        elif (day.year, day.month) == (2023, JUNE) or day >= date(2024, 6, 24):
            level *= 0.75
        yield day.isoformat(), round(level * chance.gauss(1, 0.05), 2)
        day += timedelta(days=1)


def parcels(chance: random.Random) -> Rows:
    """Give days of Barcelona: few parcels on Sundays and on Saint John's, 24 June."""
    day = BEGIN.date()
    while day < END.date():
        free = day.weekday() > SATURDAY or day == date(2024, 6, 24)
        yield day.isoformat(), whole(chance, 30 if free or day == FRIDAY else 600)
        day += timedelta(days=1)


def invoices(chance: random.Random) -> Rows:
    """Give a year of days: most invoices are of a month's last day, but for the last one."""
    day = date(2023, 7, 1)
    while day < END.date():
        last = (day + timedelta(days=1)).day == 1 and day + timedelta(days=1) < END.date()
        yield day.isoformat(), whole(chance, 900 if last else 100)
        day += timedelta(days=1)


def write_files(folder: Path) -> None:
    """Write what the files collector reads."""
    chance = random.Random("files")  # noqa: S311  # nothing secret
    days = [END.date() - timedelta(days=back) for back in range(120, 0, -1)]
    visits = [(day, whole(chance, 100 if day == FRIDAY else 900)) for day in days]
    write_csv(folder / "visits.csv", ("day", "visits"), visits)
    for month in (5, 6):
        signups = [(d, whole(chance, 5 if d == FRIDAY else 60)) for d in days if d.month == month]
        write_csv(folder / f"signups-2024-{month:02}.csv", ("day", "count"), signups, ";")
    errors = [
        {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "errors": whole(chance, 90 if slow else 6)}
        for at in every(HOUR, since=END - timedelta(days=28))
        for slow in [in_june(at, 28, 9, 12)]
    ]
    lines = "".join(f"{json.dumps(row)}\n" for row in errors)
    (folder / "errors.ndjson").write_text(lines, encoding="utf-8")
    write_parquet(folder / "energy.parquet", chance)
    write_csv(folder / "newsletters.csv", ("start", "end"), newsletters(chance))


def write_csv(path: Path, head: Sequence[str], rows: Rows, separator: str = ",") -> None:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(head)
        writer.writerows(rows)


def write_parquet(path: Path, chance: random.Random) -> None:
    """Write the energy of two halls; needs polars, as reading it does."""
    import polars as pl

    rows = [
        (
            at,
            hall,
            chance.gauss(level, 2) + (40 if hall == "north" and in_june(at, 29, 22, 24) else 0),
        )
        for at in every(HOUR, since=END - timedelta(days=28))
        for hall, level in (("north", 55.0), ("south", 32.0))
    ]
    columns = ("period_time", "hall", "kwh")
    pl.DataFrame(dict(zip(columns, zip(*rows, strict=True), strict=True))).write_parquet(path)


def every(step: timedelta, *, since: datetime = BEGIN) -> Iterator[datetime]:
    """Yield the times from ``since`` to the end of the data."""
    at = since
    while at < END:
        yield at
        at += step


def rhythm(at: datetime) -> float:
    """Return how busy a moment is: about 1 on an ordinary afternoon."""
    hour = at.hour + at.minute / 60
    day = 0.55 - 0.45 * math.cos((hour - 3) * math.pi / 12)
    return day * (0.6 if at.weekday() > SATURDAY else 1.0)


def in_june(at: datetime, day: int, start: int, end: int) -> bool:
    """Whether a moment is between two hours of a day of June."""
    return (at.month, at.day) == (JUNE, day) and start <= at.hour < end


def whole(chance: random.Random, expected: float) -> int:
    """Return a count that is as noisy as counts are."""
    return max(0, round(chance.gauss(expected, math.sqrt(expected))))


def text(at: datetime) -> str:
    """Return a time as SQLite keeps it."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    main()
