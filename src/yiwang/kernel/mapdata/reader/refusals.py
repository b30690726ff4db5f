"""Why a file is not read; the words for people are beside the pages (mapdata/words.py)."""

from typing import Any


class Refused(Exception):
    """The whole file is refused: `code` is a word, `facts` fill the sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
