"""Write the tables of this set: `python -m benchmarks.file_questions.make_tables`. All of it is made up, from one seed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random

import xlsxwriter

FOLDER = Path(__file__).parent / "tables"
SEED = 20250114
MADE = datetime(2025, 1, 14, tzinfo=UTC).replace(tzinfo=None)

ARTICLES = {
    "Trekkingrad Aller 28": ("Fahrräder", 1249.00),
    "Lastenrad Packesel": ("Fahrräder", 3890.00),
    "Kinderrad Floh 20": ("Fahrräder", 379.90),
    "Helm Kappe M": ("Zubehör", 64.95),
    "Bügelschloss Wächter": ("Zubehör", 89.90),
    "Packtasche Duo": ("Zubehör", 119.00),
    "Rücklicht Glüh": ("Beleuchtung", 24.50),
    "Frontlicht Strahl 70": ("Beleuchtung", 79.95),
    "Schlauch 28 Zoll": ("Ersatzteile", 8.90),
    "Kette 9-fach": ("Ersatzteile", 27.40),
    "Inspektion": ("Werkstatt", 74.00),
    "Lichtmontage": ("Werkstatt", 32.50),
}
SELLERS = {
    "München": ("Jana Öttl", "Peter Krüger"),
    "Köln": ("Aylin Demir", "Uwe Schäfer", "Lena Groß"),
    "Leipzig": ("Tom Bäcker", "Mira Weiß"),
}
FIRST = (
    "Ada Ben Cleo Dario Elif Femi Greta Hugo Ines Jonas Kira Luca Mona Nils Olga Pavel Rosa Sami Tilda Viktor"
)
LAST = "Abel Brandt Castro Dahl Egan Fuchs Gallo Hahn Ito Jansen Keller Lopez Meier Novak Okafor"
QUESTIONS = """Ease of booking; Website; Phone contact; Value for money; Location; Opening hours; Cleanliness of entrance;
Cleanliness of rooms; Cleanliness of bathroom; Friendliness of reception; Friendliness of staff; Knowledge of staff;
Waiting time; Breakfast; Lunch; Dinner; Vegetarian choice; Drinks; Noise at night; Bed; Temperature; Light; Wi-Fi;
Television; Parking; Garden; Pool; Sauna; Children's corner; Signs; Safety; Overall satisfaction; Would recommend"""


def write_all(folder: Path = FOLDER) -> None:
    """Write every table."""
    folder.mkdir(exist_ok=True)
    _sales(folder / "verkaeufe_2024.csv", Random(SEED))
    _weather(folder / "weather.tsv", Random(SEED + 1))
    _staff(folder / "staff.xlsx", Random(SEED + 2))
    _tickets(folder / "tickets.jsonl", Random(SEED + 3))
    _survey(folder / "guest_survey.csv", Random(SEED + 4))
    trade = Random(SEED + 5)
    _customers(folder / "customers.csv", trade)
    _orders(folder / "orders.csv", trade)
    _trips(folder / "bike_trips.csv", Random(SEED + 6))


def _sales(path: Path, chance: Random) -> None:
    """Semicolons, decimal commas, cp1252, names of branches in any case."""
    head = [
        "Belegnr",
        "Datum",
        "Filiale",
        "Artikel",
        "Warengruppe",
        "Menge",
        "Einzelpreis (€)",
        "Rabatt %",
        "Verkäufer",
    ]
    rows: list[list[str]] = []
    for number in range(420):
        branch = chance.choice([*SELLERS, "München", "Köln"])
        article = chance.choice(list(ARTICLES))
        group, price = ARTICLES[article]
        sold = 1 if group in ("Fahrräder", "Werkstatt") else chance.choice((1, 1, 1, 2, 2, 4))
        discount = chance.choice(("", "", "", "5", "10", "12,5"))
        look = chance.choices((str, str.upper, str.lower), (12, 1, 1))[0]
        seller = "" if chance.random() < 0.04 else chance.choice(SELLERS[branch])
        day = date(2024, 1, 2) + timedelta(chance.randrange(364))
        rows.append(
            [
                f"R{24000 + number}",
                f"{day:%d.%m.%Y}",
                look(branch),
                article,
                group,
                str(sold),
                _german(price),
                discount,
                seller,
            ]
        )
    path.write_bytes(_delimited(head, rows, ";").encode("cp1252"))


