"""Programs of invented phones: implants of the known behaviours, and look-alikes that are benign.

Each is drawn by a seed: how texts are written, how code refers to them, how the kit's functions can
be known, whether the work is split, and in which container it lies.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.examine.firmware import images, spreadtrum_images
from tests.examine.firmware.assembler import Call, Code, Load, Near, Step
from tests.examine.firmware.kit_names import NAMES

from portique.examine.firmware import zimage
from portique.examine.traffic.radio import gsm7

ROM = 0x10020000
FORMS = ("plain", "xor", "utf-16-le", "utf-16-be", "plain")
LATER_FORMS = (*FORMS, "gsm-7")
CONTAINERS = ("rom", "rom", "flash", "viva", "zimage")
SPREADTRUM = ("stone", "scatter", "drps")
AT = {
    "send_sms": 'AT+CMGS="%s"\r',
    "net": 'AT+CIPSTART="TCP","%s",%d\r',
    "hook": "AT+CNMI=2,2,0,0,0\r",
    "suppress": "AT+CMGD=%d\r",
    "identity": "AT+CGSN\r",
    "ui": "Press OK to continue",
}
HOSTS = ["http://report.sale-count.example/api/open", "stat.phonecount.example", "203.119.26.7"]
TEMPLATES = ["IMEI:%s,IMSI:%s,M:%s", "imei=%s&imsi=%s&lac=%x&cell=%x", '{"imei":"%s","model":"%s"}']
NUMBERS = ["+8613800138000", "+33712345678", "+79001234567"]
COMMANDS = ["cmd=", "num=%s", "content=", "delay=%d", "CALL:", "SMS#", "url=", "<report>"]
SERVER = ["spnum=", "content=", "port=", "number:", "cmd=", "smstext="]
FILLERS = 160


@dataclass
class Phone:
    """One invented program.

    Args:
        seed: what is drawn by it.
        names: names of kits to draw from.
        forms: ways to write a text.
        containers: to draw from.
    """

    seed: int
    names: dict[str, list[str]] = field(default_factory=lambda: NAMES)
    forms: Sequence[str] = FORMS
    containers: Sequence[str] = CONTAINERS

    def __post_init__(self) -> None:
        """Draw how this phone is written."""
        self.draw = random.Random(self.seed)
        self.kit = self.draw.choice(["table", "resolver", "trace", "at", "looked_up"])
        self.text_form = self.draw.choice(self.forms)
        self.refer = self.draw.choice(["near", "literal", "pointer", "record"])
        self.split = self.draw.choice(["one", "callees", "callback", "chain"])
        self.key = self.draw.randrange(0x80, 0xFF)
        self.code = Code(ROM + 0x38)
        self.resolved: list[tuple[str, str]] = []
        for number in range(FILLERS):
            callee = f"fill{self.draw.randrange(FILLERS)}"
            body: list[Step] = [
                0x2000 | self.draw.randrange(256) for _ in range(self.draw.randrange(2, 24))
            ]
            if number % 3 == 0:
                body += [Call("memcpy")]
            if number % 7 == 0:
                body += [Near(b"assert fail: %s line %d\0" + bytes([number % 26 + 97, 0]))]
            if number % 4 == 0:
                body += [Load(f"fill{self.draw.randrange(FILLERS)}")]
            self.code.function(f"fill{number}", *body, Call(callee))
        for name in ("memcpy", "sprintf", "strcmp", "get_entry"):
            self.code.function(name, 0x2001, 0x1C40, 0x3001, 0x4048)

    def text(self, value: str, form: str | None = None) -> list[Step]:
        """Return the steps by which a function refers to a text."""
        raw = self.written(value, form or self.text_form)
        name = f"text{len(self.code.data)}"
        if self.refer == "near":
            return [Near(raw)]
        if self.refer == "literal":
            self.code.hold(name, raw + bytes(-len(raw) % 4))
            return [Load(name)]
        if self.refer == "pointer":
            self.code.hold(name, raw + bytes(-len(raw) % 4))
            self.code.hold(f"{name}p", [name, 3])
            return [Load(f"{name}p")]
        self.code.hold(f"{name}r", b"\x01\0\0\0\x07\0\0\0" + bytes(8) + raw.ljust(96, b"\0"))
        return [Load(f"{name}r")]

    def written(self, value: str, form: str) -> bytes:
        """Return a text as it lies in memory."""
        if form in {"utf-16-le", "utf-16-be"}:
            return value.encode(form) + b"\0\0"
        if form == "gsm-7":
            return packed_septets(value) + b"\0"
        raw = value.encode() + b"\0"
        return bytes(byte ^ self.key for byte in raw) if form == "xor" else raw

    def does(self, what: str) -> list[Step]:
        """Return the steps by which code does something that the kit offers."""
        name = f"kit_{what}"
        if self.kit == "at":
            return [Near(AT[what].encode() + b"\0"), Call("fill7"), Call("memcpy")]
        title = self.draw.choice(self.names[what])
        if self.kit == "looked_up":
            return [Near(title.encode() + b"\0"), Call("get_entry")]
        if not any(each == name for each, _ in self.code.functions):
            trace = f"[KIT] {title} fail, ret=%d".encode() + b"\0"
            steps: list[Step] = [0x2000, 0x2101, 0x2202]
            self.code.function(name, *steps, *([Near(trace)] if self.kit == "trace" else []))
            self.resolved.append((title, name))
        return [Call(name)]

    def work(self, *groups: list[Step]) -> None:
        """Put groups of steps into one function, or into several that belong together."""
        number = len(self.code.functions)
        if self.split == "one":
            self.code.function(f"work{number}", *[step for group in groups for step in group])
            return
        if self.split == "chain":
            following: list[Step] = []
            for place, group in reversed(list(enumerate(groups))):
                self.code.function(f"work{number}_{place}", *group, *following)
                following = [Call(f"work{number}_{place}")]
                if place == 1 and len(groups) > 3:
                    break
            rest = [step for group in groups[:1] for step in group] if len(groups) > 3 else []
            self.code.function(f"work{number}", *rest, *following, Call("sprintf"))
            return
        for place, group in enumerate(groups):
            self.code.function(f"work{number}_{place}", *group)
        made: list[Step] = []
        for place in range(len(groups)):
            name = f"work{number}_{place}"
            is_last = place == len(groups) - 1
            made.append(Load(name) if self.split == "callback" and is_last else Call(name))
        self.code.function(f"work{number}", *made, Call("memcpy"))

    def image(self, container: str | None = None) -> bytes:
        """Return the program in a container; "code" gives it alone."""
        if self.kit == "table":
            for title, name in self.resolved:
                self.code.hold(f"n_{title}{name}", title.encode().ljust(40, b"\0"))
            rows: list[str | int] = []
            for title, name in self.resolved:
                rows += [f"n_{title}{name}", name]
            self.code.hold("kit", [*rows, 0, 0])
        if self.kit == "resolver":
            steps: list[Step] = []
            for title, name in self.resolved:
                steps += [Near(title.encode() + b"\0"), Call("strcmp"), Load(name)]
            self.code.function("resolve", *steps)
        if container == "code":
            return self.code.build()
        container = container or self.draw.choice(self.containers)
        if container in SPREADTRUM:
            return self._spreadtrum(container)
        if container in {"rom", "flash"}:
            file = images.file_info(0x100, ROM, self.code.build())
            if container == "rom":
                return file
            whole = bytearray(b"\xff" * 0x60000)
            whole[:8] = b"SF_BOOT\0"
            whole[0x4000 : 0x4000 + len(file)] = file
            return bytes(whole)
        return self._packed(container)

    def _spreadtrum(self, container: str) -> bytes:
        if container == "scatter":
            self.code.address = 0x04000000
            return spreadtrum_images.start_up(self.code.build(), 3)
        self.code.address = 0x08000040
        if container == "stone":
            return bytes(0x20) + b"2656" + bytes(0x1C) + self.code.build()
        self.code.address = 0x08000000
        code = self.code.build()
        return spreadtrum_images.drps([(b"krnl", spreadtrum_images.stream(code), len(code))])

    def _packed(self, container: str) -> bytes:
        other = images.thumb(40)
        if container == "viva":
            self.code.address = 0x10300400
            plain = self.code.build()
            return images.viva(images.absolute(plain, 1, skip_straddling=True), b"", b"")
        self.code.address = 0xF0200000
        packed = images.absolute(self.code.build(), 2, skip_straddling=False)
        first = images.absolute(other, 1, skip_straddling=True)
        return images.viva(first, packed, zimage.window_of(other))


def packed_septets(value: str) -> bytes:
    """Return a text as short messages carry it: seven bits a sign, lowest first."""
    escaped = {sign: code for code, sign in gsm7.EXTENSION.items()}
    codes: list[int] = []
    for sign in value:
        codes += [27, escaped[sign]] if sign in escaped else [gsm7.ALPHABET.index(sign)]
    bits = sum(code << 7 * place for place, code in enumerate(codes))
    return bits.to_bytes(-(-7 * len(codes) // 8), "little")


def sale_report(phone: Phone) -> None:
    """Identity to a server, on its own."""
    draw = phone.draw
    phone.work(
        [*phone.text(draw.choice(TEMPLATES)), *phone.does("identity"), Call("sprintf")],
        [*phone.text(draw.choice(HOSTS)), *phone.does("net")],
    )


def identity_sms(phone: Phone) -> None:
    """Identity in a message abroad."""
    draw = phone.draw
    phone.work(
        [*phone.text(draw.choice(TEMPLATES)), Call("sprintf")],
        [*phone.text(draw.choice(NUMBERS)), *phone.does("send_sms")],
    )


def premium_sms(phone: Phone) -> None:
    """Messages to a short code, or to a number that a server says."""
    draw = phone.draw
    if phone.seed % 2:
        phone.work(
            [*phone.text(str(draw.randrange(1500, 99999)), "plain"), Call("memcpy")],
            [*phone.text("SUB " + "GAME"), *phone.does("send_sms")],
        )
        return
    words = draw.sample(SERVER, 3)
    phone.work(
        [*phone.text(draw.choice(HOSTS)), *phone.does("net")],
        [step for word in words for step in (*phone.text(word, "plain"), Call("strcmp"))],
        [*phone.does("send_sms")],
    )


def sms_interception(phone: Phone) -> None:
    """Messages that come in are sent on, and never shown."""
    draw = phone.draw
    phone.work(
        [*phone.does("hook")],
        [*phone.does("suppress")],
        [*phone.text(draw.choice(HOSTS)), *phone.does("net")],
    )


def remote_command(phone: Phone) -> None:
    """Commands from a server or a message are carried out."""
    words = phone.draw.sample(COMMANDS, 3)
    phone.work(
        [*phone.does(phone.draw.choice(["net", "hook"]))],
        [step for word in words for step in (*phone.text(word, "plain"), Call("strcmp"))],
        [*phone.does("send_sms")],
    )


def fun_box(phone: Phone) -> None:
    """A menu that says what it costs, and sends when the user says so."""
    phone.work(
        [*phone.text("7757", "plain"), *phone.does("ui"), *phone.does("send_sms")],
        [*phone.text("Send SMS? Cost 1.50, press OK or Cancel", "plain")],
    )


def time_service(phone: Phone) -> None:
    """Asks for the time."""
    phone.work([*phone.text("pool.ntp.org"), *phone.does("net")])


def update_asked_for(phone: Phone) -> None:
    """An update that the user asks for, with the identity of the phone."""
    phone.work(
        [Near(b"Check for update? Yes / No\0"), *phone.does("ui")],
        [*phone.text("imei=%s&version=%s"), *phone.text("http://fota.maker.example/check")],
        [*phone.does("net")],
    )


def supl(phone: Phone) -> None:
    """Assistance for positioning."""
    phone.work([*phone.text("supl.google.com"), *phone.does("net"), *phone.does("identity")])


def mms_settings(phone: Phone) -> None:
    """Addresses of operators."""
    for value in ("http://mmsc.operator.example", "http://wap.operator.example", "10.0.0.172"):
        phone.work([*phone.text(value)])
    phone.work([*phone.does("net")])


def emergency(phone: Phone) -> None:
    """Emergency numbers, beside the sending of messages."""
    phone.work([*phone.text("112", "plain"), *phone.text("911", "plain"), *phone.does("send_sms")])


def self_care(phone: Phone) -> None:
    """The balance, asked for in a menu."""
    phone.work(
        [Near(b"My balance: press OK to send\0"), *phone.does("ui")],
        [*phone.text("8040", "plain"), *phone.does("send_sms")],
    )


def test_menu(phone: Phone) -> None:
    """*#06# shows the identity; nothing is sent."""
    phone.work([*phone.text("IMEI:%s"), *phone.does("identity"), *phone.does("ui")])
    phone.work([*phone.does("send_sms")])


