"""The words of the page, in each of its languages."""

from __future__ import annotations

from typing import Final

FIRST: Final = "en"
"""The language of who asks for none that there is."""

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "language": "English",
        "title": "Shared rides",
        "skip": "Skip to the content",
        "languages": "Language",
        "unnamed": "A lazpool hub",
        "lead": "Offers and requests for shared rides around here. Nobody stands between driver and passenger: "
        "everybody runs a node of their own, and this hub passes on what they post.",
        "now": "On the board",
        "offers": "Offers",
        "requests": "Requests",
        "neighbours": "Nodes connected",
        "map": "Where rides begin",
        "map_day": "in the next 24 hours",
        "map_hour": "from {hour} on, for an hour",
        "map_alt": "Map of cells about 20 km across, with the numbers of offers and requests that begin in each. "
        "The table below says the same.",
        "no_map": "This hub follows no area yet: it will as soon as somebody who joined it posts a ride.",
        "legend": "In each cell: offers (△) and requests (○), or &lt;3 for fewer than three of both together.",
        "hours": "Hour by hour",
        "hours_note": "Choose an hour to see its map. Times are those of {zone}.",
        "hour": "Hour",
        "all": "All 24 hours",
        "later": "Later than that",
        "cells": "Cell by cell",
        "cell": "Around",
        "others": "Cells with fewer than three",
        "nothing": "Nothing begins here in that time. Be the first to post a ride.",
        "few": "fewer than 3",
        "none": "–",
        "join": "Join",
        "join_how": "Install lazpool on a computer that you trust, then type this once, or scan the code:",
        "join_address": "Or, without what this hub says of itself:",
        "join_then": "Then say where you go: `lazpool offer` or `lazpool request`.",
        "join_wait": "The network of this hub is not open right now; try again in a minute.",
        "qr": "QR code to join this hub",
        "about": "About this hub",
        "operator": "Run by",
        "rules": "Rules of this community",
        "privacy": "What this page tells, and what it does not",
        "privacy_text": "It counts posts by cells of about 250 km², and by hours. A number below three is not told; "
        "totals are exact. Posts of closed groups are not counted. Who posted what stands nowhere here, nor any "
        "address; the hub itself does not know names. This page sets no cookie, runs no script, and asks nobody else "
        "for anything.",
        "fresh": "As of {time}.",
        "towns": "Towns: {source}.",
        "days": "Mon Tue Wed Thu Fri Sat Sun",
        "north": "N",
        "south": "S",
        "east": "E",
        "west": "W",
        "point": ".",
    },
    "fr": {
        "language": "Français",
        "title": "Trajets partagés",
        "skip": "Aller au contenu",
        "languages": "Langue",
        "unnamed": "Un relais lazpool",
        "lead": "Offres et demandes de covoiturage par ici. Personne ne se place entre conductrice et passager : "
        "chacun fait tourner son propre nœud, et ce relais transmet ce qu’ils publient.",
        "now": "En ce moment",
        "offers": "Offres",
        "requests": "Demandes",
        "neighbours": "Nœuds connectés",
        "map": "D’où partent les trajets",
        "map_day": "dans les 24 heures",
        "map_hour": "à partir de {hour}, pendant une heure",
        "map_alt": "Carte de cellules d’environ 20 km, avec le nombre d’offres et de demandes qui partent de chacune. "
        "Le tableau plus bas dit la même chose.",
        "no_map": "Ce relais ne suit encore aucune région : il le fera dès qu’un de ses membres publiera un trajet.",
        "legend": "Dans chaque cellule : offres (△) et demandes (○), ou &lt;3 s’il y en a moins de trois en tout.",
        "hours": "Heure par heure",
        "hours_note": "Choisissez une heure pour voir sa carte. Les heures sont celles de {zone}.",
        "hour": "Heure",
        "all": "Les 24 heures",
        "later": "Plus tard",
        "cells": "Cellule par cellule",
        "cell": "Autour de",
        "others": "Cellules de moins de trois trajets",
        "nothing": "Rien ne part d’ici à ce moment-là. Publiez le premier trajet.",
        "few": "moins de 3",
        "none": "–",
        "join": "Rejoindre",
        "join_how": "Installez lazpool sur un ordinateur de confiance, puis tapez ceci une fois, ou scannez le code :",
        "join_address": "Ou, sans ce que ce relais dit de lui-même :",
        "join_then": "Dites ensuite où vous allez : `lazpool offer` ou `lazpool request`.",
        "join_wait": "Le réseau de ce relais n’est pas ouvert en ce moment ; réessayez dans une minute.",
        "qr": "Code QR pour rejoindre ce relais",
        "about": "À propos de ce relais",
        "operator": "Tenu par",
        "rules": "Règles de cette communauté",
        "privacy": "Ce que cette page dit, et ce qu’elle tait",
        "privacy_text": "Elle compte les annonces par cellules d’environ 250 km² et par heures. Un nombre inférieur "
        "à trois n’est pas dit ; les totaux sont exacts. Les annonces des groupes fermés ne sont pas comptées. Qui a "
        "publié quoi n’y figure pas, ni aucune adresse ; le relais lui-même ne connaît pas les noms. Cette page ne "
        "dépose aucun cookie, n’exécute aucun script et ne demande rien à personne d’autre.",
        "fresh": "État à {time}.",
        "towns": "Villes : {source}.",
        "days": "lun. mar. mer. jeu. ven. sam. dim.",
        "north": "N",
        "south": "S",
        "east": "E",
        "west": "O",
        "point": ",",
    },
}


def language(asked: str, accepted: str) -> str:
    """Return the language to answer in: the one asked for in the address, else the best of Accept-Language."""
    if asked in WORDS:
        return asked
    best, most = FIRST, 0.0
    for part in accepted.split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        short, weight = name.lower().partition("-")[0], _weight(rest)
        if short in WORDS and weight > most:
            best, most = short, weight
    return best


def _weight(text: str) -> float:
    """Return the weight that `q=0.8` says, 1 where nothing is said, and 0 for nonsense."""
    name, _, value = text.strip().partition("=")
    try:
        return (float(value) if name.strip() == "q" else 0.0) if text.strip() else 1.0
    except ValueError:
        return 0.0
