"""What the name of a function says that it does, by the words in it and not by the whole name.

A name is cut at underscores, digits and changes of case, then into words of a small lexicon of
English, its abbreviations, pinyin and transliterated Russian. It says an act where a noun and a
verb of that act both stand in it: `UiDxFasongReq` sends (fasong) a message (dx), whoever wrote it.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CUT = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9]*(?:(?:_+|::|\.|->)[A-Za-z0-9]+)*")
_FEWEST_LETTERS = 5
_LONGEST = 160

LEXICON: dict[str, str] = {
    "sms": "sms smss shortmsg shortmessage textmsg textmessage smska duanxin duanxi dx soob "
    "soobsch soobshch soobshenie soobshchenie",
    "message": "msg msgs mesg message messages pdu tpdu",
    "short": "short text txt mo mt",
    "send": "send snd sends sending sendto submit sbmt post emit transmit xmit tx "
    "fasong fas faxin fachu tijiao otprav otpravit otpravka otpr poslat posl",
    "receive": "recv rcv receive received receiving rx incoming incom inbound arrive arrived "
    "arrival ind indication notify notification deliver listener listen hook cb callback "
    "handler hdl hdlr handle on reg register subscribe monitor watch jieshou shoudao laidao "
    "priem prinyat prinyato poluch poluchit vhod vhodyaschee",
    "suppress": "del delete deleted rm remove erase wipe purge hide hidden conceal block intercept "
    "drop discard swallow consume silent silence mute suppress shanchu shan qingchu "
    "yincang lanjie pingbi udal udalit steret skryt skryvat perehvat blok",
    "connection": "sock socket sockets soc so tcp tcpip udp http https gprs pdp ppp bearer url "
    "net network inet web server host ws mqtt ftp lianwang wangluo fuwuqi seti",
    "connect": "connect conn con open create start establish setup act activate attach send snd "
    "post put get req request write upload push tx resolve lianjie dakai fasong shangchuan "
    "qingqiu soed soedin otkryt otprav otpravit zapros",
    "identity": "imei imsi iccid meid esn imeisv",
    "fetch": "get read rd fetch load query obtain retrieve acquire find huoqu duqu du qu "
    "chaxun poluch poluchit chitat vzyat",
    "screen": "gui wgui ui win window wnd dialog dlg popup screen scr menu list category alert "
    "softkey jiemian tanchuang caidan okno ekran gdi",
    "draw": "show open create display draw paint popup print enter confirm text update render "
    "xianshi huizhi pokaz pokazat risovat",
    "call": "call voice dianhua zvonok vyzov",
    "dial": "dial make originate start setup mo bohao bo nabor nabrat pozvonit",
}
"""Idea -> the words for it, in small letters."""
_IDEAS: dict[str, frozenset[str]] = {}
for _idea, _words in LEXICON.items():
    for _word in _words.split():
        _IDEAS[_word] = _IDEAS.get(_word, frozenset()) | {_idea}
ACTS: dict[str, tuple[frozenset[str], ...]] = {
    "send_sms": (frozenset({"sms", "send"}), frozenset({"message", "short", "send"})),
    "hook": (frozenset({"sms", "receive"}), frozenset({"message", "short", "receive"})),
    "suppress": (frozenset({"sms", "suppress"}), frozenset({"message", "short", "suppress"})),
    "net": (frozenset({"connection", "connect"}),),
    "identity": (frozenset({"identity", "fetch"}),),
    "ui": (frozenset({"screen", "draw"}),),
    "dial": (frozenset({"call", "dial"}),),
}
"""Act -> the ideas of which each must stand in a word of its own."""
_NAMED = frozenset(LEXICON["sms"].split() + LEXICON["identity"].split() + ["http", "sock", "tcp"])
_LESS_THAN = {"hook": ("suppress", "send_sms")}
"""What sends or deletes is not what receives, though its name speaks of incoming messages too."""
NOUNS = frozenset(
    word
    for idea in ("sms", "message", "short", "connection", "identity", "screen", "call")
    for word in LEXICON[idea].split()
)
_NOUNS = re.compile("|".join(sorted(NOUNS)), re.I)
_PREFIX = 3
"""Letters that a maker may put before a word (`mn` in `MNSMS`)."""
_PLAIN = frozenset({"req", "app", "srv", "svc", "drv", "sys", "tel", "cmd", "ex", "do", "al", "a"})
"""Words without an idea, at which joined words are cut as well."""


def words_of(name: str) -> list[str]:
    """Return the words of a name, in small letters; joined ones are cut where the lexicon can.

    >>> words_of("uisms_SndReq2"), words_of("MMISMSSend")
    (['ui', 'sms', 'snd', 'req'], ['sms', 'send'])
    """
    found: list[str] = []
    for part in _CUT.findall(name):
        small = part.lower()
        found += [small] if small in _IDEAS else _cut(small)
    return found


@lru_cache(maxsize=4096)
def _cut(word: str) -> tuple[str, ...]:
    """Cut a word into words of the lexicon, all of it or not at all; longest first."""
    best: dict[int, tuple[str, ...]] = {0: ()}
    for at in range(len(word)):
        if at not in best:
            continue
        for until in range(len(word), at + 1, -1):
            piece = word[at:until]
            if piece in _IDEAS or piece in _PLAIN:
                kept = (*best[at], piece)
                if until not in best or len(kept) < len(best[until]):
                    best[until] = kept
    if len(word) in best:
        return best[len(word)]
    ends = (word[skipped:] for skipped in range(1, _PREFIX + 1))
    return next(((each,) for each in ends if len(each) >= _PREFIX and each in _NAMED), (word,))


@lru_cache(maxsize=65_536)
def acts_of(text: str) -> frozenset[str]:
    """Return the acts that a name, or a name in a trace, says.

    >>> sorted(acts_of("UiDxFasong")), sorted(acts_of("[T] shanchu_duanxin ret=%d"))
    (['send_sms'], ['suppress'])
    >>> sorted(acts_of("resend the form")), sorted(acts_of("nv_rd_imei"))
    ([], ['identity'])
    """
    found: set[str] = set()
    if not _NOUNS.search(text):
        return frozenset()
    for match in _IDENTIFIER.finditer(text[:_LONGEST]):
        name = match[0]
        if len(name) < _FEWEST_LETTERS or not _is_joined(name):
            continue
        found |= _acts(tuple(words_of(name)))
    return frozenset(found)


def _is_joined(name: str) -> bool:
    """Return whether a name is one of code: of several words, not one of a sentence."""
    return "_" in name or len(_CUT.findall(name)) > 1 or len(words_of(name)) > 1


def _acts(words: tuple[str, ...]) -> set[str]:
    ideas = [_IDEAS[word] for word in words if word in _IDEAS]
    found = {act for act, ways in ACTS.items() if any(_each_has_one(way, ideas) for way in ways)}
    return {act for act in found if not found & set(_LESS_THAN.get(act, ()))}


def _each_has_one(wanted: frozenset[str], ideas: list[frozenset[str]]) -> bool:
    """Return whether each idea stands in a word of its own."""
    if not wanted <= frozenset().union(*ideas):
        return False
    first, *rest = sorted(wanted)
    return any(
        first in held and (not rest or _each_has_one(frozenset(rest), ideas[:at] + ideas[at + 1 :]))
        for at, held in enumerate(ideas)
    )
