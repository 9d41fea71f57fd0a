"""The code of a candidate function, as a person reads it."""

from __future__ import annotations

from portique.examine.firmware.program import Program

_MOST_BYTES = 512
_MOST_LINES = 60


def listing(program: Program, function: int) -> list[str]:
    """Return lines of a function's code: address, bytes, instruction."""
    import capstone  # noqa: PLC0415 - only a function that is shown needs it

    segment = int(program.segment_of[function])
    base = program.bases[segment]
    start, end = int(program.starts[function]), int(program.ends[function])
    part = program.parts[segment]
    is_arm = bool(part.is_arm[part.of(start - base)])
    code = program.segments[segment].data[start - base : min(end, start + _MOST_BYTES) - base]
    mode = capstone.CS_MODE_ARM if is_arm else capstone.CS_MODE_THUMB
    reader = capstone.Cs(capstone.CS_ARCH_ARM, mode)
    reader.skipdata = True
    shown = start if program.shown_address(start) else start - base
    lines = []
    for address, size, name, words in list(reader.disasm_lite(code, shown))[:_MOST_LINES]:
        raw = code[address - shown : address - shown + size].hex()
        lines.append(f"{address:08x}  {raw:<8}  {name} {words}".rstrip())
    return lines
