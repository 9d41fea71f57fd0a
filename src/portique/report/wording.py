"""The words of the page, French and English."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One text in both languages."""

    fr: str
    en: str


class Meaning(NamedTuple):
    """A figure's name in both languages, and its rule in French (the English one is stored)."""

    name: Words
    rule_fr: str


FIGURES: dict[str, Meaning] = {
    "sale_lines": Meaning(Words("Lignes de vente", "Lines of the ledger"), "lignes"),
    "handsets_sold": Meaning(
        Words("Téléphones vendus", "Handsets sold"),
        "somme des quantités, là où le registre en donne",
    ),
    "records": Meaning(Words("Données de connexion", "Retained records"), "lignes"),
    "imeis_in_records": Meaning(
        Words("Téléphones vus (IMEI)", "Phones seen (IMEIs)"),
        "IMEI distincts, du parc et de tous les autres",
    ),
    "fleet_imeis": Meaning(Words("dont IMEI du parc", "of these, IMEIs of the fleet"), "lignes"),
    "handsets": Meaning(Words("Téléphones du parc", "Handsets of the fleet"), "lignes"),
    "handsets_by_basis": Meaning(
        Words("Téléphones par motif de rattachement", "Handsets by basis"),
        "lignes dont le motif est cité ; un téléphone peut en avoir plusieurs",
    ),
    "cloned_imeis": Meaning(
        Words("IMEI partagés par plusieurs téléphones", "IMEIs shared by several handsets"),
        "lignes dont l'estimation dépasse 1",
    ),
    "handsets_on_cloned_imeis": Meaning(
        Words("Téléphones sur ces IMEI", "Handsets on those IMEIs"), "somme de ces estimations"
    ),
    "located_in_prison": Meaning(
        Words("Situés dans un établissement", "Located in a prison"),
        "téléphones dont un établissement a une probabilité a posteriori d'au moins 0,90",
    ),
    "located_outside": Meaning(
        Words("Situés hors de tout établissement", "Located outside every prison"),
        "téléphones dont l'extérieur a une probabilité a posteriori d'au moins 0,90",
    ),
    "not_decided": Meaning(
        Words("Sans décision", "Not decided"), "téléphones sans lieu d'au moins 0,90"
    ),
    "expected_in_prison": Meaning(
        Words("Attendus en détention (espérance)", "Expected in prison"),
        "somme des probabilités a posteriori de tous les établissements",
    ),
    "targets": Meaning(
        Words("Cellules proposées à la fouille", "Cells proposed for search"),
        "lignes, dans les limites fixées par le dossier",
    ),
    "expected_yield": Meaning(
        Words("Cellules fouillées où un téléphone est attendu", "Searched cells with a handset"),
        "cellules avec au moins un téléphone : somme de p_any ; intervalle à 90 % : loi de "
        "Poisson-binomiale, les cotes de toutes les cellules étant fausses ensemble d'un même "
        "facteur (écart type de son logarithme : 0,5)",
    ),
    "expected_yield_by_cells": Meaning(
        Words("Le même, selon le nombre de cellules", "The same by number of cells"),
        "le même calcul pour les premières cellules seules",
    ),
    "searched_for_nothing": Meaning(
        Words("Cellules fouillées pour rien (espérance)", "Cells searched for nothing"),
        "cellules sans téléphone : somme de 1 - p_any ; au plus, comme l'intervalle du rendement",
    ),
    "one_more_search": Meaning(
        Words("Ce que vaut une fouille de plus", "What one more search is worth"),
        "p_any de la première cellule non retenue qu'aucune limite d'établissement n'écarte",
    ),
    "more_searches": Meaning(
        Words("Ce que valent plusieurs fouilles de plus", "What more searches are worth"),
        "somme de p_any d'autant de ces cellules",
    ),
    "worth_of_each_search": Meaning(
        Words("Ce que vaut chaque fouille", "What each search is worth"),
        "place dans la liste, prolongée au-delà de sa fin, et p_any à cette place",
    ),
    "prison_limits": Meaning(
        Words("Ce que coûtent les limites par établissement", "What limits of prisons cost"),
        "rendement attendu sans les limites par établissement, moins celui avec elles",
    ),
    "handsets_linked_to_offences": Meaning(
        Words("Téléphones liés à une infraction", "Handsets tied to an offence"),
        "identifiants handset_id distincts",
    ),
    "offence_links_by_grade": Meaning(
        Words("Liens avec une infraction, par degré", "Ties to offences by grade"),
        "lignes par degré",
    ),
    "sources_used": Meaning(Words("Fichiers utilisés", "Files used"), "lignes d'état used"),
    "sources_refused": Meaning(Words("Fichiers refusés", "Files refused"), "lignes d'état refused"),
    "sources_unreadable": Meaning(
        Words("Fichiers illisibles", "Files unreadable"), "lignes d'état unreadable"
    ),
    "sources_held": Meaning(
        Words("Fichiers conservés sans lecture", "Files held unread"), "lignes d'état held"
    ),
    "rows_read": Meaning(Words("Lignes lues", "Rows read"), "somme de rows_read"),
    "rows_used": Meaning(Words("Lignes utilisées", "Rows used"), "somme de rows_used"),
    "rows_by_reason": Meaning(
        Words("Lignes écartées, par motif", "Rows set aside, by reason"),
        "somme des lignes par motif",
    ),
}

