"""What a single value or a sentence gives away: identity numbers, telephones, cards, names beside a title.

>>> kind_of("11010519491231002X"), kind_of("13800138000"), kind_of("路灯不亮")
('id_number', 'phone', '')
>>> found_in("请联系王建国主任，电话 13800138000")
[('name', '王建国主任'), ('phone', '13800138000')]
>>> scrub("王建国主任 13800138000")
'［姓名］ ［电话］'
"""

from __future__ import annotations

import re
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])")
_OLD_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)")
_CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·. ]?(?:[A-HJ-NP-Z0-9]{5,6})(?![A-Z0-9])")
# The commonest family names: nine of ten people. Two-character ones first.
_COMPOUND = "欧阳|司马|上官|诸葛|司徒|皇甫|尉迟|公孙|慕容|令狐|端木|东方|夏侯|长孙|宇文"
_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾"
    "夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪翁柳尤褚卫"
)
_FAMILY = f"(?:{_COMPOUND}|[{_SINGLE}])"
_TITLES = "先生|女士|小姐|同志|老师|主任|书记|局长|科长|经理|医生|大爷|大妈|阿姨|师傅|校长|院长|队长|村民|居民|户主"
# The longer name is taken only where a title or a mark follows; "张三丰老师" is a name, "王府井街道" is none.
_NAMED = re.compile(f"{_FAMILY}[\u4e00-\u9fa5]{{0,2}}?(?:{_TITLES})")
_CALLED = re.compile(f"(?:姓名|联系人|户主|负责人|申请人|患者|学生)(?:为|是)?[：:，, ]?{_FAMILY}[\u4e00-\u9fa5]{{1,2}}")
_FULL_NAME = re.compile(f"{_FAMILY}[\u4e00-\u9fa5]{{1,2}}")
_ADDRESS = re.compile(r".*(?:省|市|区|县|镇|乡|街道|村|路|街|巷|弄).*\d+\s*(?:号|室|栋|幢|单元|组|户)")
TAGS = {
    "id_number": "［证件号］", "phone": "［电话］", "bank_card": "［卡号］", "email": "［邮箱］", "plate": "［车牌］", "name": "［姓名］",
}  # fmt: skip
NEEDLE = r"[0-9]{7,}|[0-9]{3}[- ][0-9]{4}|@|先生|女士|小姐|同志|老师|主任|书记|局长|科长|经理|医生|大爷|大妈|阿姨|师傅|校长|院长|队长|村民|居民|户主|姓名|联系人|负责人|申请人|患者|学生|[A-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}"


def is_identity_number(text: str) -> bool:
    """Say whether 18 characters are a resident identity number (公民身份号码, GB 11643): a real date and check digit."""
    given = text.strip().upper()
    if not _ID.fullmatch(given):
        return False
    try:
        date(int(given[6:10]), int(given[10:12]), int(given[12:14]))
    except ValueError:
        return False
    return _CHECKS[sum(w * int(c) for w, c in zip(_WEIGHTS, given[:17], strict=True)) % 11] == given[17]


def is_card(text: str) -> bool:
    """Say whether 16 to 19 digits pass the check of bank cards (Luhn)."""
    if not _CARD.fullmatch(text):
        return False
    total = 0
    for at, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def kind_of(value: object) -> str:
    """Return what a whole value is: a kind of `TAGS`, `address`, or nothing."""
    text = str(value).strip()
    if is_identity_number(text) or _OLD_ID.fullmatch(text):
        return "id_number"
    if _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text):
        return "phone"
    if is_card(text):
        return "bank_card"
    if _MAIL.fullmatch(text):
        return "email"
    if _PLATE.fullmatch(text):
        return "plate"
    if _ADDRESS.fullmatch(text):
        return "address"
    return "name" if _FULL_NAME.fullmatch(text) else ""


def _spans(text: str) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for kind, pattern, test in (
        ("id_number", _ID, None), ("email", _MAIL, None), ("phone", _MOBILE, None), ("phone", _LANDLINE, None), ("bank_card", _CARD, is_card),
        ("id_number", _OLD_ID, None), ("plate", _PLATE, None), ("name", _CALLED, None), ("name", _NAMED, None),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            if (test is None or test(match.group())) and all(match.end() <= a or match.start() >= b for a, b, _k in found):
                found.append((match.start(), match.end(), kind))
    return sorted(found)


def found_in(text: str) -> list[tuple[str, str]]:
    """Return what a sentence gives away, in its order: (kind, the very words)."""
    return [(kind, text[a:b]) for a, b, kind in _spans(text)]


def scrub(text: str) -> str:
    """Return the sentence with a tag in the place of each finding."""
    made, at = [], 0
    for a, b, kind in _spans(text):
        made += [text[at:a], TAGS[kind]]
        at = b
    return "".join([*made, text[at:]])
