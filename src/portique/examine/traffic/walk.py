"""From a frame to what it carries: link, IP, tunnels, transport; or to mobile radio.

What is not understood is counted, with its reason, and the walk goes on with the next frame.
"""

from __future__ import annotations

from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.files.capture import Capture
from portique.examine.traffic.files.frame import FileFault
from portique.examine.traffic.link.ethernet import IPV4, NOTHING
from portique.examine.traffic.link.table import GSMTAP_UM, LINKS
from portique.examine.traffic.network.conversation import TCP, UDP
from portique.examine.traffic.network.conversations import Conversations
from portique.examine.traffic.network.ip import (
    Fragments,
    Packet,
    behind_ethernet,
    version_4,
    version_6,
)
from portique.examine.traffic.origin import Origin
from portique.examine.traffic.radio import gtpu
from portique.examine.traffic.radio.gsmtap import PORT as GSMTAP_PORT
from portique.examine.traffic.radio.radio import Radio
from portique.examine.traffic.undecoded import Undecoded

_INSIDE = {4, 41}
_DEEPEST = 4
_ETHERNET = 1
_FORGET_BYTES = 32 << 20
_TUNNELS = {GSMTAP_PORT, gtpu.PORT}


class Walk:
    """One pass over a capture.

    Args:
        coverage: counts what is read and what is lost.
        talks: takes in packets of conversations.
        radio: takes in what GSMTAP carries.
    """

    def __init__(self, coverage: Coverage, talks: Conversations, radio: Radio) -> None:
        self._coverage = coverage
        self._talks = talks
        self._radio = radio
        self._fragments = Fragments(self._given_up)
        self._bearers = coverage.bearers

    def capture(self, capture: Capture, bearer: str | None) -> None:
        """Read every frame of a capture up to its end or its first damage.

        Args:
            capture: the file.
            bearer: as the record states it; stands in where a link does not show its own.
        """
        coverage, bearers, transport = self._coverage, self._bearers, self._transport
        follow, shown = self._talks.follow, bearer or "mixed"
        forget_at = _FORGET_BYTES
        try:
            for number, at_us, link, frame, _ in capture.frames():
                coverage.frames = number
                coverage.kept_bytes += len(frame)
                if at_us:
                    coverage.seen(at_us)
                if coverage.kept_bytes > forget_at:
                    capture.forget()
                    forget_at = coverage.kept_bytes + _FORGET_BYTES
                if link == _ETHERNET and follow(frame, number, at_us):
                    bearers[shown] += 1
                    continue
                try:
                    common = behind_ethernet(frame) if link == _ETHERNET else None
                    if common is None:
                        self._frame(number, at_us, link, frame, bearer)
                    else:
                        bearers[shown] += 1
                        transport(common, Origin(number, at_us, shown), 0)
                except Undecoded as lost:
                    coverage.lose(lost.reason, len(frame))
        except FileFault as fault:
            coverage.note(f"damaged file: {fault}; what came before it was read")
        self._fragments.close()
        self._radio.close()
        self._talks.close()

    def _frame(self, number: int, at_us: int, link: int, frame: bytes, bearer: str | None) -> None:
        if link == GSMTAP_UM:
            self._radio_frame(frame, Origin(number, at_us, bearer or "gsm"))
            return
        known = LINKS.get(link)
        if known is None:
            raise Undecoded(f"link type {link} unknown")
        packet, shown = known
        kind, at = packet(frame)
        shown = bearer if shown == "mixed" and bearer else shown
        self._bearers[shown] += 1
        if kind != NOTHING:
            self._ip(kind, frame, at, Origin(number, at_us, shown))

    def _ip(self, kind: int, data: bytes, at: int, origin: Origin, depth: int = 0) -> None:
        read = version_4 if kind == IPV4 else version_6
        packet = read(data, at, len(data))
        if packet.fragment is not None:
            whole = self._fragments.add(packet, origin.frame)
            if whole is None:
                return
            packet = whole[0]
        self._transport(packet, origin, depth)

    def _transport(self, packet: Packet, origin: Origin, depth: int) -> None:
        lost = 0
        if packet.protocol == TCP:
            lost = self._talks.tcp(packet, origin)
        elif packet.protocol == UDP:
            data, start = packet.data, packet.start
            to_tunnel = (
                data[start : start + 2] in _TUNNELS or data[start + 2 : start + 4] in _TUNNELS
            )
            if not (to_tunnel and self._tunnel(packet, origin, depth)):
                lost = self._talks.udp(packet, origin)
        elif packet.protocol in _INSIDE and depth < _DEEPEST:
            kind = IPV4 if packet.protocol == 4 else 0
            self._ip(kind, packet.data[: packet.end], packet.start, origin, depth + 1)
        else:
            self._talks.other(packet, origin)
            if packet.protocol in {50, 51}:
                raise Undecoded("IPsec, encrypted")
        if lost:
            raise Undecoded("transport header cut")

    def _tunnel(self, packet: Packet, origin: Origin, depth: int) -> bool:
        """Go into GSMTAP and GTP-U; return whether the datagram was one of them."""
        data, start = packet.data, packet.start
        if packet.end - start < 16:
            return False
        ports = {data[start : start + 2], data[start + 2 : start + 4]}
        if GSMTAP_PORT in ports:
            self._bearers[origin.bearer] -= 1
            self._radio_frame(data[start + 8 : packet.end], origin, depth)
            return True
        if gtpu.PORT in ports and depth < _DEEPEST:
            inner = gtpu.inside(data, start + 8, packet.end)
            if inner is not None:
                kind, at = inner
                self._ip(kind, data[: packet.end], at, origin, depth + 1)
                return True
        return False

    def _radio_frame(self, data: bytes, origin: Origin, depth: int = 0) -> None:
        if depth >= _DEEPEST:
            raise Undecoded("tunnels inside tunnels, deeper than is followed")
        found = self._radio.frame(data, origin)
        self._bearers[found.bearer] += 1
        for packet, inner in found.packets:
            if packet:
                kind = IPV4 if packet[0] >> 4 == 4 else 0
                self._ip(kind, packet, 0, inner, depth + 1)

    def _given_up(self, size: int) -> None:
        self._coverage.lose("IP fragments that never became whole", size)