REASONS: dict[str, Words] = {
    "malformed_row": Words("ligne mal formée", "malformed row"),
    "malformed_identifier": Words("identifiant mal formé", "malformed identifier"),
    "malformed_time": Words("date ou heure mal formée", "malformed time"),
    "undecodable": Words("texte indéchiffrable", "undecodable"),
    "duplicate": Words("doublon", "duplicate"),
    "outside_period": Words("hors de la période couverte", "outside the covered period"),
    "after_horizon": Words("postérieure à la date d'arrêt", "after the horizon"),
    "privileged": Words("ligne d'avocat (secret)", "privileged (lawyer)"),
    "refused_source": Words("fichier refusé", "refused file"),
    "sector_unknown": Words(
        "secteur inconnu (gardée, sans lieu)", "sector unknown (kept, no place)"
    ),
    "number_undecided": Words(
        "numéro indécis (gardée, jamais liée)", "number undecided (kept, never linked)"
    ),
}

STATUSES: dict[str, Words] = {
    "used": Words("utilisé", "used"),
    "refused": Words("refusé", "refused"),
    "unreadable": Words("illisible", "unreadable"),
    "held": Words("conservé", "held"),
}

BASES: dict[str, Words] = {
    "sale": Words("vente", "sale"),
    "tac": Words("modèle (TAC)", "model (TAC)"),
    "link": Words("carte SIM partagée", "shared SIM"),
}

KINDS: dict[str, Words] = {
    "sale": Words("ventes", "sales"),
    "retained_record": Words("données de connexion", "retained records"),
    "sector": Words("secteurs radio", "radio sectors"),
    "prison": Words("établissements", "prisons"),
    "prison_cell": Words("cellules", "cells"),
    "stay": Words("affectations en cellule", "stays in cells"),
    "absence": Words("absences de la cellule", "absences from the cell"),
    "declared_contact": Words("contacts déclarés", "declared contacts"),
    "find": Words("saisies antérieures", "earlier finds"),
    "offence": Words("infractions", "offences"),
    "capture": Words("captures", "captures"),
    "image": Words("copies de téléphones", "phone images"),
    "traffic": Words("captures réseau", "network captures"),
}

AUTHORITIES: dict[str, Words] = {
    "requisition": Words("réquisition", "requisition"),
    "order": Words("ordonnance", "order"),
    "letter_rogatory": Words("commission rogatoire", "letter rogatory"),
    "agreement": Words("accord", "agreement"),
}

ALTERNATIVES: dict[str, Words] = {
    "neighbour": Words("un voisin de l'établissement", "a neighbour of the prison"),
    "housebound neighbour": Words(
        "un voisin qui ne quitte guère son domicile", "a neighbour who hardly leaves home"
    ),
    "guard": Words("un agent de l'établissement", "somebody who works in the prison"),
    "visitor": Words("un visiteur", "a visitor"),
    "passer-by": Words("une personne de passage", "a passer-by"),
}

TERMS: dict[str, Words] = {
    "absence": Words("absences", "absences"),
    "cell": Words("cellule", "cell"),
    "contacts": Words("contacts déclarés", "declared contacts"),
    "now": Words("détenteur actuel", "present holder"),
    "second_degree": Words("contacts de contacts", "contacts of contacts"),
    "span": Words("période de détention", "span of the stay"),
    "stay": Words("période de détention", "span of the stay"),
    "transfer": Words("transfert", "transfer"),
}

MONTHS = (
    Words("janvier", "January"),
    Words("février", "February"),
    Words("mars", "March"),
    Words("avril", "April"),
    Words("mai", "May"),
    Words("juin", "June"),
    Words("juillet", "July"),
    Words("août", "August"),
    Words("septembre", "September"),
    Words("octobre", "October"),
    Words("novembre", "November"),
    Words("décembre", "December"),
)


def named(names: dict[str, Words], name: str) -> Words:
    """Return what a page calls something; a name that it does not know stands as it is.

    >>> named(STATUSES, "lost").fr
    'lost'
    """
    return names.get(name, Words(name, name))


def without_refused(left_out: int) -> Words | None:
    """Return what stands beside every figure when refused files were left out; None: none were.

    >>> without_refused(1).en, without_refused(0)
    ('without 1 refused file', None)
    """
    if not left_out:
        return None
    s = "s" if left_out > 1 else ""
    return Words(f"sans {left_out} fichier{s} refusé{s}", f"without {left_out} refused file{s}")


def beside(words: Words, said: Words | None) -> Words:
    """Return a heading with what is said beside it.

    >>> beside(Words("Ici", "Here"), Words("sans", "without")).en
    'Here, without'
    """
    return Words(f"{words.fr}, {said.fr}", f"{words.en}, {said.en}") if said else words
