"""Every table that stages meet in: columns, types, units, keys.

A table is written once, by one stage, in the order of its key, to `derived/<name>.parquet`.
`INPUT` are the kinds a case folder delivers, `BETWEEN` what stages hand to each other, `OUTPUT`
the outer contract: the columns named there are fixed, more may follow them.
"""

from __future__ import annotations

import pyarrow as pa

from portique.core import table_form

UTC_US = pa.timestamp("us", tz="UTC")
TEXT = pa.string()
TEXTS = pa.list_(pa.string())
INT = pa.int64()
SMALL = pa.int32()
REAL = pa.float64()
FLAG = pa.bool_()
Column = table_form.Column
Table = table_form.Table
_c, _r = table_form.may_be_empty, table_form.always_there

# ---------------------------------------------------------------- what a case folder delivers

SALE = Table(
    "sale",
    "one line of the supplier's ledger",
    (
        _r("sale_id", TEXT, "the ledger's own number"),
        _c("sold_at_utc", UTC_US, "instant of the sale"),
        _c("model", TEXT, "model as the supplier names it"),
        _c("tac", TEXT, "type allocation code, 8 digits"),
        _c("imei", TEXT, "as written: often empty, malformed or repeated"),
        _c("quantity", INT, "handsets on this line"),
        _c("customer_ref", TEXT, "the supplier's name for the customer"),
        _c("postcode", TEXT, "where it was sent"),
        _c("channel", TEXT, "shop, messenger, ..."),
    ),
    ("source_id", "source_row"),
)
RETAINED_RECORD = Table(
    "retained_record",
    "one event that an operator retained",
    (
        _r("started_at_utc", UTC_US, "start of the event"),
        _c("duration_s", INT, "seconds"),
        _r("kind", TEXT, "call_out, call_in, sms_out, sms_in, data, location_update"),
        _r("imei", TEXT, "14, 15 or 16 digits as delivered"),
        _c("imsi", TEXT, "subscription, 15 digits"),
        _c("msisdn", TEXT, "number of the subscription"),
        _c("counterpart", TEXT, "E.164 with or without +, or a short code as dialled"),
        _c("sector_id", TEXT, "CGI or ECGI of the serving sector"),
        _c("operator", TEXT, "MCCMNC of the network that delivered the row"),
    ),
    ("source_id", "source_row"),
)
SECTOR = Table(
    "sector",
    "one radio sector over one span of validity",
    (
        _r("sector_id", TEXT, "CGI or ECGI text"),
        _c("operator", TEXT, "MCCMNC"),
        _c("technology", TEXT, "2G, 3G, 4G, 5G"),
        _r("lat", REAL, "degrees north of the mast"),
        _r("lon", REAL, "degrees east of the mast"),
        _c("azimuth_deg", REAL, "clockwise from true north; empty: omnidirectional"),
        _c("beamwidth_deg", REAL, "width at -3 dB"),
        _c("range_m", REAL, "metres; empty: not known"),
        _c("valid_from_utc", UTC_US, "first instant of validity; empty: always"),
        _c("valid_until_utc", UTC_US, "end of validity, exclusive; empty: still"),
    ),
    ("source_id", "source_row"),
)
PRISON = Table(
    "prison",
    "one prison",
    (
        _r("prison_id", TEXT, "identifier"),
        _c("name", TEXT, "name"),
        _c("kind", TEXT, "MA, CD, CP, MC, EPM, CSL"),
        _r("lat", REAL, "degrees north"),
        _r("lon", REAL, "degrees east"),
        _c("capacity", INT, "places"),
        _c("perimeter_m", REAL, "radius in metres when no polygon is known"),
    ),
    ("source_id", "source_row"),
)
PRISON_CELL = Table(
    "prison_cell",
    "one prison cell",
    (
        _r("cell_id", TEXT, "identifier"),
        _r("prison_id", TEXT, "prison it belongs to"),
        _c("building", TEXT, "building"),
        _c("floor", TEXT, "floor"),
        _c("places", INT, "places"),
    ),
    ("source_id", "source_row"),
)
STAY = Table(
    "stay",
    "one inmate in one cell over one span",
    (
        _r("inmate_id", TEXT, "inmate"),
        _r("cell_id", TEXT, "cell"),
        _r("from_utc", UTC_US, "start"),
        _c("until_utc", UTC_US, "end, exclusive; empty: still there at the horizon"),
    ),
    ("source_id", "source_row"),
)
ABSENCE = Table(
    "absence",
    "one span in which an inmate was not in the cell",
    (
        _r("inmate_id", TEXT, "inmate"),
        _r("from_utc", UTC_US, "start"),
        _c("until_utc", UTC_US, "end, exclusive; empty: still absent"),
        _c("reason", TEXT, "work, walk, visit, court, hospital, segregation, leave"),
    ),
    ("source_id", "source_row"),
)
DECLARED_CONTACT = Table(
    "declared_contact",
    "one number an inmate declared; lawyers' numbers are never in the derived table",
    (
        _r("inmate_id", TEXT, "inmate"),
        _r("msisdn", TEXT, "E.164 with +, or a short code"),
        _c("relation", TEXT, "phone_list or visitor"),
        _c("from_utc", UTC_US, "start; empty: always"),
        _c("until_utc", UTC_US, "end, exclusive; empty: still"),
    ),
    ("source_id", "source_row"),
)
FIND = Table(
    "find",
    "one phone seized earlier: the only labelled truth",
    (
        _r("find_id", TEXT, "identifier"),
        _r("found_at_utc", UTC_US, "instant of the find"),
        _r("cell_id", TEXT, "cell it was found in"),
        _c("inmate_id", TEXT, "inmate it was attributed to"),
        _c("imei", TEXT, "as written"),
        _c("imsis", TEXT, "subscriptions, separated by ;"),
        _c("model", TEXT, "model"),
    ),
    ("source_id", "source_row"),
)
OFFENCE = Table(
    "offence",
    "one offence whose file mentions identifiers",
    (
        _r("offence_id", TEXT, "identifier"),
        _c("kind", TEXT, "trafficking, fraud, arson, attempted_murder, other"),
        _r("occurred_at_utc", UTC_US, "instant"),
        _c("numbers", TEXT, "identifiers, separated by ;"),
        _c("summary", TEXT, "free text"),
    ),
    ("source_id", "source_row"),
)
INPUT = {
    t.name: t
    for t in (
        SALE,
        RETAINED_RECORD,
        SECTOR,
        PRISON,
        PRISON_CELL,
        STAY,
        ABSENCE,
        DECLARED_CONTACT,
        FIND,
        OFFENCE,
    )
}
REFERENCE_KINDS = frozenset({"sector", "prison", "prison_cell"})
HELD_KINDS = frozenset({"capture", "image", "traffic"})  # kept and hashed; no reader yet
INSTANT_OF = {
    "sale": "sold_at_utc",
    "retained_record": "started_at_utc",
    "find": "found_at_utc",
    "offence": "occurred_at_utc",
}
SPAN_KINDS = frozenset({"stay", "absence", "declared_contact"})
RECORD_KINDS = ("call_out", "call_in", "sms_out", "sms_in", "data", "location_update")
REASONS = (
    "malformed_row",
    "malformed_identifier",
    "malformed_time",
    "undecodable",
    "duplicate",
    "outside_period",
    "after_horizon",
    "privileged",
    "refused_source",
    "sector_unknown",
    "number_undecided",
)
"""Closed list of reasons in `set_aside`; the last two count rows that are kept."""

