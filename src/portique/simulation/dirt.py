"""Damage to a finished case, as real deliveries have it: nothing here moves a good row.

A row is broken where it stands, or added after the good ones, and broken files stand beside the
good ones, so that the number of every good row, and the truth about it, stay as they were.
"""

from __future__ import annotations

import re
from pathlib import Path

from portique.simulation.files import text_of_second
from portique.simulation.period import DAY_S

RECORD_HEADER = "started_at_utc,duration_s,kind,imei,imsi,msisdn,counterpart,sector_id,operator\n"
_INVENTED = "208011234567890,+33710000001,+33720000002,208-01-1000-11,20801\n"


def spoil(sources: Path) -> list[str]:
    """Damage a case that has CSV files, and return what was done, in words.

    Args:
        sources: the case's folder `sources`; needs `sale/ledger-2024.csv`,
            `declared_contact/list-1.csv` and a CSV of records.
    """
    return [
        _broken_in_place(sources),
        _broken_rows(sources),
        _cut_file(sources),
        _old_encoding(sources),
        _nothing(sources),
        _missing_column(sources),
        _semicolons(sources),
        _mark_of_order(sources),
        _as_numbers(sources),
    ]


def _broken_in_place(sources: Path) -> str:
    """Rows between good ones: cut, of one field too many, not UTF-8, an identity as a number."""
    path = max((sources / "retained_record").glob("2*.csv"))
    lines = path.read_bytes().split(b"\n")
    step = len(lines) // 5
    lines[step] = lines[step][:31]
    lines[2 * step] += b",1"
    lines[3 * step] = lines[3 * step].replace(b'"2', b'"\xe9', 1)
    lines[4 * step] = re.sub(rb'"00\d{12,14}"', b'"8.67E+14"', lines[4 * step])
    path.write_bytes(b"\n".join(lines))
    return f"{path.name}: four rows broken where they stand"


def _broken_rows(sources: Path) -> str:
    """Rows of too few fields, of no time, of no identity, at the end of a file of records."""
    path = min((sources / "retained_record").glob("2*.csv"))
    when = text_of_second(20 * DAY_S)
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(f"{when},60,call_out,00101701\n")
        file.write(f"yesterday,60,call_out,00101701000017,{_INVENTED}")
        file.write(f"{when},60,call_out,8.67E+14,{_INVENTED}")
        file.write(f"{when},60,shouted,00101701000017,{_INVENTED}")
        file.write(f"{when},60,call_out,0010170100001,{_INVENTED}")
    return f"{path.name}: five broken rows at its end"


def _cut_file(sources: Path) -> str:
    """A file of records that ends in the middle of a row."""
    path = sources / "retained_record/cut.csv"
    row = f"{text_of_second(21 * DAY_S)},60,call_out,00155500000018,{_INVENTED}"
    path.write_text(RECORD_HEADER + row + row[:47], encoding="utf-8", newline="")
    return "cut.csv: cut in the middle of a row"


def _old_encoding(sources: Path) -> str:
    """A ledger in the code page of an old spreadsheet."""
    path = sources / "sale/ledger-old.csv"
    head = "sale_id,sold_at_utc,model,tac,imei,quantity,customer_ref,postcode,channel\n"
    row = f"A1,{text_of_second(0)},L8STAR,00101701,,1,Zoé de l'Étang,59000,shop\n"
    path.write_bytes((head + row).encode("cp1252"))
    return "ledger-old.csv: in Windows-1252"


def _nothing(sources: Path) -> str:
    path = sources / "absence/empty.csv"
    path.write_bytes(b"")
    return "empty.csv: no bytes"


def _missing_column(sources: Path) -> str:
    """A list of stays without the column that says from when."""
    path = sources / "stay/short.csv"
    path.write_text("inmate_id,cell_id,until_utc\nI000001,P001-A-0-001,\n", encoding="utf-8")
    return "short.csv: a column is missing"


def _semicolons(sources: Path) -> str:
    path = sources / "find/old.csv"
    path.write_text(
        "find_id;found_at_utc;cell_id;inmate_id;imei;imsis;model\n"
        f"D9001;{text_of_second(DAY_S)};P001-A-0-001;;00155500000026;;\n",
        encoding="utf-8",
    )
    return "old.csv: separated by semicolons"


def _mark_of_order(sources: Path) -> str:
    """A list that begins with a byte order mark and ends its lines as Windows does."""
    path = sources / "declared_contact/list-1.csv"
    text = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text)
    return "list-1.csv: byte order mark and CRLF"


def _as_numbers(sources: Path) -> str:
    """Lines of the ledger that a spreadsheet made into floating numbers."""
    path = sources / "sale/ledger-2024.csv"
    with path.open("a", encoding="utf-8", newline="") as file:
        for number in range(3):
            file.write(f"X{number},{text_of_second(0)},L8STAR,,8.67E+14,1,,,shop\n")
        file.write("X9,19/02/2025,L8STAR,,,1,,,shop\n")
    return "ledger-2024.csv: identities as 8.67E+14, a date of another form"
