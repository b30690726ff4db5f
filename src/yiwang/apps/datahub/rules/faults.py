"""What is wrong with something that a person wrote: a code and values, to which the door gives words in his language."""

from __future__ import annotations


class Fault(ValueError):
    """`where` is the kind of place ("column", "rule", "line" or a word of the file), `at` which one, `code` what is wrong, `values` its facts.

    >>> str(Fault("column", "kind", at="amount", known="string, integer"))
    'column amount: kind (known: string, integer)'
    """

    def __init__(self, where: str, code: str, *, at: str = "", **values: object) -> None:
        self.place, self.at, self.code, self.values = where, at, code, values
        self.where = f"{where} {at}".strip()
        self.what = code + (f" ({', '.join(f'{k}: {v}' for k, v in values.items())})" if values else "")
        super().__init__(f"{self.where}: {self.what}")
