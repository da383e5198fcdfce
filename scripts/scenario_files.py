"""Write the PDF and the table that the scenario "Questions to files" asks about: `python -m scripts.scenario_files`."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

FOLDER = Path(__file__).parents[1] / "services" / "compare" / "scenes" / "files"
HANDBOOK, ORDERS = "tern-lamp-handbook.pdf", "tern-orders.csv"
PAGES = (
    (
        "Tern lamp: handbook",
        "The Tern is a table lamp with a battery. Charge it for four hours",
        "before first use. One charge lasts nine hours at full light.",
        "Hold the switch for two seconds to dim it. A blinking switch",
        "means that less than ten percent of the charge is left.",
        "The battery can be changed by anyone: two screws, no glue.",
    ),
    (
        "Care and warranty",
        "The warranty is 30 months from the day of purchase and covers",
        "the battery for 12 months. Keep the receipt.",
        "The Tern is made for dry rooms. Never use it outdoors in the rain",
        "or in a bathroom. Clean it with a dry cloth only.",
        "Spare parts are sold for ten years: write to parts@tern.example.",
    ),
)
ROWS = (
    ("month", "city", "lamps", "price_eur"),
    ("January", "Oslo", 14, 89),
    ("January", "Lisbon", 9, 89),
    ("February", "Oslo", 11, 89),
    ("February", "Lisbon", 17, 79),
    ("March", "Oslo", 23, 79),
    ("March", "Lisbon", 12, 79),
)


def handbook() -> bytes:
    """The PDF, two pages, the same bytes each time."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=A5, invariant=1)
    canvas.setTitle("Tern lamp: handbook")
    for title, *lines in PAGES:
        canvas.setFont("Helvetica-Bold", 15)
        canvas.drawString(40, 540, title)
        canvas.setFont("Helvetica", 11)
        for number, line in enumerate(lines):
            canvas.drawString(40, 508 - 18 * number, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def main() -> None:
    """Write both files where the scenario looks for them."""
    (FOLDER / HANDBOOK).write_bytes(handbook())
    with (FOLDER / ORDERS).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(ROWS)


if __name__ == "__main__":
    main()
