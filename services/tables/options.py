"""Options that a person typed, looked at before they are used."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from services.errors import InvalidInput
from services.tables.shapes import ColumnType, ReadOptions

_MOMENT = datetime(2001, 11, 22, 13, 44, 55)


def checked(options: ReadOptions) -> ReadOptions:
    """The options. InvalidInput for those that nothing could be read with."""
    for name, sign in (("delimiter", options.delimiter), ("quote", options.quote)):
        if sign and (len(sign) != 1 or sign in "\r\n\0"):
            raise InvalidInput(f"The {name} is one character, such as a comma or a tab.")
    if options.delimiter and options.delimiter == options.quote:
        raise InvalidInput("Delimiter and quote cannot be the same character.")
    if options.decimal not in (None, "", ".", ","):
        raise InvalidInput("The mark before a fraction is a point or a comma.")
    if options.thousands and (len(options.thousands) != 1 or options.thousands.isalnum()):
        raise InvalidInput("The mark between thousands is one character, such as a comma or a space.")
    if options.thousands and options.thousands == options.decimal:
        raise InvalidInput("Fractions and thousands cannot have the same mark.")
    if options.date_format and not _is_date_format(options.date_format):
        raise InvalidInput(
            "Write the format of dates like %d.%m.%Y, with %d for the day, %m the month, %Y the year."
        )
    if unknown := [kind for kind in options.types.values() if kind not in get_args(ColumnType)]:
        raise InvalidInput(
            f"A column is no {unknown[0][:40]}. Choose one of {', '.join(get_args(ColumnType))}."
        )
    return options


def _is_date_format(format_: str) -> bool:
    try:
        read = datetime.strptime(_MOMENT.strftime(format_), format_)
    except ValueError:
        return False
    return (
        "%" in format_
        and (read.month, read.day) in ((_MOMENT.month, _MOMENT.day), (1, 1))
        and len(format_) <= 60
    )
