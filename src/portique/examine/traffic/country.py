"""In which country an address or a number is registered and which network has it, by each source.

"Registered in", never "located in": sources agree on most addresses, and none says where a machine
stands. Files are read from a folder; nothing is asked of anybody.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb
import phonenumbers

from portique.core.errors import Refused
from portique.examine.traffic.network.conversation import is_local

PACKED = Path(__file__).parent.parent / "countries"
"""Where `make countries` puts the pinned files; a build packs them with the program."""
SETTING = "PORTIQUE_COUNTRIES"
_NUMBER, _OF_COUNTRY = "autonomous_system_number", {"country", "country_code"}
HOME_UNKNOWN = "FR"
"""Country of the lab where the record does not name a radio cell."""

_COUNTRY_OF_MCC = {
    "202": "GR", "204": "NL", "206": "BE", "208": "FR", "212": "MC", "213": "AD", "214": "ES",
    "216": "HU", "218": "BA", "219": "HR", "220": "RS", "222": "IT", "226": "RO", "228": "CH",
    "230": "CZ", "231": "SK", "232": "AT", "234": "GB", "235": "GB", "238": "DK", "240": "SE",
    "242": "NO", "244": "FI", "246": "LT", "247": "LV", "248": "EE", "250": "RU", "255": "UA",
    "257": "BY", "259": "MD", "260": "PL", "262": "DE", "268": "PT", "270": "LU", "272": "IE",
    "284": "BG", "286": "TR", "293": "SI", "302": "CA", "310": "US", "311": "US", "340": "GP",
    "404": "IN", "405": "IN", "460": "CN", "505": "AU", "547": "PF", "546": "NC", "602": "EG",
    "603": "DZ", "604": "MA", "605": "TN", "608": "SN", "612": "CI", "647": "RE", "742": "GF",
}  # fmt: skip


class Countries:
    """The files of one folder, each a source that answers for itself.

    Args:
        folder: holds `*.mmdb`; None: the one that the setting or the build names.

    Raises:
        Refused: a folder was named and holds no such file, or a damaged one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = folder or (Path(os.environ[SETTING]) if os.environ.get(SETTING) else None)
        paths = sorted((named or PACKED).glob("*.mmdb"))
        if named is not None and not paths:
            raise Refused(
                "the folder of country files holds none",
                where=str(named),
                mend="put *.mmdb files there, or leave the setting away",
                code="EXA-020",
            )
        read = {path.stem: _reader(path) for path in paths}
        readers = {name: reader for name, (reader, _) in read.items()}
        told = {name: fields for name, (_, fields) in read.items()}
        self._countries = {name: readers[name] for name in readers if told[name] & _OF_COUNTRY}
        self._networks = {name: readers[name] for name in readers if _NUMBER in told[name]}
        self.sources = tuple(self._countries)
        self.network_sources = tuple(self._networks)
        self.of_address = lru_cache(maxsize=1 << 16)(self._of_address)

    def _of_address(self, address: str) -> dict[str, str | None]:
        """Return source -> code of the country in which an address is registered."""
        return {name: _code(reader.get(address)) for name, reader in self._countries.items()}

    def networks(self, address: str) -> dict[str, dict[str, Any]]:
        """Return source -> number and holder of the network that announces an address."""
        return {name: _network(reader.get(address)) for name, reader in self._networks.items()}


def agreed_number(networks: dict[str, dict[str, Any]]) -> int | None:
    """Return the number of the network on which all sources agree; None: there is none.

    >>> agreed_number({"a": {"asn": 64496}, "b": {"asn": 64496}}), agreed_number({})
    (64496, None)
    >>> agreed_number({"a": {"asn": 64496}, "b": {"asn": None}})
    """
    numbers = {each["asn"] for each in networks.values()}
    return next(iter(numbers)) if len(numbers) == 1 else None


def of_number(number: str) -> str | None:
    """Return the country in whose plan an international number is; None: it says none.

    >>> of_number("+79161234567"), of_number("3179")
    ('RU', None)
    """
    if not number.startswith("+"):
        return None
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    return region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)


def of_network(mcc: str) -> str | None:
    """Return the country of a mobile country code; None: of a test network, or not known."""
    return _COUNTRY_OF_MCC.get(mcc)


def registered_in(
    exchanged: Iterable[tuple[str, int, int]], countries: Countries
) -> list[dict[str, Any]]:
    """Return bytes up and down for each set of answers of the sources, most bytes up first.

    Args:
        exchanged: (address, bytes up, bytes down) of each other end.
        countries: the sources.
    """
    rows: dict[tuple[tuple[str, str | None], ...], dict[str, Any]] = {}
    for address, up, down in exchanged:
        told = {"local": "local"} if is_local_text(address) else countries.of_address(address)
        key = tuple(sorted(told.items()))
        values = set(told.values())
        row = rows.setdefault(
            key,
            {
                "country": next(iter(values)) if len(values) == 1 else None,
                "by_source": dict(told),
                "bytes_up": 0,
                "bytes_down": 0,
                "peers": 0,
            },
        )
        row["bytes_up"] += up
        row["bytes_down"] += down
        row["peers"] += 1
    return [rows[key] for key in sorted(rows, key=lambda key: (-rows[key]["bytes_up"], str(key)))]


def is_local_text(address: str) -> bool:
    """Return whether an address is of a network of its own, that no registry gave to anybody."""
    return is_local(ipaddress.ip_address(address).packed)


def _reader(path: Path) -> tuple[maxminddb.Reader, set[str]]:
    """Open a file; return it with the names of what it tells of the first address it knows."""
    try:
        reader = maxminddb.open_database(path)
        _, told = next(iter(reader), ("", None))
    except (maxminddb.InvalidDatabaseError, OSError) as fault:
        raise Refused(
            f"the country file cannot be read: {fault}",
            where=str(path),
            mend="fetch it again with `make countries`",
            code="EXA-021",
        ) from fault
    return reader, set(told) if isinstance(told, dict) else set()


def _network(told: Any) -> dict[str, Any]:
    entry = told if isinstance(told, dict) else {}
    number, holder = entry.get(_NUMBER), entry.get("autonomous_system_organization")
    return {
        "asn": number if isinstance(number, int) else None,
        "holder": holder if isinstance(holder, str) else None,
    }


def _code(told: Any) -> str | None:
    if not isinstance(told, dict):
        return None
    inner = told.get("country")
    code = inner.get("iso_code") if isinstance(inner, dict) else told.get("country_code")
    return code if isinstance(code, str) else None
