"""Write docs/reference/ from the code: errors, tables, readers, commands (`make docs`)."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pyarrow as pa

from portique.cli.main import command_line
from portique.core import tables

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "portique"
REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"[A-Z]+-\d{3}")
NOTE = "<!-- Made from the code by `make docs`; a change here is lost. -->\n"


@dataclass(frozen=True)
class Fault:
    """One error code as the code raises it: its words, with what varies in angle brackets."""

    code: str
    what: str
    mend: str
    module: str


def faults() -> list[Fault]:
    """Return every error code that stands in the code, once for each place."""
    found: list[Fault] = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = path.relative_to(SOURCE.parent).with_suffix("").as_posix().replace("/", ".")
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            said = {word.arg: word.value for word in call.keywords if word.arg}
            code = _words(said.get("code"))
            if CODE.fullmatch(code):
                what = said.get("what", call.args[0] if call.args else None)
                found.append(Fault(code, _words(what), _words(said.get("mend")), module))
    return sorted(found, key=lambda fault: (fault.code, fault.module))


def errors_page() -> str:
    """Return the page of error codes."""
    lines = [
        "A message says what is wrong, where, how to mend it, and a code that stays the same from "
        "version to version. What varies stands in angle brackets.",
        "",
        "| code | what | how to mend it | raised in |",
        "| --- | --- | --- | --- |",
    ]
    for fault in faults():
        lines.append(
            f"| `{fault.code}` | {_cell(fault.what)} | {_cell(fault.mend)} | `{fault.module}` |"
        )
    return _page("Error codes", lines)


def tables_page() -> str:
    """Return the page of tables: what a case delivers, what stages hand on, what a run gives."""
    lines = [
        "Stages meet in these tables and nowhere else; `core/tables.py` is this page as code. "
        "A derived table lies in `derived/<name>.parquet`, in the order of its key. "
        "A column marked \\* is never empty. `_utc` is an instant in UTC to the microsecond.",
    ]
    groups = (
        ("Delivered", "What a case folder delivers in `sources/<kind>/`.", tables.INPUT),
        ("Between stages", "What one stage hands to the next.", tables.BETWEEN),
        ("Results", "The outer contract: these columns stay; more may follow.", tables.OUTPUT),
    )
    for title, words, group in groups:
        lines += ["", f"## {title}", "", words]
        for table in group.values():
            lines += ["", *_table_lines(table)]
    reasons = ", ".join(f"`{reason}`" for reason in tables.REASONS)
    lines += ["", "## Reasons for setting rows aside", "", f"A closed list: {reasons}."]
    return _page("Tables", lines)


def readers_page() -> str:
    """Return the page of readers: one section for each file in collect/readers."""
    lines = [
        "One reader for each form of file, found by what the file holds. "
        "A reader drops no row: what it cannot read is counted under a reason.",
    ]
    package = importlib.import_module("portique.collect.readers")
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        lines += ["", f"## `{found.name}`: {module.READER.title}", "", inspect.getdoc(module) or ""]
    return _page("Readers", lines)


def commands_page() -> str:
    """Return the page of commands: usage, words, arguments and options of each."""
    lines = [
        "Exit codes: 0 done (rows set aside are counted, not an error), 1 a fault of the program "
        "(of commands of the journal also: taken already, or does not verify), 2 a refused source "
        "or a request that cannot be met, 130 interrupted.",
    ]
    for path, command in _commands(command_line, ("portique",)):
        context = click.Context(command, info_name=" ".join(path))
        usage = command.get_usage(context).removeprefix("Usage: ")
        lines += ["", f"## `{' '.join(path)}`", "", f"    {usage}", ""]
        lines.append(inspect.cleandoc(command.help or "").replace("\b\n", ""))
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        rows = [record for option in options if (record := option.get_help_record(context))]
        if rows:
            lines += ["", "| option | meaning |", "| --- | --- |"]
            lines += [f"| `{_cell(name)}` | {_cell(words)} |" for name, words in rows]
    return _page("Commands", lines)


PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "tables.md": tables_page,
    "readers.md": readers_page,
    "commands.md": commands_page,
}


def main() -> int:
    """Write every page; return 0."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in sorted(command.commands):
        yield from _commands(command.commands[name], (*path, name))


def _table_lines(table: tables.Table) -> list[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [f"### `{table.name}`", "", f"One row: {table.row}. Key: {key}.", ""]
    lines += ["| column | type | meaning |", "| --- | --- | --- |"]
    for column in table.columns:
        mark = "\\*" if column.required else ""
        lines.append(f"| `{column.name}`{mark} | {_type(column.type)} | {_cell(column.meaning)} |")
    return lines


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    return {"string": "text", "double": "number", "bool": "flag"}.get(str(kind), f"`{kind}`")


def _words(node: ast.expr | None) -> str:
    """Return a text of the code as a person would read it, `<...>` where a value is put in."""
    match node:
        case None:
            words = ""
        case ast.Constant(value=value):
            words = str(value)
        case ast.JoinedStr(values=parts):
            words = "".join(_words(part) for part in parts)
        case ast.FormattedValue(value=value):
            words = _words(value)
        case ast.BinOp(left=left, right=right):
            words = _words(left) + _words(right)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            words = f"<{name}>"
        case ast.Call(args=[first, *_]):
            words = _words(first)
        case _:
            words = "<...>"
    return words


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat.replace("<", "&lt;").replace(">", "&gt;")


def _page(title: str, lines: list[str]) -> str:
    return f"{NOTE}\n# {title}\n\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
