"""Programs without names, written in other ways than `stripped`: drawn after the rules were made.

The kit is called through registers or long branches, handlers stand in a table, records are filled
by copying into their fields, words of commands and of servers are random syllables in half of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.examine.firmware import look_alikes
from tests.examine.firmware.assembler import Call, If, Label, Load, Step
from tests.examine.firmware.stripped import (
    ALWAYS,
    EQUAL,
    KITS,
    OTHER,
    Stripped,
    frame,
    move,
    put,
    small,
)

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
_VIA = bytes.fromhex("18470000")
"""`bx r3`."""


@dataclass
class Strange(Stripped):
    """A phone whose kit is reached in other ways."""

    def __post_init__(self) -> None:
        """Draw how the kit is called."""
        super().__post_init__()
        self.draw = random.Random(self.seed * 13 + 5)
        self.text_form = self.draw.choice(["plain", "plain", "plain", "utf-16-le"])
        self.way = self.draw.choice(["copied", "registers", "third", "frame"])
        self.reach = self.draw.choice(["direct", "register", "veneer"])
        self.code.hold("via", _VIA)
        self.code.hold("vectors", [f"kit_{name}" for name in KITS])

    def word(self) -> str:
        """Return a word that means nothing, of two or three syllables."""
        return "".join(self.draw.choice(_SYLLABLES) for _ in range(self.draw.randrange(2, 4)))

    def kit_call(self, kit: str) -> list[Step]:
        """Return the steps of a call of a stub."""
        if self.reach == "direct":
            return [self.wrapped(kit)]
        steps: list[Step] = [Load("vectors", 3), 0x681B | KITS.index(kit) << 6]
        return [*steps, 0x4798] if self.reach == "register" else [*steps, Call("via")]

    def message(self, number: list[Step], text: Callable[[int], list[Step]]) -> list[Step]:
        """Return the steps that send a text."""
        if self.way == "copied":
            first: list[Step] = [*number, move(1, 0), frame(0, 4), *self.kit_call("put")]
            second: list[Step] = [*text(1), frame(0, 28), *self.kit_call("put")]
            return [*first, *second, frame(0, 0), *self.kit_call("commit")]
        if self.way == "third":
            return [*number, move(1, 0), *text(2), small(0, 1), *self.kit_call("give")]
        if self.way == "frame":
            return [
                *text(0),
                put(0, 12),
                *number,
                put(0, 8),
                small(0, 3),
                frame(1, 8),
                *self.kit_call("give"),
            ]
        return [*text(1), *number, small(2, 0), *self.kit_call("give")]

    def server(self, host: str, body: Callable[[int], list[Step]]) -> list[Step]:
        """Return the steps that give a buffer to a host."""
        if self.way in {"copied", "registers"}:
            return [*self.at(1, host), *body(2), small(0, 1), *self.kit_call("post")]
        opened: list[Step] = [
            small(0, 1),
            *self.at(1, host),
            small(2, 80),
            *self.kit_call("link"),
            move(7, 0),
        ]
        return [*opened, move(0, 7), *body(1), small(2, 60), *self.kit_call("write")]

    def registered(self, handler: str) -> None:
        """Put a handler into a table that some function gives to the kit."""
        table = self.fresh("table")
        self.code.hold(table, [17, handler, 0, 0])
        self.code.function(self.fresh("init"), Load(table, 0), small(1, 1), *self.kit_call("watch"))


def sale_report(phone: Strange) -> None:
    """Identity to a server."""
    host = phone.draw.choice(
        ["http://203.119.31.4:8080/r", "act.handyzahl.example", "m.feiji.example/in"]
    )
    template = phone.draw.choice(["&imei=%s&t=%d", "IMEI %s SW %s", "imsi:%s,lac:%d"])
    phone.function(*phone.identity(template), *phone.server(host, phone.room))


def identity_sms(phone: Strange) -> None:
    """Identity to a number abroad."""
    body = phone.identity(phone.draw.choice(["IMEI %s", "imsi=%s;imei=%s"]))
    phone.function(*body, *phone.message(phone.at(0, "+8613512340000"), phone.room))


def premium_sms(phone: Strange) -> None:
    """A message to a short code; or what two words of a server's text say."""
    if phone.seed % 2:
        code, body = str(phone.draw.randrange(1000, 99999)), phone.word().upper()
        phone.function(*phone.message(phone.at(0, code), lambda register: phone.at(register, body)))
        return
    host: list[Step] = [
        *phone.at(1, "gw.handyzahl.example"),
        *phone.room(2),
        small(0, 1),
        *phone.kit_call("take"),
        move(5, 0),
    ]
    one: list[Step] = [
        move(0, 5),
        *phone.at(1, phone.word() + "=", "plain"),
        *phone.kit_call("find"),
        move(6, 0),
    ]
    two: list[Step] = [
        move(0, 5),
        *phone.at(1, phone.word() + "=", "plain"),
        *phone.kit_call("find"),
        move(7, 0),
    ]
    sent = phone.message([move(0, 6)], lambda register: [move(register, 7)])
    phone.function(*host, *one, *two, *sent)


