"""Writes tables.json: tables in many dialects of CSV, written by Python's csv module, and the labels of their images.

Run in this folder with Python 3.9 or newer: python tables_reference.py
"""

import csv
import io
import json
import random

DELIMITERS = ",;\t|"
LABELS = ["rose", "tulip", "daisy, white", 'the "best"', "löwe|zahn", "菊", "a;b", "tab\tbed", "O'Neil", "x\\y"]
NOTES = ["", "plain", "two\nlines", 'a "quoted" word', "one, two; three|four\tfive", " spaces ", "\r\n", "é"]

draw = random.Random(13)
cases = []
for number in range(48):
    delimiter = draw.choice(DELIMITERS)
    columns = ["path", "label", "note", "id"]
    draw.shuffle(columns)
    rows = [
        {
            "path": draw.choice(["", "sub/", "ü/"]) + f"{i}" + draw.choice([".png", ", copy.png", ' "1".png', ".a b.png"]),
            "label": LABELS[i] if i < 2 else draw.choice(LABELS),
            "note": draw.choice(NOTES),
            "id": str(i),
        }
        for i in range(draw.randint(2, 6))
    ]
    text = io.StringIO()
    ending = draw.choice(["\n", "\r\n", "\r"])
    # Before Python 3.13, QUOTE_MINIMAL leaves a line feed in a field bare if lines end with a carriage return.
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]) if ending != "\r" else csv.QUOTE_ALL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    pad = (lambda value: draw.choice(["", " ", "  ", "\u00a0"]) + value + draw.choice(["", " ", "\u00a0"])) if number % 2 else str
    writer.writerow([pad(name) for name in columns])
    for row in rows:
        writer.writerow([pad(row[name]) if name == "label" else row[name] for name in columns])
        if draw.random() < 0.3:
            text.write(draw.choice(["", " ", delimiter * 3]) + ending)
    written = draw.choice(["", "\ufeff"]) + text.getvalue()
    if draw.random() < 0.5:
        written = written[: -len(ending)] if written.endswith(ending) else written
    labels = {row["path"]: row["label"] for row in rows}
    cases.append({"delimiter": delimiter, "text": written, "labels": labels})
with open("../../../../resources/golden/tables.json", "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
