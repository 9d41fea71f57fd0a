"""The words of a request, French and English. The procedure's document holds French alone."""

from __future__ import annotations

import re

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Demande d'autorisation de fouille", "Request for authority to search"),
    "reading_copy": ("", "Reading copy; the document of the procedure is the French one."),
    "case": ("Affaire", "Case"),
    "number": ("Demande n°", "Request no."),
    "prison": ("Établissement", "Prison"),
    "cell": ("Cellule", "Cell"),
    "building": ("bâtiment", "building"),
    "floor": ("étage", "floor"),
    "period": ("Période demandée", "Period asked for"),
    "scope": ("Actes demandés", "Acts asked for"),
    "basis": ("Fondement", "Legal basis"),
    "basis_open": ("à préciser par le magistrat", "to be stated by the magistrate"),
    "asked": ("Objet", "What is asked"),
    "ask": (
        "Autoriser, dans la cellule désignée et pendant la période indiquée, la recherche et la "
        "saisie de téléphones du parc visé par l'enquête.",
        "To authorise, in the cell named and within the period stated, the search for and the "
        "seizure of handsets of the fleet under investigation.",
    ),
    "grounds": ("Motifs", "Grounds"),
    "chance": (
        "Probabilité qu'au moins un téléphone du parc se trouve dans la cellule : {p} (nombre "
        "attendu : {n}). Données arrêtées au {as_of}.",
        "Probability that at least one handset of the fleet is in the cell: {p} (expected number: "
        "{n}). Data up to {as_of}.",
    ),
    "handset": ("Téléphone", "Handset"),
    "imei": ("IMEI", "IMEI"),
    "model": ("modèle", "model"),
    "here": ("probabilité dans cette cellule", "probability in this cell"),
    "records": (
        "{records} enregistrements sur {days} jours dans les secteurs desservant l'établissement.",
        "{records} records over {days} days on sectors that serve the prison.",
    ),
    "place": (
        "Présence dans l'établissement plutôt qu'ailleurs : {support} (log10 du rapport de "
        "vraisemblance {lr}).",
        "In this prison rather than elsewhere: {support} (log10 LR {lr}).",
    ),
    "user": (
        "Utilisateur le plus probable dans cette cellule : détenu {inmate}, plutôt que tout "
        "autre : {support} (log10 du rapport de vraisemblance {lr}).",
        "Most probable user in this cell: inmate {inmate}, rather than any other: {support} "
        "(log10 LR {lr}).",
    ),
    "against": ("contre cette hypothèse", "against this statement"),
    "element": ("Élément", "Element"),
    "strength": ("log10 RV", "log10 LR"),
    "says": ("Constatation", "Finding"),
    "sources": ("Données détenues en vertu de", "Data held under"),
    "scale": (
        "Un rapport de vraisemblance compare deux hypothèses ; il n'est pas la probabilité de "
        "l'une d'elles. Échelle verbale : guide ENFSI (2015).",
        "A likelihood ratio compares two statements and is the probability of neither. Verbal "
        "scale: ENFSI guideline (2015).",
    ),
    "first": ("Premier signataire\n(nom, qualité, date)", "First signatory\n(name, role, date)"),
    "second": ("Magistrat\n(nom, qualité, date)", "Magistrate\n(name, role, date)"),
    "footer": (
        "{id} · journal : {size} entrées, racine {root}\ntable target : sha256 {target}",
        "{id} · journal: {size} entries, root {root}\ntable target: sha256 {target}",
    ),
    "until": ("du {start} au {end} ({zone})", "from {start} to {end} ({zone})"),
}

SCOPE = {"search": ("fouille", "search"), "seize": ("saisie", "seizure")}

TERMS = {
    "absence": ("absences de la cellule", "absences from the cell"),
    "contacts": ("contacts déclarés", "declared contacts"),
    "second_degree": ("contacts de contacts", "contacts of contacts"),
    "stay": ("période de détention", "span of the stay"),
    "transfer": ("transfert", "transfer"),
    "now": ("détenteur actuel", "present holder"),
}

_FRENCH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english + r"\Z"), french)
    for english, french in (
        (
            r"exchanges with (\d+) of the numbers this inmate declared",
            r"échanges avec \1 des numéros déclarés par ce détenu",
        ),
        (
            r"exchanges with (\d+) of the numbers this inmate declared or met on a phone found on "
            r"him",
            r"échanges avec \1 des numéros déclarés par ce détenu ou d'un téléphone trouvé sur lui",
        ),
        (
            r"exchanges with (\d+) numbers that nobody declared and that exchange with numbers "
            r"this inmate declared",
            r"échanges avec \1 numéros que personne n'a déclarés et qui échangent avec des numéros "
            r"déclarés par ce détenu",
        ),
        (
            r"used (\d+) times while he was listed as absent from his cell, where the phone's "
            r"habits would expect ([\d.]+)",
            r"utilisé \1 fois pendant ses absences de la cellule, \2 attendues selon les habitudes "
            r"du téléphone",
        ),
        (
            r"used while he was held here, rather than before he came",
            r"utilisé pendant sa détention ici plutôt qu'avant son arrivée",
        ),
        (
            r"seen earlier at another prison, where he was held then as well",
            r"vu auparavant dans un autre établissement, où il était alors détenu",
        ),
        (
            r"numbers this inmate declared or met on a phone found on him on none of the (\d+) "
            r"days of use here",
            r"aucun numéro déclaré par ce détenu, ni d'un téléphone trouvé sur lui, pendant les \1 "
            r"jours d'usage ici",
        ),
        (
            r"numbers this inmate declared on none of the (\d+) days of use here",
            r"aucun numéro déclaré par ce détenu pendant les \1 jours d'usage ici",
        ),
        (
            r"numbers this inmate declared or met on a phone found on him on (\d+) of the (\d+) "
            r"days of use here, last on (\d{4})-(\d\d)-(\d\d), with (\d+) days of use after that",
            r"numéros déclarés par ce détenu ou d'un téléphone trouvé sur lui pendant \1 des \2 "
            r"jours d'usage ici, la dernière fois le \5/\4/\3, suivie de \6 jours d'usage",
        ),
        (
            r"numbers this inmate declared on (\d+) of the (\d+) days of use here, last on "
            r"(\d{4})-(\d\d)-(\d\d), with (\d+) days of use after that",
            r"numéros déclarés par ce détenu pendant \1 des \2 jours d'usage ici, la dernière fois "
            r"le \5/\4/\3, suivie de \6 jours d'usage",
        ),
    )
)


def french(words: str) -> str:
    """Return what a term says in French; empty: the catalogue has no words for it.

    >>> french("exchanges with 3 of the numbers this inmate declared")
    'échanges avec 3 des numéros déclarés par ce détenu'
    """
    for pattern, said in _FRENCH:
        found = pattern.match(words)
        if found:
            return _decimal(found.expand(said))
    return ""


def _decimal(words: str) -> str:
    return re.sub(r"(?<=\d)\.(?=\d)", ",", words)
