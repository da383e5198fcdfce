"""What the words of a question ask for, whatever the tables: a share, a median, the oldest, all in order."""

from __future__ import annotations

import re
from typing import Literal

End = Literal["oldest", "newest"]


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)


_SHARE = re.compile(
    r"%|\b(?:per ?cent|percentage|share|proportion|rate|ratio|fraction|prozent|prozentual\w*|anteil\w*|quote"
    r"|pour ?cent|pourcentage|taux|por ?ciento|porcentaje|proporción|tasa|percentuale|quota)\b",
    re.IGNORECASE,
)
_OF_ALL = _words("of all", "overall", "in total", "aller", "insgesamt", "de tous", "de todos", "de todas")
_MEDIAN = _words(r"medians?", "médianes?", "medianas?", "mediane", "zentralwert")
_AVERAGE = _words(
    "averages?", "means?", "durchschnitt\\w*", "mittelwert\\w*", "moyennes?", "promedios?", "medi[ao]s?"
)
_DAYS = _words("days?", "tagen?", "tage", "jours?", "días?", "giorni", "dagen")
_SO_MANY_DAYS = re.compile(
    r"\b(?:(?:how many|number of|most|fewest|total|in) (?:\w+ )?days|(?:wie viele?|anzahl(?: der)?|meisten|wenigsten) (?:\w+ )?tagen?"
    r"|combien de jours|cuántos días)\b|^days of\b",
    re.IGNORECASE,
)
_WITHIN = _words("within", "binnen", "innerhalb", "en moins de", "dentro de", "in less than", "in under")
_NOT_WITHIN = _words(
    "not", "\\w+n't", "never", "longer", "more", "later", "nicht", "nie", "länger", "mehr", "später", "pas"
)
_TIME_OF_DAY = _words(
    "hours?", "minutes?", "seconds?", "times?", "moments?", "o'clock", "stunden?", "minuten?", "uhrzeit", "heures?",
    "horas?",
)  # fmt: skip
_OLDEST = _words(
    "oldest", "earliest", "longest", "since when", "ältest\\w*", "frühest\\w*", "längst\\w*", "seit wann",
    "plus (?:ancien|vieux|vieil)\\w*", "depuis quand", "más antigu\\w*", "desde cuándo", "più vecchi\\w*",
)  # fmt: skip
_NEWEST = _words(
    "newest", "latest", "most recent\\w*", "youngest", "neu?e?st\\w*", "jüngst\\w*", "spätest\\w*",
    "plus récent\\w*", "más reciente\\w*", "più recent\\w*",
)  # fmt: skip
_LAST_ONES = _words(
    "last", "first", "recent\\w*", "letzte\\w*", "erste\\w*", "derni\\w+", "premi\\w+", "últim\\w+"
)
_TIME = _words(
    "years?", "months?", "quarters?", "weeks?", "today", "yesterday", "since", "before", "after", "until", "between",
    "jahr\\w*", "monat\\w*", "quartal\\w*", "woche\\w*", "heute", "gestern", "seit", "bis", "zwischen", "ann?[ée]e?s?",
    "mois", "trimestres?", "semaines?", "depuis", "años?", "mes(?:es)?", "semanas?", "desde",
    "jan\\w*", "feb\\w*", "mar(?:ch|z|s|zo)?", "märz", "apr\\w*", "avril", "abril", "may|mai|mayo", "jun\\w*", "juin",
    "jul\\w*", "juillet", "aug\\w*", "août", "agosto", "sep\\w*", "o[ck]t\\w*", "nov\\w*", "dec(?:ember)?",
    "dez(?:ember)?", "décembre", "diciembre", "\\d{2,}",
    "spring", "summer", "autumn", "winter", "frühling", "sommer", "herbst",
)  # fmt: skip
_COUNT = _words(
    "\\d+", "top", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "dozen",
    "eine?n?", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "deux", "trois", "quatre", "cinq", "dix", "dos", "tres", "cuatro", "cinco", "diez", "which", "welche\\w*", "who",
)  # fmt: skip
_PLACES = _words(r"\w+ (?:decimals?(?: places?)?|places|nachkommastellen?|digits|décimales?|decimales)")
_IN_ORDER = re.compile(
    r",\s*(?:the\s+|with the\s+)?[\w-]+ first\b|\bzuerst\b|\b(?:descending|ascending|absteigend|aufsteigend)\b"
    r"|\bordre (?:dé)?croissant\b|\border(?:ed)? by\b",
    re.IGNORECASE,
)


def for_share(question: str) -> bool:
    """A percentage, a rate or a ratio."""
    return bool(_SHARE.search(question))


def for_share_of_all(question: str) -> bool:
    """A share of everything there is."""
    return bool(_OF_ALL.search(question))


def for_median(question: str) -> bool:
    """The value in the middle."""
    return bool(_MEDIAN.search(question))


def for_average(question: str) -> bool:
    """The mean."""
    return bool(_AVERAGE.search(question))


def for_days(question: str) -> bool:
    """A number of days."""
    return bool(_DAYS.search(question))


def for_so_many_days(question: str) -> bool:
    """How many days something lasts, in all."""
    return bool(_SO_MANY_DAYS.search(question))


def for_within(question: str) -> bool:
    """Not later than some time after."""
    return bool(_WITHIN.search(question)) and not _NOT_WITHIN.search(question)


def of_time_of_day(question: str) -> bool:
    """Hours or minutes are spoken of."""
    return bool(_TIME_OF_DAY.search(question))


def of_time(question: str) -> bool:
    """Some time is spoken of: a year, a month, since, before."""
    return bool(_TIME.search(question))


def for_end(question: str) -> End | None:
    """The oldest or the newest of something; None where it is neither, or both."""
    oldest, newest = _OLDEST.search(question), _NEWEST.search(question)
    if bool(oldest) == bool(newest):
        return None
    return "oldest" if oldest else "newest"


def of_last_ones(question: str) -> bool:
    """The first or last ones in time may be meant."""
    return bool(_LAST_ONES.search(question))


def for_all_in_order(question: str) -> bool:
    """Everything, with the highest or lowest first, and no number of how many."""
    return bool(_IN_ORDER.search(question)) and not _COUNT.search(_PLACES.sub("", question))


def only_of_decimals(question: str) -> bool:
    """A number of decimals is named, and no number of anything else."""
    return bool(_PLACES.search(question)) and not _COUNT.search(_PLACES.sub("", question))
