"""What GSMTAP frames carry: IP packets for the walk, short messages for the reader of messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from portique.examine.traffic.origin import Origin
from portique.examine.traffic.radio import (
    apdu,
    gsmtap,
    llc,
    lte_rrc,
    nas_eps,
    short_message,
    tpdu,
    umts_rrc,
)
from portique.examine.traffic.radio.gsmtap import RadioFrame
from portique.examine.traffic.radio.lapdm import Lapdm
from portique.examine.traffic.radio.sndcp import Sndcp
from portique.examine.traffic.radio.tpdu import ShortMessage
from portique.examine.traffic.undecoded import Undecoded

TakeMessage: TypeAlias = Callable[[ShortMessage, Origin, tuple[int, ...]], None]
"""Takes a short message, where it ended, and all frames that it came in."""

BEARERS = {
    gsmtap.UM: "gsm", gsmtap.ABIS: "gsm", gsmtap.BURST: "gsm", gsmtap.SIM: "sim",
    gsmtap.LLC: "gprs", gsmtap.SNDCP: "gprs", gsmtap.UMTS_RRC: "mixed", gsmtap.LTE_RRC: "lte",
    gsmtap.LTE_MAC: "lte", gsmtap.LTE_MAC_FRAMED: "lte", gsmtap.LTE_NAS: "lte",
}  # fmt: skip
_DEDICATED = {6, 7, 8, 9, 10}
_PACKET_DATA = {11, 13, 14}
_ASSOCIATED = 0x80


@dataclass
class Found:
    """What one radio frame gave.

    Args:
        bearer: gsm, gprs, lte, sim or mixed.
        packets: IP packets that it completed.
    """

    bearer: str
    packets: list[tuple[bytes, Origin]] = field(default_factory=list)


class Radio:
    """Reads GSMTAP frames.

    Args:
        take_message: told each short message.
        lose: told what could not be put together, and its bytes.
    """

    def __init__(self, take_message: TakeMessage, lose: Callable[[str, int], None]) -> None:
        self._take_message = take_message
        self._lose = lose
        self._lapdm = Lapdm()
        self._sndcp = Sndcp()

    def frame(self, data: bytes, origin: Origin) -> Found:
        """Read one frame from its GSMTAP header on.

        Raises:
            Undecoded: cut, encrypted, or of a layer that is not decoded.
        """
        frame = gsmtap.read(data)
        bearer = BEARERS.get(frame.kind, "mixed")
        here = Origin(origin.frame, origin.at_us, bearer, frame.uplink)
        found = Found(bearer)
        readers = {
            gsmtap.UM: self._um,
            gsmtap.ABIS: self._abis,
            gsmtap.UMTS_RRC: self._umts_rrc,
            gsmtap.LLC: self._llc,
            gsmtap.SNDCP: self._sndcp_unit,
            gsmtap.SIM: self._sim,
            gsmtap.LTE_RRC: self._lte_rrc,
            gsmtap.LTE_NAS: self._lte_nas,
        }
        reader = readers.get(frame.kind)
        if frame.kind == gsmtap.LOG:
            return found
        if reader is None:
            raise Undecoded(f"GSMTAP type {frame.kind} not decoded")
        packet = reader(frame, here)
        if packet is not None:
            found.packets.append((packet, here))
        return found

    def close(self) -> None:
        """Count what never became whole."""
        left = self._sndcp.close()
        if left:
            self._lose("SNDCP segments that never became whole packets", left)

    def _um(self, frame: RadioFrame, here: Origin) -> None:
        channel = frame.channel & ~_ASSOCIATED
        if channel in _PACKET_DATA:
            raise Undecoded("RLC/MAC not decoded")
        if channel not in _DEDICATED:
            return  # broadcast and paging: from the network, to everybody
        body = frame.body
        if frame.channel & _ASSOCIATED and len(body) > 2:
            body = body[2:]  # power and timing of the slow associated channel
        link = (*frame.place, frame.channel, frame.uplink)
        message = self._lapdm.add(link, body, here.frame)
        if message is not None:
            self._layer_3(message.body, here, message.frames)

    def _abis(self, frame: RadioFrame, here: Origin) -> None:
        """Read layer 3 without a link around it, as tools write what a phone's modem tells."""
        self._layer_3(frame.body, here, (here.frame,))

    def _llc(self, frame: RadioFrame, here: Origin) -> bytes | None:
        unit = llc.read(frame.body)
        if unit.access_point == llc.SMS and unit.body:
            self._layer_3(unit.body, here, (here.frame,))
        elif unit.access_point in llc.USER_DATA and unit.body:
            link = (*frame.place[:1], frame.uplink, unit.access_point)
            return self._sndcp.add(link, unit.body, here.frame)
        return None

    def _sndcp_unit(self, frame: RadioFrame, here: Origin) -> bytes | None:
        return self._sndcp.add((*frame.place[:1], frame.uplink), frame.body, here.frame)

    def _sim(self, frame: RadioFrame, here: Origin) -> None:
        unit = apdu.proactive_message(frame.body)
        if unit is not None:
            asked = Origin(here.frame, here.at_us, here.bearer, uplink=True)
            self._take_message(tpdu.read(unit, uplink=True), asked, (here.frame,))

    def _lte_rrc(self, frame: RadioFrame, here: Origin) -> None:
        if frame.channel not in {lte_rrc.DOWNLINK, lte_rrc.UPLINK}:
            return
        inside = lte_rrc.nas(frame.body, uplink=frame.channel == lte_rrc.UPLINK)
        if inside is not None:
            self._nas(inside, here)

    def _umts_rrc(self, frame: RadioFrame, here: Origin) -> None:
        if frame.channel not in {umts_rrc.DOWNLINK, umts_rrc.UPLINK}:
            return
        uplink = frame.channel == umts_rrc.UPLINK
        inside = umts_rrc.nas(frame.body, uplink=uplink)
        if inside is not None:
            sender = Origin(here.frame, here.at_us, here.bearer, uplink)
            self._layer_3(inside, sender, (here.frame,))

    def _lte_nas(self, frame: RadioFrame, here: Origin) -> None:
        self._nas(frame.body, here)

    def _nas(self, message: bytes, here: Origin) -> None:
        inside = nas_eps.container(message)
        if inside is not None:
            body, uplink = inside
            sender = Origin(here.frame, here.at_us, here.bearer, uplink)
            self._layer_3(body, sender, (here.frame,))

    def _layer_3(self, message: bytes, here: Origin, frames: tuple[int, ...]) -> None:
        uplink = bool(here.uplink)
        found = short_message.read(message, uplink=uplink)
        if found is not None:
            self._take_message(found, here, frames)
