"""Phones without a name whose own programs send, receive and dial before the eyes of the user.

What sends is shown by its code (septets are packed, digits written as half-bytes), or only by how
the phone's own program uses it. Implants call the same functions; so do look-alikes, which ask the
user or send what the user has set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.examine.firmware.assembler import Call, If, Label, Load, Near, Step
from tests.examine.firmware.stripped import ALWAYS, EQUAL, OTHER, Stripped, move, small

RAM = 0xF0080000
TO, WRITTEN, DIALLED, PDU, HOOK, EVENTS, OUT, SERIAL = (RAM + 0x100 * each for each in range(1, 9))
_BLX_R3 = 0x4798


@dataclass
class Ordinary(Stripped):
    """A phone with programs for messages and calls.

    Args:
        proof: "code": the sender encodes; "use": only the phone's program shows it; "": nothing.
    """

    proof: str = "code"

    def __post_init__(self) -> None:
        """Draw how it is written, and add what every phone has."""
        super().__post_init__()
        self.text_form = "plain"
        self.shown = self.proof != ""
        self._encoders()
        self._messages()
        self._calls()

    def says(self, value: str, other: str = "Settings") -> list[Step]:
        """Return the steps that put a text before the user; another where nothing is to show."""
        text = value if self.shown else other
        return [Near(text.encode() + b"\0"), Call("kit_show")]

    def _encoders(self) -> None:
        code = self.code
        bits: list[Step] = [0x780C, 0x267F, 0x4034, 0x4094, 0x4323, 0x7003, 0x0A1B, 0x3207]
        packed: list[Step] = [small(3, 0), Label("next"), *bits, 0x3101, 0x3001, 0x2C00]
        code.function("pack", *packed, If(OTHER, "next"))
        halves: list[Step] = [0x780C, 0x3C30, 0x784D, small(6, 15), 0x012D, 0x4325, 0x7005]
        code.function("halves", Label("next"), *halves, 0x3102, 0x3001, 0x2C0F, If(OTHER, "next"))
        nibbles: list[Step] = [0x780C, 0x0925, small(6, 15), 0x4034, 0x3430, 0x7004, 0x3530, 0x7045]
        code.function("digits", Label("next"), *nibbles, 0x3101, 0x3002, 0x3A01, If(OTHER, "next"))
        ended: list[Step] = [small(3, 0), 0x73E3]
        read: list[Step] = [move(4, 0), Load(SERIAL, 1), small(2, 8), Call("digits"), *ended]
        code.function("serial", *read)

    def _messages(self) -> None:
        code = self.code
        one: list[Step] = [Load(PDU, 0), move(1, 4), Call("halves")]
        two: list[Step] = [Load(PDU, 0), move(1, 5), Call("pack")]
        kept: list[Step] = [Load(PDU, 3), 0x601C, 0x605D]
        body = [*one, *two] if self.proof == "code" else kept
        end: list[Step] = [Load(PDU, 2), small(1, 9), small(0, 17), Call("kit_commit")]
        code.function("kit_sendout", move(4, 0), move(5, 1), *body, *end)
        code.function("done", *self.says("Message sent"))
        code.function("submit", Load(TO, 0), Load(WRITTEN, 1), Load("done", 2), Call("kit_sendout"))
        to: list[Step] = [Near(b"To:\0", 0), Load(TO, 1), Call("kit_edit")]
        text: list[Step] = [Near(b"Write message\0", 0), Load(WRITTEN, 1), Call("kit_edit")]
        code.function("kit_edit", small(0, 3), small(1, 4))
        code.function("compose", *(to + text if self.shown else []), Load("submit", 0))
        code.function("notify", *self.says("New message"))
        called: list[Step] = [Load(HOOK, 3), 0x681B, move(0, 4), _BLX_R3, 0x2801]
        rest: list[Step] = [If(EQUAL, "out"), move(0, 4), Call("notify"), Label("out")]
        code.function("deliver", move(4, 0), *called, *rest)
        code.function("kit_hook", Load(HOOK, 3), 0x6018)
        code.function("kit_event", Load(EVENTS, 3), 0x6019)
        code.function("start", small(0, 7), Load("deliver", 1), Call("kit_event"))

    def _calls(self) -> None:
        self.code.function("kit_ring", move(2, 0), small(0, 18), small(1, 3), Call("kit_commit"))
        serial = b"*#06#\0" if self.shown else b"*1234#\0"
        asked: list[Step] = [Load(DIALLED, 0), Near(serial, 1), Call("kit_same"), 0x2800]
        shown: list[Step] = [Load(OUT, 0), Call("serial"), Load(OUT, 0), Call("kit_show")]
        dialled: list[Step] = [Label("other"), Load(DIALLED, 0), Call("kit_ring")]
        leave: list[Step] = [If(ALWAYS, "out")]
        code = self.code
        code.function("go", *asked, If(OTHER, "other"), *shown, *leave, *dialled, Label("out"))

    def hooked(self, handler: str) -> None:
        """Register a handler of messages."""
        self.code.function(self.fresh("init"), Load(handler, 0), Call("kit_hook"))

    def sent(self, number: str, text: list[Step]) -> list[Step]:
        """Return the steps that send to a number; `text` puts the text into r1."""
        return [*text, *self.at(0, number), small(2, 0), self.wrapped("sendout")]


def premium_sms(phone: Ordinary) -> None:
    """A word to a short code, at a time."""
    phone.code.function("late", *phone.sent("7781", phone.at(1, "PLAY 5")))
    phone.code.function("begin", Load("late", 1), small(0, 9), Call("kit_begin"))


def identity_sms(phone: Ordinary) -> None:
    """What is read as digits goes to a number abroad; no text says what it is."""
    read: list[Step] = [Load(OUT, 0), Call("serial")]
    phone.code.function("tell", *read, *phone.sent("+8613912345678", [Load(OUT, 1)]))


def sms_interception(phone: Ordinary) -> None:
    """A message that has a sender goes on to a number, and the user is not told."""
    asked: list[Step] = [move(5, 0), 0x7828, 0x2800, If(EQUAL, "pass")]
    print_: list[Step] = [move(2, 5), *phone.at(1, "%s>%s"), Load(OUT, 0), Call("kit_print")]
    passed = [*print_, *phone.sent("+79031234567", [Load(OUT, 1)])]
    kept: list[Step] = [small(0, 1), If(ALWAYS, "out"), Label("pass"), small(0, 0)]
    phone.hooked(phone.function(*asked, *passed, *kept))


def remote_command(phone: Ordinary) -> None:
    """Words that mean nothing: after one a message is sent, after others a number is dialled."""
    steps: list[Step] = [move(5, 0), 0x351C]
    for at, (word, act) in enumerate([("zuvo", "sendout"), ("kelira", "ring"), ("tabo", "ring")]):
        asked: list[Step] = [move(0, 5), *phone.at(1, word), Call("kit_same"), 0x2800]
        done: list[Step] = [move(0, 5), 0x3004, move(1, 0), phone.wrapped(act), If(ALWAYS, "out")]
        steps += [*asked, If(OTHER, f"n{at}"), *done, Label(f"n{at}")]
    phone.hooked(phone.function(*steps))


def nothing(phone: Ordinary) -> None:
    """The phone as it is."""


def service_that_asks(phone: Ordinary) -> None:
    """The same short code and word, after a question."""
    phone.code.function("yes", *phone.sent("7781", phone.at(1, "HORO 3")))
    question = phone.at(0, "Send SMS to 7781? Price 2.99", "plain")
    phone.code.function("ask", *question, Load("yes", 1), Call("kit_ask"))


def help_message(phone: Ordinary) -> None:
    """A fixed text to a number that the user has set."""
    number: list[Step] = [*phone.says("SOS number"), Load(RAM + 0xA00, 1), Call("kit_edit")]
    phone.code.function("setup", *number)
    words = phone.at(1, "SOS! I need help.")
    phone.code.function("help", *words, Load(RAM + 0xA00, 0), phone.wrapped("sendout"))


def black_list(phone: Ordinary) -> None:
    """A handler that keeps messages of some senders from the user, and gives nothing on."""
    asked: list[Step] = [Load(RAM + 0xB00, 1), Call("kit_same"), 0x2800, If(OTHER, "pass")]
    kept: list[Step] = [small(0, 1), If(ALWAYS, "out"), Label("pass"), small(0, 0)]
    phone.hooked(phone.function(*asked, *kept))


def auto_reply(phone: Ordinary) -> None:
    """A fixed text back to whoever wrote."""
    sender: list[Step] = [move(5, 0), *phone.at(1, "I am busy now"), move(0, 5), 0x3004]
    phone.hooked(phone.function(*sender, phone.wrapped("sendout"), small(0, 0)))


def hot_line(phone: Ordinary) -> None:
    """A number in a menu, dialled; pages opened from a list."""
    phone.code.function("service", *phone.at(0, "+33800123456"), Call("kit_ring"))
    phone.code.function("page", *phone.at(1, "http://wap.portal.example/"), Call("kit_post"))


Family = Callable[[Ordinary], None]
IMPLANTS: dict[str, Family] = {
    each.__name__: each for each in (premium_sms, identity_sms, sms_interception, remote_command)
}
BENIGN: dict[str, Family] = {
    each.__name__: each
    for each in (nothing, service_that_asks, help_message, black_list, auto_reply, hot_line)
}
