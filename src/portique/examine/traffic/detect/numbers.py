"""What kind of number a short message goes to, seen from the home network."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType, ShortNumberCost

from portique.examine.traffic.country import of_number

HOME, FOREIGN, PREMIUM, FREE, SHORT, NAME = "home", "foreign", "premium", "free", "short", "name"
_LONGEST_SHORT = 6


def kind(number: str, home: str) -> str:
    """Return what a number is: one of the constants of this module.

    `SHORT` is a short code whose price is not known: to verify with the operator.

    Args:
        number: as a short message addresses it: digits, `+` when international.
        home: country of the home network, e.g. "FR".

    >>> kind("+79161234567", "FR"), kind("0899123456", "FR"), kind("+33639981278", "FR")
    ('foreign', 'premium', 'home')
    """
    digits = number.removeprefix("+")
    if not digits.isdigit():
        return NAME
    if not number.startswith("+") and len(digits) <= _LONGEST_SHORT:
        return _short(digits, home)
    if number.startswith("00"):
        number = "+" + number[2:]
    try:
        parsed = phonenumbers.parse(number, home)
    except phonenumbers.NumberParseException:
        return FOREIGN if number.startswith("+") else HOME
    if phonenumbers.number_type(parsed) in {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
    }:
        return PREMIUM
    if parsed.country_code == 33 and str(parsed.national_number).startswith("89"):
        return PREMIUM
    country = of_number("+" + str(parsed.country_code) + str(parsed.national_number))
    same = parsed.country_code == phonenumbers.country_code_for_region(home)
    return HOME if same or country == home else FOREIGN


def _short(digits: str, home: str) -> str:
    try:
        parsed = phonenumbers.parse(digits, home)
    except phonenumbers.NumberParseException:
        return SHORT
    cost = phonenumbers.expected_cost_for_region(parsed, home)
    if cost == ShortNumberCost.PREMIUM_RATE:
        return PREMIUM
    return FREE if cost == ShortNumberCost.TOLL_FREE else SHORT