def sms_interception(phone: Strange) -> None:
    """A handler gives on what comes in and erases it."""
    draw = phone.draw
    asked: list[Step] = [move(5, 0), move(6, 1)]
    if draw.randrange(2):
        asked += [0x7828, 0x2800 | draw.randrange(40, 90), If(OTHER, "pass")]
    if draw.randrange(2):
        filled: list[Step] = [move(1, 6), *phone.room(0), *phone.kit_call("put")]
        passed = [*filled, *phone.server("sms.handyzahl.example", phone.room)]
    else:
        passed = phone.message(phone.at(0, "+380441234567"), lambda register: [move(register, 6)])
    rest: list[Step] = [
        move(0, 5),
        *phone.kit_call("erase"),
        small(0, 1),
        If(ALWAYS, "out"),
        Label("pass"),
        small(0, 0),
    ]
    phone.registered(phone.function(*asked, *passed, *rest))


def remote_command(phone: Strange) -> None:
    """What comes in or what a server says is compared with words; in half of them random ones."""
    known = ["SMS,", "CALL,", "DEL,", "LOC,", "URL,"]
    words = phone.draw.sample(known, 4) if phone.seed % 2 else [phone.word() for _ in range(4)]
    came: list[Step] = [move(5, 0)]
    if phone.draw.randrange(2):
        came = [
            *phone.at(1, "ctl.handyzahl.example"),
            *phone.room(2),
            small(0, 1),
            *phone.kit_call("take"),
            move(5, 0),
        ]
    steps: list[Step] = []
    for number, (word, act) in enumerate(
        zip(words, ["dial", "give", "erase", "store"], strict=True)
    ):
        asked: list[Step] = [move(1, 5), *phone.at(0, word, "plain"), Call("kit_same")]
        steps += [*asked, 0x2800, If(OTHER, f"n{number}"), move(0, 5), 0x3004, move(1, 5), 0x3114]
        steps += [*phone.kit_call(act), If(ALWAYS, "out"), Label(f"n{number}")]
    phone.registered(phone.function(*came, *steps))


def menu(phone: Strange) -> None:
    """A menu that sends when the user says so."""
    text = phone.draw.choice(
        ["FunBox: subscribe for 0.99 a day? Press OK", "Send request? Cost 2.00"]
    )
    shown: list[Step] = [
        *phone.at(0, text, "plain"),
        *phone.kit_call("show"),
        0x2800,
        If(EQUAL, "out"),
    ]
    sent = phone.message(phone.at(0, "8099"), lambda register: phone.at(register, "FUN"))
    phone.registered(phone.function(*shown, *sent))


def operator(phone: Strange) -> None:
    """Settings in a message of the operator, each word with a function of its own."""
    steps: list[Step] = [move(5, 0)]
    acts = ["store", "put", "clock", "ask"]
    for number, (word, act) in enumerate(
        zip(["apn:", "proxy:", "port:", "name:"], acts, strict=True)
    ):
        asked: list[Step] = [
            move(1, 5),
            *phone.at(0, word, "plain"),
            Call("kit_same"),
            0x2800,
            If(OTHER, f"n{number}"),
        ]
        steps += [*asked, move(1, 5), *phone.kit_call(act), Label(f"n{number}")]
    phone.registered(phone.function(*steps))


def locale(phone: Strange) -> None:
    """Names of networks and their codes, given together to a call that keeps them."""
    for name, code in (("Orange F", "20801"), ("SFR", "20810"), ("MTS", "25001")):
        phone.function(
            *phone.at(1, name), *phone.at(2, code, "plain"), small(0, 4), *phone.kit_call("store")
        )


def test_mode(phone: Strange) -> None:
    """Codes of a test menu, each with its title."""
    for title, code in (("Vibrator", "1201"), ("LCD", "1202")):
        phone.function(*phone.at(0, code, "plain"), *phone.at(1, title), *phone.kit_call("watch"))


Family = Callable[[Strange], None]
IMPLANTS: dict[str, Family] = {
    each.__name__: each
    for each in (sale_report, identity_sms, premium_sms, sms_interception, remote_command)
}
BENIGN: dict[str, Callable[..., None]] = {
    **look_alikes.BENIGN,
    **{each.__name__: each for each in (menu, operator, locale, test_mode)},
}
