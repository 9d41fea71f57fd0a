"""Which name an address was reached by, and what was asked under each domain."""

from __future__ import annotations

from portique.examine.traffic.content.dns import DnsMessage
from portique.examine.traffic.facts import Domain, Facts
from portique.examine.traffic.network.conversation import is_local
from portique.examine.traffic.origin import Origin

_MOST_NAMES, _MOST_DOMAINS, _MOST_PARTS = 50_000, 20_000, 4_096
_MOST_DOMAINS_OF_ADDRESS = 32
_MOST_FRAMES, _MOST_PARTS_IN_ALL = 1_000, 200_000
_SECOND_LEVEL = {"co", "com", "net", "org", "gov", "gouv", "edu", "ac", "asso", "nom", "or", "ne"}


def registered(name: str) -> str:
    """Return the domain that somebody registered, by a short rule and not by a list.

    >>> registered("a.b.example.com"), registered("x.example.co.uk"), registered("localhost")
    ('example.com', 'example.co.uk', 'localhost')
    """
    labels = name.rstrip(".").split(".")
    if not labels[-1].isalpha() and not labels[-1].startswith("xn--"):
        return labels[0]  # no top-level domain at all: a tunnel that asks a server directly
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


class Names:
    """Names seen in DNS.

    Args:
        facts: takes in what was asked.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._names: dict[bytes, dict[str, str]] = {}
        self._parts_left = _MOST_PARTS_IN_ALL

    def of(self, address: bytes) -> str | None:
        """Return the name that an address was last answered for; None: none was."""
        known = self._names.get(address)
        return next(reversed(known.values())) if known else None

    def bears_out(self, address: bytes, host: str) -> bool:
        """Return whether a name that the phone itself states is that of the address.

        A phone may write any name into a request. It counts when DNS answered it, or another name
        of its domain, with this address; or when the address is of a network of its own.
        """
        return is_local(address) or registered(host) in self._names.get(address, {})

    def take(self, message: DnsMessage, server: str, origin: Origin, size: int) -> None:
        """Take in a message."""
        for name, address in message.addresses:
            if len(self._names) < _MOST_NAMES or address in self._names:
                known = self._names.setdefault(address, {})
                known.pop(base := registered(name), None)
                if len(known) < _MOST_DOMAINS_OF_ADDRESS:
                    known[base] = name
        for name, _ in message.questions:
            self._question(name, message, server, origin, size)

    def _question(
        self, name: str, message: DnsMessage, server: str, origin: Origin, size: int
    ) -> None:
        domains = self._facts.domains
        base = registered(name)
        domain = domains.get(base)
        if domain is None:
            if len(domains) >= _MOST_DOMAINS:
                self._facts.limits.add("more domains than are kept apart")
                return
            domain = domains[base] = Domain(base, server, origin.bearer, origin.at_us)
        domain.last_us = origin.at_us
        if message.is_answer:
            domain.answer_bytes += size
            return
        domain.queries += 1
        domain.query_bytes += size
        part = name.removesuffix(base).removeprefix(base).strip(".")
        if part and part not in domain.parts and len(domain.parts) < _MOST_PARTS:
            if self._parts_left > 0:
                self._parts_left -= 1
                domain.parts[part] = None
            else:
                self._facts.limits.add("more names under domains than are kept apart")
        if len(domain.frames) < _MOST_FRAMES:
            domain.frames.append(origin.frame)
