"""Names of invented people."""

from random import Random

FAMILY = (("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("赵", "Zhao"), ("黄", "Huang"),
          ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"), ("马", "Ma"), ("朱", "Zhu"), ("胡", "Hu"), ("郭", "Guo"), ("何", "He"),
          ("林", "Lin"), ("高", "Gao"), ("罗", "Luo"))  # fmt: skip
GIVEN = (("伟", "Wei"), ("芳", "Fang"), ("敏", "Min"), ("静", "Jing"), ("丽", "Li"), ("强", "Qiang"), ("磊", "Lei"), ("洋", "Yang"),
         ("艳", "Yan"), ("勇", "Yong"), ("军", "Jun"), ("杰", "Jie"), ("娟", "Juan"), ("涛", "Tao"), ("明", "Ming"), ("超", "Chao"),
         ("霞", "Xia"), ("平", "Ping"), ("刚", "Gang"), ("晨", "Chen"), ("雪", "Xue"), ("梅", "Mei"), ("宁", "Ning"), ("安", "An"),
         ("若", "Ruo"), ("文", "Wen"), ("清", "Qing"), ("云", "Yun"), ("望", "Wang"), ("川", "Chuan"))  # fmt: skip


def person(rng: Random) -> tuple[str, str]:
    """Return a Chinese name and its Latin form, family name first as on duty lists."""
    family, latin = rng.choice(FAMILY)
    given = rng.sample(GIVEN, rng.choice((1, 2)))
    return family + "".join(zh for zh, _ in given), f"{latin} {''.join(en for _, en in given).capitalize()}"