ORIGIN = (
    _r("source_id", SMALL, "row of `source`"),
    _r("source_row", INT, "row in that file, from 1; of a CSV the data row, header not counted"),
)


def normalised(kind: str) -> Table:
    """Return the derived form of a delivered kind: its columns and where each row came from.

    >>> normalised("sale").names[-2:]
    ('source_id', 'source_row')
    """
    given = INPUT[kind]
    return Table(given.name, given.row, given.columns + ORIGIN, given.key)


# ------------------------------------------------------------- what stages hand to each other

SOURCE = Table(
    "source",
    "one file of `sources/`",
    (
        _r("source_id", SMALL, "number of the file in this case, by path, from 0"),
        _r("path", TEXT, "below sources/, with /"),
        _r("kind", TEXT, "kind of source: the first folder"),
        _c("reader", TEXT, "reader that took it in; empty: none could"),
        _r("sha256", TEXT, "lower-case hex"),
        _r("size_bytes", INT, "bytes"),
        _c("authority_ids", TEXTS, "authorities that cover its kind"),
        _r("status", TEXT, "used, refused, unreadable, held"),
        _c("note", TEXT, "what a person should know of it, in words"),
        _r("rows_read", INT, "rows in the file"),
        _r("rows_used", INT, "rows that went on to the analysis"),
        _r("first_row_line", SMALL, "line of data row 1 (2 for CSV, 1 for Parquet)"),
    ),
    ("source_id",),
)
RECORD = Table(
    "record",
    "one retained record, read: sorted by imei and time, duplicates and privileged rows gone",
    (
        _r("imei", INT, "first 14 digits as a number (pad with zeros on the left to print)"),
        _r("started_at_utc", UTC_US, "start of the event"),
        _c("duration_s", SMALL, "seconds"),
        _r("kind", TEXT, "as delivered"),
        _c("imsi", INT, "subscription, 15 digits as a number"),
        _c("msisdn", TEXT, "own number, E.164 with +"),
        _c("counterpart", TEXT, "E.164 with +, or short code; empty: none, withheld or undecided"),
        _c("sector_id", TEXT, "serving sector where the register knows it at that instant"),
        _c("operator", TEXT, "MCCMNC of the delivering network"),
        _r("imei_flag", SMALL, "0 as it should be, 1 wrong check digit"),
        *ORIGIN,
    ),
    ("imei", "started_at_utc", "source_id", "source_row"),
)
SIGHTING = Table(
    "sighting",
    "one place of one subscriber from a file that carries no IMEI (bandicoot, telcell)",
    (
        _r("subscriber", TEXT, "device or file owner as the file names it"),
        _r("seen_at_utc", UTC_US, "instant"),
        _c("kind", TEXT, "call_out, call_in, sms_out, sms_in, measurement"),
        _c("counterpart", TEXT, "as delivered"),
        _c("duration_s", INT, "seconds"),
        _c("sector", TEXT, "antenna or sector as delivered"),
        _c("lat", REAL, "degrees north of the mast"),
        _c("lon", REAL, "degrees east of the mast"),
        _c("azimuth_deg", REAL, "clockwise from true north"),
        *ORIGIN,
    ),
    ("source_id", "source_row"),
)
TAC_NAME = Table(
    "tac_name",
    "brand and model of one type allocation code, from the optional profiles/tac.csv",
    (
        _r("tac", TEXT, "type allocation code, 8 digits"),
        _c("brand", TEXT, "brand as that file has it"),
        _c("model", TEXT, "model as that file has it"),
    ),
    ("tac",),
)
FLEET_IMEI = Table(
    "fleet_imei",
    "one IMEI of the fleet that was seen in the records",
    (
        _r("imei", INT, "first 14 digits as a number"),
        _r("basis", TEXTS, "sale, tac, link: why it is of the fleet"),
        _c("sale_ids", TEXTS, "ledger lines that name it"),
        _c("sale_match", TEXT, "exact, one_digit, truncated; empty: no ledger line"),
        _c("linked_from", INT, "IMEI whose subscription it shares, for basis link"),
        _c("brand", TEXT, "brand by TAC, where an optional TAC file was given"),
        _c("model", TEXT, "model by TAC or ledger"),
        _r("records", INT, "records with this IMEI"),
    ),
    ("imei",),
)
FLEET_RECORD = Table(
    "fleet_record",
    "one record of one handset of the fleet: the extract that later stages read",
    (
        _r("handset_id", TEXT, "handset"),
        _r("started_at_utc", UTC_US, "start, as delivered"),
        _c("duration_s", SMALL, "seconds"),
        _r("kind", TEXT, "as delivered"),
        _r("imei", INT, "14 digits as a number"),
        _c("imsi", INT, "15 digits as a number"),
        _c("msisdn", TEXT, "own number, E.164 with +"),
        _c("counterpart", TEXT, "E.164 with +, or short code"),
        _c("sector_id", TEXT, "serving sector"),
        _c("operator", TEXT, "MCCMNC of the delivering network"),
        *ORIGIN,
    ),
    ("handset_id", "started_at_utc", "source_id", "source_row"),
)
CLONE_SPLIT = Table(
    "clone_split",
    "one IMEI that carried more than one subscription: how many handsets, and why",
    (
        _r("imei", INT, "14 digits as a number"),
        _r("subscriptions", INT, "distinct IMSIs"),
        _r("lower_bound", INT, "fewest handsets that explain the conflicts in time and place"),
        _r("estimate", INT, "handsets in the split"),
        _r("low", INT, "lower end of the interval"),
        _r("high", INT, "upper end of the interval"),
        _r("conflicts", INT, "pairs of subscriptions that cannot be one phone"),
    ),
    ("imei",),
)
CLOCK_OFFSET = Table(
    "clock_offset",
    "how far one network's clock is ahead of the others', by the rhythm of its day",
    (
        _r("operator", TEXT, "MCCMNC of the network that delivered the records"),
        _r("records", INT, "records behind it"),
        _r("offset_s", REAL, "seconds ahead; negative: behind"),
        _r("error_s", REAL, "standard error, from leaving out each tenth of the days"),
        _r("is_applied", FLAG, "the times of its records are set back by it when locating"),
    ),
    ("operator",),
)
HANDSET_SIM = Table(
    "handset_sim",
    "one subscription in one handset over one span",
    (
        _r("handset_id", TEXT, "handset"),
        _r("imsi", INT, "15 digits as a number"),
        _c("msisdn", TEXT, "number, where delivered"),
        _r("from_utc", UTC_US, "first record"),
        _r("until_utc", UTC_US, "last record"),
        _r("records", INT, "records"),
    ),
    ("handset_id", "imsi"),
)
NUMBER_REACH = Table(
    "number_reach",
    "how common a number is among all phones in the records (a count, never a list)",
    (
        _r("number", TEXT, "E.164 with +, or short code"),
        _r("phones", INT, "distinct IMEIs that called it or were called by it"),
        _r("fleet_handsets", INT, "distinct handsets of the fleet among them"),
    ),
    ("number",),
)
SECOND_CONTACT = Table(
    "second_contact",
    "one number that the fleet exchanged with and nobody declared, and one inmate whose declared "
    "numbers it exchanged with (a count, never which)",
    (
        _r("number", TEXT, "E.164 with +; a counterpart of a handset"),
        _r("inmate_id", TEXT, "inmate"),
        _r("declared_numbers", INT, "how many of the numbers that he declared"),
    ),
    ("number", "inmate_id"),
)
PRESENCE = Table(
    "presence",
    "one handset against one prison near its sectors: the terms behind a placement",
    (
        _r("handset_id", TEXT, "handset"),
        _r("prison_id", TEXT, "prison"),
        _c("from_utc", UTC_US, "start of the last span that fits the prison"),
        _c("until_utc", UTC_US, "last record of that span"),
        _r("records", INT, "records in the span"),
        _r("days", INT, "days with a record in the span"),
        _r("term", TEXTS, "names of the terms"),
        _r("value", pa.list_(REAL), "log10 LR of each term before calibration"),
        _r("raw_log10_lr", REAL, "their sum"),
        _r("worst_alternative", TEXT, "the alternative that explains the records best"),
        _r("worst_log10_lr", REAL, "log10 LR against that alternative alone"),
    ),
    ("handset_id", "prison_id"),
)
CALIBRATION_CHECK = Table(
    "calibration_check",
    "how one term of the phones near prisons is spread, against the worlds of the calibration",
    (
        _r("term", TEXT, "sectors, stays_put, users, silence, days or records_per_day"),
        _r("nearest", TEXT, "the world of the calibration whose spread is nearest"),
        _r("distance", REAL, "share by which it leaves the band that these worlds span"),
        _r("limit", REAL, "what is allowed, and what chance adds with so few phones"),
        _r("is_beyond", FLAG, "the case differs from what was calibrated"),
        _r("lr_factor", REAL, "by what every log10 LR of the case is multiplied for it"),
    ),
    ("term",),
)
FIND_CHECK = Table(
    "find_check",
    "one earlier find of a handset, and what would have been said on its day",
    (
        _r("find_id", TEXT, "find"),
        _r("handset_id", TEXT, "handset that it was"),
        _r("cell_id", TEXT, "cell where it was"),
        _r("p_cell", REAL, "probability of that cell by the records up to then, if in its prison"),
        _r("first_cell_id", TEXT, "cell that would have come first"),
        _r("p_first", REAL, "its probability"),
        _r("borne_out", REAL, "share of every user's probability that all finds together bear out"),
        _r(
            "elsewhere_share",
            REAL,
            "share of phones taken to lie in another cell than their user's",
        ),
    ),
    ("find_id",),
)
ATTRIBUTION_TERM = Table(
    "attribution_term",
    "one reason for or against one candidate user of one handset",
    (
        _r("handset_id", TEXT, "handset"),
        _r("inmate_id", TEXT, "candidate"),
        _r("term", TEXT, "contacts, absence, stay, transfer; now: who holds it at the end"),
        _r("log10_lr", REAL, "contribution before calibration; of `now`: against any other"),
        _r("words", TEXT, "the reason, in words and numbers"),
    ),
    ("handset_id", "inmate_id", "term"),
)
CELL_CHANCE = Table(
    "cell_chance",
    "one cell where a handset may be, to be searched or not",
    (
        _r("place", INT, "from 1, by p_any alone, whatever the limits of the search"),
        _r("prison_id", TEXT, "prison"),
        _r("cell_id", TEXT, "cell"),
        _r("p_any", REAL, "probability that a handset of the fleet is there, at least 0.01"),
        _r("expected_handsets", REAL, "expected handsets of the fleet there"),
        _c("target_rank", INT, "rank in target; empty: not to be searched"),
        _c("left_out", TEXT, "limit that leaves it out: prison_limit, max_cells, max_wrong_share"),
    ),
    ("place",),
)
BETWEEN = {
    t.name: t
    for t in (
        SOURCE,
        RECORD,
        SIGHTING,
        TAC_NAME,
        FLEET_IMEI,
        FLEET_RECORD,
        CLONE_SPLIT,
        CLOCK_OFFSET,
        HANDSET_SIM,
        NUMBER_REACH,
        SECOND_CONTACT,
        PRESENCE,
        CALIBRATION_CHECK,
        FIND_CHECK,
        ATTRIBUTION_TERM,
        CELL_CHANCE,
    )
}

