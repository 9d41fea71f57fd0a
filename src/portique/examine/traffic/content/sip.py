"""SIP: registrations, calls and messages of voice over IP, and whether it is the home network's.

Source: RFC 3261, section 7 (messages); RFC 3428 (MESSAGE); 3GPP TS 23.003, section 13 (home).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_REQUEST = re.compile(rb"([A-Z]{3,10}) (sips?:\S{1,300}|tel:\S{1,60}) SIP/2\.0\r\n")
_FIELD = re.compile(rb"^(From|To|f|t):\s*(.{1,300}?)\r?$", re.MULTILINE | re.IGNORECASE)
HOME = re.compile(r"\bims\.mnc(\d{3})\.mcc(\d{3})\.3gppnetwork\.org\b")


@dataclass(frozen=True)
class SipMessage:
    """A request.

    Args:
        method: e.g. "REGISTER".
        target: its address.
        ends: the fields From and To.
    """

    method: str
    target: str
    ends: tuple[str, ...]

    @property
    def host(self) -> str:
        """Host of the target."""
        return re.sub(r":\d+\Z", "", self.target.rpartition("@")[2].split(";")[0]).split(":")[-1]


def looks_like(data: bytes) -> bool:
    """Return whether bytes begin as SIP does."""
    return data.startswith(b"SIP/2.0 ") or _REQUEST.match(data) is not None


def request(data: bytes) -> SipMessage | None:
    """Return the request that bytes begin with; None: they begin with none."""
    line = _REQUEST.match(data)
    if line is None:
        return None
    ends = tuple(found.group(2).decode("latin-1") for found in _FIELD.finditer(data[:4096]))
    return SipMessage(line.group(1).decode(), line.group(2).decode("latin-1"), ends)
