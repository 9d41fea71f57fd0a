"""Services that explain traffic: the home network's own, and what phones do by standard.

A name alone proves little: only names that nobody else can register are taken as the home
network's, and a name that the phone writes into a request counts when DNS bears it out. What an
unknown update or weather service does stays "to be examined".

Source: 3GPP TS 23.003 (names under 3gppnetwork.org); operators' published settings for France.
"""

from __future__ import annotations

import ipaddress
import re

from portique.examine.traffic.facts import Peer
from portique.examine.traffic.network.conversation import is_local

_HOME_DOMAINS = (
    "orange.fr", "orange.com", "francetelecom.com", "sfr.fr", "sfr.net", "bouyguestelecom.fr",
    "bouygtel.com", "bouygtel.fr", "free.fr", "freemobile.fr", "3gppnetwork.org",
)  # fmt: skip
_LOCATION = re.compile(
    r"\A(supl\.google\.com|supl\.nokia\.com|h-slp\.mnc\d{3}\.mcc\d{3}\.pub\.3gppnetwork\.org)\Z"
)
_TIME = re.compile(
    r"(\A|\.)(pool\.ntp\.org|time\.google\.com|time\.android\.com|time\.apple\.com)\Z"
)
_REACHABLE = {
    "connectivitycheck.gstatic.com", "connectivitycheck.android.com", "clients3.google.com",
    "captive.apple.com", "detectportal.firefox.com", "www.msftconnecttest.com",
}  # fmt: skip
_UPDATES = {"fota-cloud-dn.ospserver.net", "fus2.shop.v-cdn.net", "ota.googlezip.net"}
_MMS = "application/vnd.wap.mms-message"
_LINK_TALK = {"dhcp", "ssdp", "icmpv6", "igmp", "ip protocol 2"}


def service(peer: Peer) -> str | None:
    """Return what explains the traffic with a peer; None: nothing known does."""
    return _by_protocol(peer) or _by_host(peer, peer.end.host or "")


def _by_protocol(peer: Peer) -> str | None:
    nearby = is_local(ipaddress.ip_address(peer.end.address).packed)
    if nearby and (peer.app in _LINK_TALK or _is_everybody(peer.end.address)):
        return "talk of the local network"
    if peer.app == "dns" and "content" not in peer.notes:
        return "look-up of names"
    if peer.app == "ntp" and peer.bytes_up <= 200 * max(peer.talks, len(peer.contacts)):
        return "setting of the clock (NTP)"
    if peer.app == "icmp" and peer.bytes_up <= 128 * max(1, len(peer.frames)):
        return "test of reachability (ICMP)"
    return None


def _by_host(peer: Peer, host: str) -> str | None:
    if peer.claimed:
        return None  # the phone wrote a name that nothing bears out
    if _LOCATION.match(host):
        return "assistance of positioning (SUPL)"
    if is_home(host):
        mms = peer.notes.get("content type", "").startswith(_MMS)
        return "multimedia messages (MMS)" if mms else "service of the home network"
    if host in _REACHABLE and peer.bytes_up < 20_000:
        return "test of reachability"
    if host in _UPDATES:
        return "check for updates by a known maker"
    return "setting of the clock" if _TIME.search(host) else None


def carries_identity_by_standard(peer: Peer) -> bool:
    """Return whether a phone's identity may go to this peer by standard."""
    host = peer.end.host or ""
    return not peer.claimed and (is_home(host) or bool(_LOCATION.match(host)))


def is_home(host: str) -> bool:
    """Return whether a host is of an operator's own domain.

    >>> is_home("mms.orange.fr"), is_home("orange.fr.example.com"), is_home("notorange.fr")
    (True, False, False)
    """
    return any(host == domain or host.endswith("." + domain) for domain in _HOME_DOMAINS)


def _is_everybody(address: str) -> bool:
    return address.startswith(("224.", "239.", "255.", "ff0", "ff1", "ff3"))