# ------------------------------------------------------------------------ the outer contract

HANDSET = Table(
    "handset",
    "one physical phone of the fleet, as far as the records can tell phones apart",
    (
        _r("handset_id", TEXT, "H-<imei>-<n>, n from 1 within the IMEI"),
        _r("imei", TEXT, "14 digits"),
        _r("imsis", TEXTS, "subscriptions seen in it, 15 digits, sorted"),
        _r("msisdns", TEXTS, "their numbers, E.164 with +, sorted"),
        _r("basis", TEXTS, "sale, tac, link"),
        _r("first_seen_utc", UTC_US, "first record"),
        _r("last_seen_utc", UTC_US, "last record"),
        _r("records", INT, "records"),
        _c("sale_ids", TEXTS, "ledger lines that name its IMEI"),
        _c("model", TEXT, "model by TAC or ledger"),
        _r("handsets_on_imei", INT, "handsets told apart on this IMEI"),
        _r("find_id", TEXTS, "earlier finds of this handset"),
    ),
    ("handset_id",),
)
PLACEMENT = Table(
    "placement",
    "one candidate place of one handset at the knowledge horizon",
    (
        _r("handset_id", TEXT, "handset"),
        _c("prison_id", TEXT, "prison; empty: outside every prison"),
        _r(
            "log10_lr",
            REAL,
            "in this prison against not in it; empty prison: outside against in any",
        ),
        _r("posterior", REAL, "probability given the stated prior; sums to 1 over the handset"),
        _r("records_used", INT, "records behind it"),
        _r("worst_log10_lr", REAL, "against the best alternative alone, within the same bounds"),
        _c("worst_alternative", TEXT, "which alternative that is"),
    ),
    ("handset_id", "prison_id"),
)
ATTRIBUTION = Table(
    "attribution",
    "one candidate user of one handset at the horizon",
    (
        _r("handset_id", TEXT, "handset"),
        _c("inmate_id", TEXT, "inmate; empty: nobody listed"),
        _c("cell_id", TEXT, "cell where that inmate is held at the horizon"),
        _r("log10_lr", REAL, "this user against any other"),
        _r("posterior", REAL, "unconditional probability; sums to 1 over the handset"),
    ),
    ("handset_id", "inmate_id"),
)
TARGET = Table(
    "target",
    "one cell to search, best first",
    (
        _r("rank", INT, "from 1"),
        _r("prison_id", TEXT, "prison"),
        _r("cell_id", TEXT, "cell"),
        _r("p_any", REAL, "probability that a handset of the fleet is there"),
        _r("expected_handsets", REAL, "expected handsets of the fleet there"),
        _r("handset_ids", TEXTS, "handsets that point to it, strongest first"),
        _r("grounds", TEXT, "why, in words and numbers"),
    ),
    ("rank",),
)
OFFENCE_LINK = Table(
    "offence_link",
    "one handset tied to one offence",
    (
        _r("handset_id", TEXT, "handset"),
        _r("offence_id", TEXT, "offence"),
        _r("path", TEXTS, "identifiers from one to the other"),
        _r("records", INT, "records on the path"),
        _r(
            "grade",
            INT,
            "1 named, 2 swapped SIM or exchanged with a named number, 3 shared contact",
        ),
    ),
    ("handset_id", "offence_id", "grade"),
)
SET_ASIDE = Table(
    "set_aside",
    "one reason for which rows of one file were not used, or used in part",
    (
        _r("source", TEXT, "path below sources/"),
        _r("reason", TEXT, "one of the closed list"),
        _r("rows", INT, "rows"),
        _c("note", TEXT, "what and where, in words, with the first rows concerned"),
    ),
    ("source", "reason"),
)
OUTPUT = {t.name: t for t in (HANDSET, PLACEMENT, ATTRIBUTION, TARGET, OFFENCE_LINK, SET_ASIDE)}


def derived_tables() -> dict[str, Table]:
    """Return every table that can lie in `derived/`, by name."""
    inputs = {kind: normalised(kind) for kind in INPUT if kind != "retained_record"}
    return {**inputs, **BETWEEN, **OUTPUT}
