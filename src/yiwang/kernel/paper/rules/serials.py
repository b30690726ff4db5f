"""Printed numbers and plate codes: read aloud and typed by hand, so a slip is noticed."""

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, none that is mistaken for another


def check_letter(text: str) -> str:
    """Return a letter that changes when one letter is wrong or two neighbours are swapped (weights odd, modulo 32).

    Examples
    --------
    >>> check_letter("P26000042") != check_letter("P26000024")
    True
    """
    total = 0
    for index, letter in enumerate(text):
        total += (2 * index + 1) * (ord(letter) % 97)
    return LETTERS[total % 32]


def serial(year: int, number: int) -> str:
    """Return a form's number, such as `P26-000042-K`."""
    body = f"P{year % 100:02d}{number:06d}"
    return f"{body[:3]}-{body[3:]}-{check_letter(body)}"


def read_serial(typed: str) -> str | None:
    """Return the number as printed, of what somebody typed or scanned; None when it cannot be one.

    Examples
    --------
    >>> read_serial(" p26 000042 " + check_letter("P26000042").lower()) == serial(2026, 42)
    True
    >>> read_serial("P26-000043-" + check_letter("P26000042")) is None
    True
    """
    plain = "".join(c for c in typed.upper() if c.isalnum())
    if len(plain) < 10 or plain[0] != "P" or not plain[1:-1].isdigit() or check_letter(plain[:-1]) != plain[-1]:
        return None
    return f"{plain[:3]}-{plain[3:-1]}-{plain[-1]}"


def read_code(typed: str) -> str:
    """Return a plate's code as stored, of what somebody typed."""
    return "".join(c for c in typed.upper() if c in LETTERS)[:8]
