"""What texts in firmware say about code: patterns of destinations, names and commands."""

from __future__ import annotations

import re
from functools import lru_cache

from portique.examine.firmware.screen_words import screen_labels
from portique.examine.firmware.tokens import acts_of

# ruff: noqa: E501
# A pattern cut into pieces reads worse than a long line.

TOP_DOMAINS = (
    "com|net|org|info|biz|cn|ru|in|top|xyz|vip|club|site|online|example|test|io|me|cc|mobi"
)
URL = re.compile(r"(?:https?|ftp|wap)://[\w.%-]{4,}(?::[\d%du]+)?[^\s\"'<>]*", re.I)
HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9][a-z0-9-]{0,30}\.){1,4}"
    r"(?:" + TOP_DOMAINS + r")(?![\w-])(?:[:/]\S*)?",
    re.I,
)
WHOLE_HOST = re.compile(
    r"(?:[a-z0-9][a-z0-9-]{0,30}\.)*[a-z0-9][a-z0-9-]{2,30}\.[a-z]{2,7}(?::\d{2,5})?(?:/[\w./?=&%-]*)?",
    re.I,
)
"""A text that is a host and nothing else: what chance makes of packed or hidden bytes is not."""
IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
NUMBER = re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d{7,13}(?!\d)")
SHORT_CODE = re.compile(r"\d{3,6}")
AT = re.compile(r"\bAT\+[A-Z]{3,10}\b.*", re.S)
IDENTITY = re.compile(
    r"\b(?:IMEI|IMSI)\b|(?:^|[&?{\"',;_ ])(?:imei|imsi|deviceid|device_id)\d?[\"]?\s*[=:]", re.I
)
NO_SHORT_CODE = re.compile(r"0\d*|1234(?:5(?:6)?)?|11[0-289]|12[02]|911|999")
"""Digits that call no service: default PINs (zeros, 1234), emergency calls."""

