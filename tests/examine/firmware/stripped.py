"""Programs without a single name: what a function does shows only in what it is given.

Implants of the five kinds and benign programs beside them, written as compilers write: arguments in
r0 to r3, records on the stack, buffers filled by one call and given to the next, handlers passed as
pointers. The kit's functions are stubs of random instructions and carry no text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.examine.firmware.assembler import Call, If, Label, Load, Near, Step
from tests.examine.firmware.phones import Phone

KITS = ["ident", "dial", "clock", "ask", "print", "find", "same", "begin", "link", "take", "give"]
KITS += ["post", "write", "put", "commit", "show", "watch", "erase", "store"]
EQUAL, OTHER, ALWAYS = 0, 1, 14


def move(target: int, source: int) -> int:
    """Return `mov`."""
    return 0x1C00 | source << 3 | target


def small(target: int, number: int) -> int:
    """Return `mov rX, #n`."""
    return 0x2000 | target << 8 | number


def frame(target: int, offset: int) -> int:
    """Return `add rX, sp, #n`."""
    return 0xA800 | target << 8 | offset // 4


def put(source: int, offset: int) -> int:
    """Return `str rX, [sp, #n]`."""
    return 0x9000 | source << 8 | offset // 4


@dataclass
class Stripped(Phone):
    """A phone whose kit has no names."""

    def __post_init__(self) -> None:
        """Draw how it is written, and its kit of stubs."""
        super().__post_init__()
        self.draw = random.Random(self.seed * 7 + 1)
        self.kit = "none"
        self.text_form = self.draw.choice(["plain", "plain", "utf-16-le", "xor"])
        self.refer = self.draw.choice(["near", "literal", "pointer", "field"])
        self.way = self.draw.choice(["registers", "swapped", "frame", "global", "steps"])
        self.layers = self.draw.randrange(3)
        self.buffer = self.draw.choice(["frame", "memory"])
        self.count = 0
        for name in KITS:
            self.code.function(
                f"kit_{name}",
                *[small(self.draw.randrange(4), self.draw.randrange(99)) for _ in "12"],
            )

    def fresh(self, stem: str) -> str:
        """Return a name that was not used."""
        self.count += 1
        return f"{stem}{self.count}"

    def at(self, target: int, value: str, form: str | None = None) -> list[Step]:
        """Return the steps that put the address of a text into a register."""
        raw = self.written(value, form or self.text_form)
        name = self.fresh("text")
        if self.refer == "near":
            return [Near(raw, target)]
        padded = raw + bytes(-len(raw) % 4)
        if self.refer == "field":
            self.code.hold(name, bytes(24) + padded)
            return [Load(name, target), 0x3000 | target << 8 | 24]
        self.code.hold(name, padded)
        if self.refer == "literal":
            return [Load(name, target)]
        self.code.hold(f"{name}p", [name, 3])
        return [Load(f"{name}p", target), 0x6800 | target << 3 | target]

    def room(self, target: int) -> list[Step]:
        """Return the steps that put the address of the buffer into a register."""
        if self.buffer == "frame":
            return [frame(target, 32)]
        if not any(name == "buffer" for name, _ in self.code.data):
            self.code.hold("buffer", bytes(128))
        return [Load("buffer", target)]

    def wrapped(self, kit: str) -> Call:
        """Return a call of a stub, through as many functions as this phone has layers."""
        name = f"kit_{kit}"
        for layer in range(self.layers):
            outer = f"{name}_{layer}"
            if not any(each == outer for each, _ in self.code.functions):
                kept: list[Step] = [move(4, 0), move(5, 1), move(1, 5), move(0, 4)]
                self.code.function(outer, *kept, Call(name))
            name = outer
        return Call(name)

    def message(self, number: list[Step], text: Callable[[int], list[Step]]) -> list[Step]:
        """Return the steps that send a text; `number` puts its address into r0."""
        if self.way == "registers":
            return [*text(1), *number, small(2, 0), self.wrapped("give")]
        if self.way == "swapped":
            return [*number, move(4, 0), *text(0), move(1, 4), self.wrapped("give")]
        if self.way == "steps":
            handle: list[Step] = [Call("kit_begin"), move(4, 0)]
            first: list[Step] = [*number, move(1, 0), move(0, 4), Call("kit_put")]
            return [
                *handle,
                *first,
                *text(1),
                move(0, 4),
                Call("kit_write"),
                move(0, 4),
                Call("kit_commit"),
            ]
        if self.way == "frame":
            return [*number, put(0, 4), *text(1), put(1, 8), frame(0, 0), self.wrapped("commit")]
        if not any(name == "request" for name, _ in self.code.data):
            self.code.hold("request", bytes(16))
        stored: list[Step] = [
            *number,
            Load("request", 3),
            0x6018,
            *text(1),
            Load("request", 3),
            0x6059,
        ]
        return [*stored, Load("request", 0), self.wrapped("commit")]

    def server(self, host: str, body: Callable[[int], list[Step]]) -> list[Step]:
        """Return the steps that give a buffer to a host."""
        if self.way in {"registers", "swapped", "global"}:
            return [*body(1), *self.at(0, host), small(2, 80), self.wrapped("post")]
        opened: list[Step] = [*self.at(0, host), small(1, 80), self.wrapped("link"), move(4, 0)]
        return [*opened, move(0, 4), *body(1), small(2, 99), Call("kit_write")]

    def identity(self, template: str) -> list[Step]:
        """Return the steps that fill the buffer."""
        first: list[Step] = [Call("kit_ident"), move(2, 0), move(3, 0)]
        return [*first, *self.at(1, template), *self.room(0), Call("kit_print")]

    def function(self, *steps: Step) -> str:
        """Add a function with a frame of its own; return its name."""
        name = self.fresh("work")
        self.code.function(name, 0xB0A0, *steps, Label("out"), 0xB020)
        return name

    def registered(self, handler: str) -> None:
        """Add a function that gives the kit a pointer to a handler."""
        self.code.function(self.fresh("init"), Load(handler, 1), small(0, 7), Call("kit_watch"))


def sale_report(phone: Stripped) -> None:
    """Identity to a server."""
    host = phone.draw.choice(
        ["http://dl.quietcount.example/a", "up.tinyphone.example", "203.119.26.9"]
    )
    template = phone.draw.choice(["imei=%s&imsi=%s", "IMEI:%s;V:%s", '{"imei":"%s"}'])
    phone.function(*phone.identity(template), *phone.server(host, phone.room))


def identity_sms(phone: Stripped) -> None:
    """Identity to a number abroad."""
    number = phone.draw.choice(["+8613912345678", "+79161234567", "+4915112345678"])
    body = phone.identity(phone.draw.choice(["IMEI:%s,IMSI:%s", "IMSI=%s"]))
    phone.function(*body, *phone.message(phone.at(0, number), phone.room))


def premium_sms(phone: Stripped) -> None:
    """A message to a short code; or number and text are looked up in what a server says."""
    if phone.seed % 3:
        code = str(phone.draw.randrange(1200, 99999))
        body = phone.draw.choice(["PLAY", "WIN 5", "Ok go", "GAME ON"])
        phone.function(*phone.message(phone.at(0, code), lambda register: phone.at(register, body)))
        return
    pairs = [("port=", "content="), ("spnum:", "smstext:"), ("dest=", "text=")]
    first, second = phone.draw.choice(pairs)
    got: list[Step] = [
        *phone.room(0),
        *phone.at(1, "vip.tinyphone.example/q"),
        small(2, 64),
        Call("kit_take"),
    ]
    one: list[Step] = [*phone.room(0), *phone.at(1, first, "plain"), Call("kit_find"), move(6, 0)]
    two: list[Step] = [*phone.room(0), *phone.at(1, second, "plain"), Call("kit_find"), move(7, 0)]
    sent: list[Step] = phone.message([move(0, 6)], lambda register: [move(register, 7)])
    phone.function(*got, *one, *two, *sent)


def sms_interception(phone: Stripped) -> None:
    """A handler gives on what comes in, erases it, and says that it is done."""
    draw = phone.draw
    asked: list[Step] = [move(5, 0), move(6, 1)]
    if draw.randrange(2):
        word = draw.choice(["900", "code", "Bank"])
        asked += [
            move(0, 5),
            *phone.at(1, word, "plain"),
            Call("kit_same"),
            0x2800,
            If(OTHER, "pass"),
        ]
    if draw.randrange(2):
        filled: list[Step] = [
            move(2, 5),
            move(3, 6),
            *phone.at(1, "f=%s&t=%s"),
            *phone.room(0),
            Call("kit_print"),
        ]
        passed = [*filled, *phone.server("in.tinyphone.example", phone.room)]
    else:
        passed = phone.message(phone.at(0, "+79031234567"), lambda register: [move(register, 6)])
    rest: list[Step] = [
        move(0, 5),
        Call("kit_erase"),
        small(0, 1),
        If(ALWAYS, "out"),
        Label("pass"),
        small(0, 0),
    ]
    phone.registered(phone.function(*asked, *passed, *rest))


def remote_command(phone: Stripped) -> None:
    """What comes in, or what a server says, is compared with words; each has its act."""
    words = phone.draw.sample(["#SMS", "#CALL", "@del", "cmd=7", "report", "sub:", "loc?"], 4)
    acts = ["dial", "give", "erase", "store"]
    if phone.draw.randrange(2):
        came: list[Step] = [move(5, 1)]
    else:
        came = [
            *phone.room(0),
            *phone.at(1, "c2.tinyphone.example"),
            Call("kit_take"),
            *phone.room(0),
            move(5, 0),
        ]
    steps: list[Step] = []
    for number, (word, act) in enumerate(zip(words, acts, strict=True)):
        asked: list[Step] = [
            move(0, 5),
            *phone.at(1, word, "plain"),
            small(2, len(word)),
            Call("kit_same"),
        ]
        steps += [
            *asked,
            0x2800,
            If(OTHER, f"n{number}"),
            move(0, 5),
            move(1, 5),
            phone.wrapped(act),
        ]
        steps += [If(ALWAYS, "out"), Label(f"n{number}")]
    phone.registered(phone.function(*came, *steps))


Family = Callable[[Stripped], None]
IMPLANTS: dict[str, Family] = {
    each.__name__: each
    for each in (sale_report, identity_sms, premium_sms, sms_interception, remote_command)
}
