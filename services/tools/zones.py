"""Time zones by the names people use: cities, countries, abbreviations, offsets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from services.errors import InvalidInput

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", re.ASCII)

# Places that name no IANA zone themselves. Abbreviations mean the zone as people live in it, summer time included.
_ELSEWHERE = {
    "UTC": "z, zulu, gmt, utc",
    "America/Los_Angeles": (
        "pst, pdt, pt, pacific, san francisco, sf, "
        "la, seattle, san diego, portland, las vegas, silicon valley"
    ),
    "America/Denver": "mst, mdt, mt, mountain, salt lake city, utah, colorado",
    "America/Chicago": (
        "cst, cdt, ct, central, dallas, houston, "
        "austin, san antonio, new orleans, minneapolis, memphis, texas"
    ),
    "America/New_York": (
        "est, edt, et, eastern, nyc, ny, boston, "
        "washington, washington dc, miami, atlanta, philadelphia, orlando, florida"
    ),
    "America/Toronto": "montreal, ottawa, quebec",
    "America/Sao_Paulo": "rio, rio de janeiro, sao paulo, são paulo, brasilia, brazil",
    "America/Mexico_City": "mexico",
    "America/Argentina/Buenos_Aires": "argentina",
    "America/Bogota": "colombia, medellin",
    "America/Lima": "peru",
    "America/Santiago": "chile",
    "Europe/London": (
        "bst, uk, england, britain, united kingdom, "
        "great britain, scotland, wales, manchester, edinburgh, birmingham"
    ),
    "Europe/Dublin": "ireland",
    "Europe/Lisbon": "portugal, porto",
    "Europe/Paris": "france, lyon, marseille, cet cest",
    "Europe/Berlin": (
        "germany, deutschland, munich, münchen, frankfurt, hamburg, cologne, köln, stuttgart, düsseldorf"
    ),
    "Europe/Madrid": "spain, barcelona, valencia, seville",
    "Europe/Rome": "italy, milan, naples, florence, venice, turin",
    "Europe/Zurich": "switzerland, geneva, bern, basel, zürich",
    "Europe/Vienna": "austria, wien, salzburg",
    "Europe/Amsterdam": "netherlands, holland, rotterdam, the hague",
    "Europe/Brussels": "belgium, antwerp",
    "Europe/Copenhagen": "denmark",
    "Europe/Stockholm": "sweden, gothenburg",
    "Europe/Oslo": "norway, bergen",
    "Europe/Helsinki": "finland, eet, eest",
    "Europe/Warsaw": "poland, krakow, gdansk",
    "Europe/Prague": "czechia, czech republic",
    "Europe/Budapest": "hungary",
    "Europe/Bucharest": "romania",
    "Europe/Athens": "greece",
    "Europe/Kyiv": "ukraine, kiev, kyiv",
    "Europe/Moscow": "msk, saint petersburg, st petersburg",
    "Europe/Istanbul": "turkey, türkiye, ankara",
    "Africa/Cairo": "egypt, alexandria",
    "Africa/Lagos": "nigeria, abuja",
    "Africa/Nairobi": "kenya",
    "Africa/Johannesburg": "south africa, cape town, durban, pretoria",
    "Asia/Jerusalem": "israel, tel aviv",
    "Asia/Dubai": "uae, abu dhabi, united arab emirates",
    "Asia/Riyadh": "saudi arabia, mecca, jeddah",
    "Asia/Kolkata": "ist, india, mumbai, delhi, bangalore, bengaluru, chennai, hyderabad, pune, new delhi",
    "Asia/Karachi": "pakistan, lahore, islamabad",
    "Asia/Dhaka": "bangladesh",
    "Asia/Bangkok": "thailand, hanoi",
    "Asia/Ho_Chi_Minh": "vietnam, saigon",
    "Asia/Jakarta": "indonesia",
    "Asia/Singapore": "sgt",
    "Asia/Kuala_Lumpur": "malaysia",
    "Asia/Manila": "philippines",
    "Asia/Shanghai": "china, beijing, peking, shenzhen, guangzhou, chengdu",
    "Asia/Hong_Kong": "hkt",
    "Asia/Taipei": "taiwan",
    "Asia/Seoul": "kst, korea, south korea, busan",
    "Asia/Tokyo": "jst, japan, osaka, kyoto, yokohama, sapporo",
    "Australia/Sydney": "aest, aedt, canberra",
    "Australia/Perth": "awst",
    "Pacific/Auckland": "nzst, nzdt, new zealand, wellington, christchurch",
    "Pacific/Honolulu": "hst, hawaii",
    "America/Anchorage": "alaska",
}


def find_zone(place: str) -> tzinfo:
    """The time zone of a city, country, IANA name, abbreviation or offset such as UTC+2. Raises InvalidInput."""
    words = _simplified(place)
    if offset := _OFFSET.fullmatch(words):
        return _fixed(*offset.groups())
    names = _names()
    for candidate in (words, words.partition(",")[0].strip(), words.rpartition(",")[2].strip()):
        if candidate in names:
            return ZoneInfo(names[candidate])
    near = get_close_matches(words, names, n=3, cutoff=0.75)
    hint = (
        f" Did you mean {' or '.join(near)}?"
        if near
        else " Give a large city nearby, such as Berlin or New York."
    )
    raise InvalidInput(f"No time zone is known for “{place.strip()[:60]}”.{hint}")


def zone_name(zone: tzinfo) -> str:
    """`Europe/Berlin`, or `UTC+02:00` for a fixed offset."""
    return zone.key if isinstance(zone, ZoneInfo) else str(zone)


def _simplified(place: str) -> str:
    words = " ".join(place.lower().replace("_", " ").split())
    return words.removeprefix("in ").removesuffix(" time").removesuffix(" timezone").strip(" .?")


def _fixed(sign: str, hours: str, minutes: str | None) -> tzinfo:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > timedelta(hours=14):
        raise InvalidInput("Offsets from UTC lie between -12 and +14 hours.")
    return timezone(offset if sign == "+" else -offset)


@cache
def _names() -> Mapping[str, str]:
    """Every known name in lower case, with its IANA zone; a person's names win over IANA's own old ones."""
    zones = sorted(available_timezones())
    names = {zone.rpartition("/")[2].lower().replace("_", " "): zone for zone in zones if "/" in zone}
    names |= {zone.lower().replace("_", " "): zone for zone in zones}
    for zone, places in _ELSEWHERE.items():
        names |= dict.fromkeys(places.split(", "), zone)
    return names