API = {
    "send_sms": r"sms(?:_?\w{0,12}_)?_?(?:svc_?|srv_?)?(?:mt_?)?(?:send|submit)(?!er)|(?:send|submit)_?(?:an?_?)?(?:sms|short_?m(?:sg|essage)|text_?message)|(?:msg|message)_?(?:send|submit)_?(?:sms|req)|sms_?mo_?submit|AT\+CMGS|AT\+CMSS",
    "net": r"socket|sock_?(?:create|connect|send|open)|(?:\b|_)soc_(?:create|connect|send|open)|(?:\b|_)so_(?:create|connect|send)|tcp_?(?:connect|send|open|write)|http_?(?:post|get|req|send|client|connect|open)|post_?data|gprs_?(?:open|connect|attach|send)|pdp_?(?:act|open)|AT\+CIP(?:START|SEND)|AT\+HTTP|\bPOST [%/]|\bGET [%/]|Content-Length:|HTTP/1\.[01]",
    "hook": r"(?:sms|msg|message)_?\w*?(?:recv|receive|incoming|arriv|listener|hook|_mt_ind|new_ind|deliver)|(?:recv|receive|incoming|reg|register|hook|on_new)_?(?:new_?)?(?:sms|msg)|new_?(?:sms|msg)_?(?:ind|notify|arrived)|(?:sms|msg)_?\w*?(?:callback|_ind\b)|AT\+CNMI|\+CMTI?:",
    "suppress": r"(?:delete|del|block|intercept|hide|suppress|mute|drop|discard|swallow|silent|remove)_?(?:the_?|new_?|this_?|incoming_?)*(?:sms|msg|message)|(?:sms|msg|message)_?\w*?(?:delete|_del\b|block|intercept|filter_out|hide|suppress|discard|swallow|drop|remove|silent)|AT\+CMGD",
    "identity": r"get_?(?:imei|imsi)|(?:imei|imsi)_?(?:get|read)|read_?(?:imei|imsi)|\bAT\+CGSN|\bAT\+CIMI|sim_get_im(?:ei|si)",
    "ui": r"wgui|popup|pop_up|softkey|soft_key|dialog|show_?(?:category|screen|confirm|menu|message_box)|draw_?(?:text|screen|menu)|menu_?(?:item|entry|show|id|list)|confirm_?(?:screen|box|dlg)|list_?screen|display_?(?:text|screen|popup)|gui_(?:show|print|draw|lock)",
    "dial": r"(?:make|dial|start|setup)_?(?:a_?)?(?:voice_?)?call|call_?(?:dial|setup|originate)|\bATD[+%\d]",
}
API_PATTERNS = {label: re.compile(words, re.I) for label, words in API.items()}
_MESSAGE = ("sms", "msg", "message")
_STEMS: dict[str, tuple[str, ...]] = {
    "send_sms": (*_MESSAGE, "cmgs", "cmss"),
    "net": ("soc", "so_", "tcp", "http", "post", "gprs", "pdp", "cip", "get ", "content-l"),
    "hook": (*_MESSAGE, "cnmi", "cmt"),
    "suppress": (*_MESSAGE, "cmgd"),
    "identity": ("imei", "imsi", "cgsn", "cimi"),
    "ui": ("gui", "pop", "soft", "dialog", "show", "draw", "menu", "confirm", "list", "display"),
    "dial": ("call", "atd"),
}
"""In small letters, of which a text must hold one before a pattern of `API` is worth the time."""
_IDENTITY_STEMS = ("imei", "imsi", "device")
_IDENTITY_FIELD = re.compile(r"im[es]i\d?[\"]?\s*[:=]", re.I)
STEMS_OF_ALL = frozenset({*(stem for each in _STEMS.values() for stem in each), *_IDENTITY_STEMS})
_LONGEST_ACT = 24
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
PROMPT = re.compile(
    r"\b(?:press|select|menu|ok\b|cancel|yes\b|no\b|back\b|options?|exit|confirm|continue|balance|cost|charge|price|please|do you|would you|send now|subscribe|check for|update\?|settings?|screen|are you sure|options|failed|no network|sending\.\.\.)",
    re.I,
)
_QUESTION = re.compile(r"[A-Z][A-Za-z0-9 ,.'%-]+\?")
COMMAND_WORDS = r"cmd|order|task|act|action|send_?sms|sendmsg|sms|call|dial|del|block|unblock|intercept|upload|report|exec|open_?url|url|download|reboot|reset|num|number|port|content|text|reply|keyword|filter|interval|delay|period|config|update|server|ip|host|addr|spnum|sp|fee|push|forward|fwd|query|stop|start|on|off|loc|gps|imei|ussd|apn|sub|unsub|kw|to|body|tel|dest|msg|rule|conf"
COMMAND = re.compile(
    r"^[<#*&$@!\[{]?[\"']?(?:"
    + COMMAND_WORDS
    + r")[\"']?(?:[:=#,>\]}|;*]|%s|%d|=%s|=%d|:%s|:%d)+$",
    re.I,
)
SERVER_WORDS = r"sp_?num(?:ber)?|port_?num(?:ber)?|num(?:ber)?|sms_?(?:num|no|to|port|addr)|dest|to|tel|sp|code|shortcode|fee_?code|addr|content|text|sms_?(?:content|text|body|msg|cmd)|msg|body|cmd|order|keyword|kw"
SERVER_TEXT = re.compile(
    r"^[<#*&$@!\[{\"']*(?:" + SERVER_WORDS + r")[\"']?\s*[:=>#|].{0,6}$",
    re.I,
)
NUMBER_WORD = re.compile(
    r"^\W*(?:sp|port|fee|short)?_?(?:num(?:ber)?|no|nr|port|dest|dst|to|tel|phone|addr|sp|code|haoma|hm|nomer)\b[\"']?\W*$|^\W*(?:sp|port|fee|short)_?(?:num(?:ber)?|no|code)\W*$",
    re.I,
)
BODY_WORD = re.compile(
    r"^\W*(?:sms|msg|mt|mo)?_?(?:content|text|txt|body|msg|message|cmd|order|keyword|kw|neirong|nr|zhiling|tekst)[\"']?\W*$",
    re.I,
)
ACT_WORDS = r"cmd|order|task|action|act|send|snd|sms|sendsms|sendmsg|send_sms|mt|call|dial|del|delete|block|unblock|intercept|hook|upload|up|report|exec|run|do|down|download|inst|install|reboot|reset|push|forward|fwd|query|stop|start|loc|locate|gps|ussd|sub|unsub|unsubscribe|reg|register|kill|wipe|spy|rec|record|listen|ping|kw|keyword|spnum|sp|fee|zhiling|fasong|shanchu|bohao"
ACT_WORD = re.compile(
    r"^\W*(?:" + ACT_WORDS + r")(?![a-z]).{0,6}$",
    re.I,
)