def _german(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _weather(path: Path, chance: Random) -> None:
    """Tabs, a year of three stations, gaps written in two ways."""
    head = ["station", "date", "tmin_c", "tmax_c", "rain_mm", "sunshine_h"]
    rows = []
    for station, warmth, wet in (("Ostermere", 0, 0.45), ("Carrick", -2, 0.55), ("Lindenau", 1.5, 0.38)):
        for number in range(366):
            day = date(2024, 1, 1) + timedelta(number)
            mean = warmth + 10 - 9 * _season(number) + chance.gauss(0, 2.5)
            rain = round(chance.expovariate(1 / 5.5), 1) if chance.random() < wet else 0.0
            sun = round(max(0.0, 6 - 4 * _season(number) + chance.gauss(0, 2.5) - rain / 4), 1)
            values = [
                f"{mean - 4 + chance.gauss(0, 1):.1f}",
                f"{mean + 4.5 + chance.gauss(0, 1):.1f}",
                f"{rain}",
                f"{sun}",
            ]
            gaps = [chance.choice(("", "n/a")) if chance.random() < 0.012 else value for value in values]
            rows.append([station, day.isoformat(), *gaps])
    path.write_text(_delimited(head, rows, "\t"), "utf-8")


def _season(day: int) -> float:
    """1 in the middle of January, -1 in the middle of July."""
    from math import cos, tau

    return cos(tau * (day - 15) / 366)


def _staff(path: Path, chance: Random) -> None:
    """Two sheets with real dates; the second has a title above its head."""
    names = chance.sample([f"{first} {last}" for first in FIRST.split() for last in LAST.split()], 64)
    people = []
    for number, name in enumerate(names):
        hired = date(2009, 1, 1) + timedelta(chance.randrange(5700))
        left = hired + timedelta(chance.randrange(200, 3000)) if chance.random() < 0.2 else None
        people.append(
            [
                101 + number,
                name,
                chance.choice(("Sales", "Sales", "Workshop", "Workshop", "Office", "Logistics", "IT")),
                chance.choice(("Ostermere", "Carrick", "Lindenau")),
                hired,
                left if left and left < date(2024, 12, 31) else None,
                chance.randrange(24_000, 72_000, 250),
                chance.choice((40, 40, 38.5, 30, 20)),
            ]
        )
    absences = []
    for _ in range(160):
        began = date(2024, 1, 1) + timedelta(chance.randrange(350))
        lasts = chance.choice((1, 1, 2, 3, 5, 5, 10, 14))
        reason = chance.choice(("Holiday", "Holiday", "Sick", "Sick", "Training", "Parental"))
        absences.append([chance.choice(people)[0], began, began + timedelta(lasts - 1), reason])
    head = ["ID", "Name", "Department", "Site", "Hired", "Left", "Salary (GBP)", "Weekly hours"]
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Staff", "created": MADE})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        _sheet(book.add_worksheet("Employees"), [head, *people], day)
        title = [["Absences 2024 (calendar days, first and last day included)"], []]
        _sheet(
            book.add_worksheet("Absences"), [*title, ["Employee ID", "From", "To", "Reason"], *absences], day
        )


def _sheet(sheet: xlsxwriter.worksheet.Worksheet, rows: Iterable[Sequence[object]], day: object) -> None:
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, datetime.combine(value, datetime.min.time()), day)
            elif value is not None:
                sheet.write(number, column, value)


