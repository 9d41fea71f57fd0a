"""Benign programs without a single name, of the shapes that implants have."""

from __future__ import annotations

from tests.examine.firmware.assembler import Call, If, Label, Load, Near, Step
from tests.examine.firmware.stripped import (
    ALWAYS,
    EQUAL,
    OTHER,
    Family,
    Stripped,
    move,
    small,
)


def menu(phone: Stripped) -> None:
    """A menu says what a message costs, and sends it when the user says so."""
    shown: list[Step] = [
        Near(b"Send SMS? Cost 1.50. OK / Cancel\0"),
        Call("kit_show"),
        0x2800,
        If(EQUAL, "out"),
    ]
    phone.registered(
        phone.function(
            *shown,
            *phone.message(phone.at(0, "7757"), lambda register: phone.at(register, "FUN BOX")),
        )
    )


def clock(phone: Stripped) -> None:
    """The time, asked of a server, with an answer that comes to a handler."""
    handler = phone.function(
        move(5, 0), move(0, 5), *phone.room(1), small(2, 48), Call("kit_take"), Call("kit_clock")
    )
    phone.function(
        *phone.at(0, "pool.ntp.org"), small(1, 123), Load(handler, 2), phone.wrapped("link")
    )


def weather(phone: Stripped) -> None:
    """A request to a server, sent by the handler of its connection."""
    asked: list[Step] = [
        move(4, 0),
        move(0, 4),
        *phone.at(1, "api.weather.example"),
        small(2, 40),
        Call("kit_write"),
    ]
    phone.registered(phone.function(*asked))


def update(phone: Stripped) -> None:
    """An update that the user asks for."""
    shown: list[Step] = [
        Near(b"Check for update now?\0"),
        Call("kit_show"),
        0x2800,
        If(EQUAL, "out"),
    ]
    body = phone.identity("imei=%s&version=%s")
    phone.registered(phone.function(*shown, *body, *phone.server("fota.maker.example", phone.room)))


def backup(phone: Stripped) -> None:
    """Contacts that the user sends to a server."""
    shown: list[Step] = [
        Near(b"Back up contacts now? Yes / No\0"),
        Call("kit_show"),
        0x2800,
        If(EQUAL, "out"),
    ]
    name: list[Step] = [move(2, 5), *phone.at(1, "N:%s"), *phone.room(0), Call("kit_print")]
    steps = [move(5, 0), *shown, *name, *phone.server("backup.maker.example", phone.room)]
    phone.registered(phone.function(*steps))


def toolkit(phone: Stripped) -> None:
    """The SIM card asks for a message: number and text are its own."""
    sent = phone.message([move(0, 6)], lambda register: [move(register, 7)])
    phone.registered(phone.function(move(6, 0), move(7, 1), *sent))


def balance(phone: Stripped) -> None:
    """The balance, asked of the network."""
    phone.registered(
        phone.function(*phone.at(0, "*100#"), small(1, 5), Call("kit_ask"), Call("kit_show"))
    )


def settings(phone: Stripped) -> None:
    """Settings of an operator that come in a message: words, and where each is kept."""
    steps: list[Step] = [move(5, 1)]
    for number, word in enumerate(["apn=", "proxy=", "port=", "mmsc=", "user="]):
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
            small(0, number),
            move(1, 5),
            Call("kit_store"),
            Label(f"n{number}"),
        ]
    phone.registered(phone.function(*steps))


def blacklist(phone: Stripped) -> None:
    """Messages of senders that the user blocked are erased."""
    asked: list[Step] = [
        move(5, 0),
        Load("fill7", 1),
        move(0, 5),
        Call("kit_same"),
        0x2800,
        If(OTHER, "pass"),
    ]
    done: list[Step] = [
        move(0, 5),
        Call("kit_erase"),
        small(0, 1),
        If(ALWAYS, "out"),
        Label("pass"),
        small(0, 0),
    ]
    phone.registered(phone.function(*asked, *done))


def forwarding(phone: Stripped) -> None:
    """Codes of supplementary services, compared one after another."""
    steps: list[Step] = [move(5, 0)]
    for number, word in enumerate(["002", "004", "331", "Call barring"]):
        asked: list[Step] = [move(0, 5), *phone.at(1, word, "plain"), Call("kit_same")]
        steps += [
            *asked,
            0x2800,
            If(OTHER, f"n{number}"),
            small(0, number),
            Call("kit_store"),
            Label(f"n{number}"),
        ]
    phone.function(*steps)


def helper(phone: Stripped) -> None:
    """An SOS key: a message to the number that the user chose."""
    sent = phone.message([move(0, 6)], lambda register: phone.at(register, "SOS! I need help"))
    phone.registered(phone.function(move(6, 0), *sent))


def centre(phone: Stripped) -> None:
    """Service centres of operators, chosen by the name of the network."""
    for name, number in (("Orange", "+33689004000"), ("MegaFon", "+79262909090")):
        asked: list[Step] = [
            move(5, 0),
            *phone.at(1, name, "plain"),
            Call("kit_same"),
            0x2800,
            If(OTHER, "out"),
        ]
        phone.function(*asked, *phone.at(0, number), small(1, 2), Call("kit_store"))


def about(phone: Stripped) -> None:
    """*#06#: the identity on the screen."""
    phone.registered(phone.function(*phone.identity("IMEI: %s"), *phone.room(0), Call("kit_show")))


def browser(phone: Stripped) -> None:
    """A home page that is opened by a key."""
    phone.registered(
        phone.function(*phone.at(0, "http://wap.operator.example"), phone.wrapped("link"))
    )


BENIGN: dict[str, Family] = {
    each.__name__: each
    for each in (
        menu,
        clock,
        weather,
        update,
        backup,
        toolkit,
        balance,
        settings,
        blacklist,
        forwarding,
        helper,
        centre,
        about,
        browser,
    )
}