SERVICES = (
    (re.compile(r"(?:^|\.)supl\.|(?:^|[.-])supl\b|h-slp|slp\.", re.I), "SUPL"),
    (
        re.compile(
            r"(?:^|\.)(?:ntp|time|pool)\d?\.|\.ntp\.|time\.(?:nist|windows|google|apple)", re.I
        ),
        "time service",
    ),
    (
        re.compile(r"epodownload\.mediatek\.com|agps\.|gps\w*\.u-blox|location-api|combain", re.I),
        "assistance for positioning",
    ),
    (
        re.compile(
            r"mms[.c]|^mms|^internet\.|(?:^|\.)gprs\.|wap\.|monternet|(?:^|\.)wap\b|mms\.", re.I
        ),
        "gateway of an operator",
    ),
    (
        re.compile(
            r"google\.com|w3\.org|openmobilealliance|wapforum|xmlsoap|localhost|schemas\.|upnp\.org|\.dtd\b|bluetooth\.",
            re.I,
        ),
        "name that standards or common software use",
    ),
)
"""Hosts that everybody's firmware names, and for what."""
GATEWAYS = frozenset({"10.0.0.172", "10.0.0.200"})


@lru_cache(maxsize=65_536)
def labels_of(value: str) -> frozenset[str]:
    """Return what a text says of the code that refers to it.

    >>> sorted(labels_of("vm_sms_send_sms")), sorted(labels_of("MMISMS_SendMsg"))
    (['send_sms'], ['send_sms'])
    >>> sorted(labels_of("Press OK to continue")), sorted(labels_of("+CMGS"))
    (['prompt'], [])
    """
    small = value.lower()
    split = ""
    found = set()
    for label, stems in _STEMS.items():
        for stem in stems:
            if stem in small:
                split = split or CAMEL.sub("_", value)
                pattern = API_PATTERNS[label]
                if pattern.search(value) or (split != value and pattern.search(split)):
                    found.add(label)
                break
    found |= acts_of(value) | screen_labels(value, small)
    if _is_prompt(value):
        found.add("prompt")
    if any(stem in small for stem in _IDENTITY_STEMS) and _names_identity(value):
        found.add("identity")
    if COMMAND.match(value.strip()):
        found.add("command")
    if SERVER_TEXT.match(value.strip()):
        found.add("server_text")
    if len(value) <= _LONGEST_ACT and ACT_WORD.match(value):
        found.add("act_word")
    return frozenset(found)


def _names_identity(value: str) -> bool:
    return bool(IDENTITY.search(value)) and ("%" in value or bool(_IDENTITY_FIELD.search(value)))


def _is_prompt(value: str) -> bool:
    asks = bool(_QUESTION.fullmatch(value.strip())) or bool(PROMPT.search(value))
    return " " in value.strip() and "_" not in value and "%s=" not in value and asks