def sim_toolkit(phone: Phone) -> None:
    """The SIM card asks for a message: number and text are its own."""
    phone.work([Near(b"STK proactive SEND SHORT MESSAGE\0"), *phone.does("send_sms")])


def blacklist(phone: Phone) -> None:
    """The user blocks senders."""
    phone.work(
        [*phone.does("hook"), *phone.does("suppress")],
        [Near(b"Add to blacklist? Yes / No\0"), *phone.does("ui")],
    )


def service_centre(phone: Phone) -> None:
    """Numbers of the service centre of operators, as settings."""
    phone.work([*phone.text("+33609001390"), Call("memcpy")])
    phone.work([*phone.does("send_sms")])


def browser(phone: Phone) -> None:
    """A browser with its home page, and HTTP."""
    phone.work(
        [*phone.text("http://www.google.com"), Near(b"GET %s HTTP/1.1\0"), *phone.does("net")]
    )


def modem(phone: Phone) -> None:
    """The modem's own table of commands."""
    for word in ("+CMGS", "+CMGD", "+CNMI", "+CGSN", "+CIMI"):
        phone.code.hold(f"at{word}", word.encode().ljust(12, b"\0"))
        phone.code.hold(f"row{word}", [f"at{word}", f"fill{len(phone.code.data)}"])
    phone.work([*phone.does("identity")])


def sos(phone: Phone) -> None:
    """An SOS key: a message to the number that the user set."""
    phone.work([Near(b"SOS! I need help\0"), *phone.does("send_sms"), *phone.does("ui")])


Family = Callable[[Phone], None]
IMPLANTS: dict[str, Family] = {
    "sale_report": sale_report,
    "identity_sms": identity_sms,
    "premium_sms": premium_sms,
    "sms_interception": sms_interception,
    "remote_command": remote_command,
}
BENIGN: dict[str, Family] = {
    each.__name__: each
    for each in (
        fun_box,
        time_service,
        update_asked_for,
        supl,
        mms_settings,
        emergency,
        self_care,
        test_menu,
        sim_toolkit,
        blacklist,
        service_centre,
        browser,
        modem,
        sos,
    )
}