def _tickets(path: Path, chance: Random) -> None:
    """JSON lines with nulls, a list, an object inside, and priorities in any case."""
    lines = []
    for number in range(320):
        opened = datetime(2024, 7, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(184 * 24 * 60))
        took = timedelta(minutes=round(chance.expovariate(1 / 2600)) + 5)
        is_closed = chance.random() < 0.86
        lines.append(
            {
                "id": 5000 + number,
                "created_at": f"{opened:%Y-%m-%dT%H:%M:00Z}",
                "closed_at": f"{opened + took:%Y-%m-%dT%H:%M:00Z}" if is_closed else None,
                "priority": chance.choice(
                    ("low", "low", "normal", "normal", "Normal", "high", "High", "urgent")
                ),
                "product": chance.choice(("Heat pump", "Dishwasher", "Dishwasher", "Boiler", "Tumble dryer")),
                "channel": chance.choice(("phone", "email", "email", "chat")),
                "agent": {
                    "name": chance.choice(("Noor", "Piet", "Sasha", "Wim")),
                    "team": chance.choice(("A", "B")),
                },
                "minutes_worked": chance.randrange(3, 95),
                "rating": chance.choice((1, 2, 3, 4, 4, 5, 5, None, None)) if is_closed else None,
                "tags": chance.sample(
                    ["refund", "spare part", "visit", "warranty", "noise"], chance.randrange(3)
                ),
            }
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def _survey(path: Path, chance: Random) -> None:
    """Forty columns with long names, marks from 1 to 5, gaps, a byte order mark."""
    asked = [f"Q{n:02} {' '.join(text.split())}" for n, text in enumerate(QUESTIONS.split(";"), 1)]
    head = ["Respondent", "Date", "House", "Age", "Nights", "Travelling as", "Stayed before", *asked]
    rows = []
    for number in range(240):
        mood = chance.gauss(3.8, 0.7)
        marks = [
            "" if chance.random() < 0.07 else str(min(5, max(1, round(chance.gauss(mood, 0.8)))))
            for _ in asked
        ]
        rows.append(
            [
                f"G{number + 1:03}",
                (date(2024, 5, 1) + timedelta(chance.randrange(150))).isoformat(),
                chance.choice(("Seeblick", "Seeblick", "Waldhaus", "Old Mill")),
                "" if chance.random() < 0.1 else str(chance.randrange(19, 84)),
                str(chance.choice((1, 1, 2, 2, 3, 4, 7, 10))),
                chance.choice(("Couple", "couple", "Family", "Alone", "Group")),
                chance.choice(("yes", "no", "Yes", "No", "no")),
                *marks,
            ]
        )
    path.write_text("\ufeff" + _delimited(head, rows, ","), "utf-8")


def _customers(path: Path, chance: Random) -> None:
    """To be joined with the orders; some of them never ordered."""
    kinds = ("Ltd", "GmbH", "SARL", "BV", "& Sons, Ltd")
    head = ["customer_id", "name", "country", "segment", "customer_since"]
    rows = []
    for number in range(90):
        country = chance.choices(
            ("Germany", "France", "United Kingdom", "Netherlands", "Austria"), (5, 3, 4, 2, 1)
        )[0]
        day = (
            (date(2015, 1, 1) + timedelta(chance.randrange(3300))).isoformat()
            if chance.random() >= 0.05
            else ""
        )
        name = f"{chance.choice(LAST.split())} {chance.choice(kinds)}"
        segment = chance.choice(("retail", "wholesale", "Wholesale", "online"))
        rows.append([f"C{number + 1:04}", name, country, segment, day])
    path.write_text(_delimited(head, rows, ","), "utf-8")


def _orders(path: Path, chance: Random) -> None:
    """Some of them name a customer who is not there; how far they are stands there in any case."""
    head = ["order_id", "customer_id", "order_date", "product", "quantity", "unit_price", "status"]
    states = ("delivered", "Delivered", "open", "cancelled", "CANCELLED", "returned")
    products = {
        "Filter bag": 18.5,
        "Belt 2 m": 142.0,
        "Seat cover": 63.25,
        "Membrane": 210.0,
        "Gasket set": 9.95,
    }
    rows = []
    for number in range(780):
        placed = date(2023, 1, 1) + timedelta(chance.randrange(730))
        product = chance.choice(list(products))
        buyer = chance.randrange(1, 84) if chance.random() < 0.985 else chance.randrange(900, 920)
        state = chance.choices(states, (50, 12, 14, 8, 2, 6))[0]
        price = round(products[product] * chance.choice((1, 1, 1, 0.9, 0.85)), 2)
        quantity = chance.choice((1, 2, 3, 5, 10, 25))
        order = [
            f"{90001 + number}",
            f"C{buyer:04}",
            f"{placed:%d/%m/%Y}",
            product,
            f"{quantity}",
            f"{price:.2f}",
            state,
        ]
        rows.append(order)
    path.write_text(_delimited(head, rows, ","), "utf-8")


def _trips(path: Path, chance: Random) -> None:
    """Fifty thousand hires of bicycles in one quarter of a year."""
    stations = [f"S{number:02}" for number in range(1, 25)]
    liking = [chance.uniform(0.5, 3) for _ in stations]
    hours = [1, 1, 0, 0, 1, 2, 6, 14, 16, 9, 7, 8, 10, 9, 8, 9, 13, 18, 15, 10, 7, 5, 4, 2]
    begun = sorted(
        datetime(2025, 3, chance.randrange(1, 32), chance.choices(range(24), hours)[0], chance.randrange(60))
        + timedelta(chance.choice((0, 31, 61)))
        for _ in range(50_000)
    )
    rows = []
    for number, start in enumerate(begun):
        origin, goal = chance.choices(stations, liking, k=2)
        minutes = max(1, round(chance.lognormvariate(2.5, 0.6)))
        rows.append(
            [str(number + 1), f"{start:%Y-%m-%d %H:%M}", origin, goal, str(minutes), chance.choice("yyyn")]
        )
    head = ["trip", "started", "from_station", "to_station", "minutes", "member"]
    path.write_text(_delimited(head, rows, ","), "utf-8")


def _delimited(head: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    file = StringIO()
    writer: Callable[..., object] = csv.writer(file, delimiter=delimiter, lineterminator="\n").writerow
    for row in (head, *rows):
        writer(row)
    return file.getvalue()


if __name__ == "__main__":
    write_all()
