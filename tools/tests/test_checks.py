"""Each of our checks finds the fault it is for, and nothing in a sound file."""

from pathlib import Path

import pytest

from tools import checks, where


@pytest.fixture
def tree(tmp_path):
    source = tmp_path / "src"
    (source / "room").mkdir(parents=True)

    def write(name: str, text: str) -> Path:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    write.source = source
    return write


GOOD = '[file]\nzh = "立案"\nmeans = "m"\nnot = ["li_an"]\n'


@pytest.mark.parametrize(
    ("glossary", "code", "found"),
    [
        (GOOD, "def file_case(case): ...", ""),
        (GOOD, "def li_an(): ...", "`li_an` is called `file`"),
        (GOOD, "def f(li_an): ...", "`li_an` is called `file`"),
        (GOOD, "LI_AN = 1", "is called `file`"),
        (GOOD + '[open]\nzh = "立案"\nmeans = "m"\n', "", "stands for both"),
        ('[file]\nzh = "立案"\n', "", "lacks `means`"),
        (GOOD + 'code = ["yiwang.nowhere.at_all"]\n', "", "does not exist"),
        (GOOD + 'code = ["yiwang.kernel.base.errors.ProblemError.as_problem"]\n', "", ""),
        (GOOD + 'code = ["yiwang.kernel.base.errors.ProblemError.as_nothing"]\n', "", "does not exist"),
    ],
)
def test_glossary(tree, tmp_path, glossary, code, found):
    path = tmp_path / "glossary.toml"
    path.write_text(glossary, encoding="utf-8")
    tree("room/file.py", code)
    wrong = checks.check_glossary(path, tree.source)
    assert (found in wrong[0]) if found else not wrong


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.parametrize(
    ("po", "found"),
    [
        ('msgid "Save"\nmsgstr "保存"\n', ""),
        ('msgid "Save"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Save"\nmsgstr "保存"\n', "fuzzy"),
        ("", "no Chinese for 'Save'"),
        ('msgid "Save"\nmsgstr "保存%(x)s"\n', "placeholder"),
    ],
)
@pytest.mark.parametrize("where_used", ["python", "template", "block"])
def test_messages(tree, po, found, where_used):
    tree("room/locale/zh_Hans/LC_MESSAGES/django.po", PO + po)
    if where_used == "python":
        tree("room/a.py", 'from django.utils.translation import gettext as _\nx = _("Save")\n')
    elif where_used == "template":
        tree("room/templates/a.html", '<b>{% translate "Save" %}</b>')
    else:
        tree("room/templates/a.html", "{% blocktranslate trimmed %}\n  Save\n{% endblocktranslate %}")
    wrong = checks.check_messages(tree.source)
    assert any(found in line for line in wrong) if found else not wrong


def test_block_texts_keep_their_places(tree):
    tree("room/templates/a.html", "{% blocktranslate with n=x.y %}{{ n }} of {{ m }}{% endblocktranslate %}")
    assert "'%(n)s of %(m)s'" in checks.check_messages(tree.source)[0]


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ('msgid "Until"\nmsgstr "截止"\n', ""),
        ('msgid "Until"\nmsgstr "至"\n', "'Until' is '至' here and '截止' in"),
        ('msgctxt "span"\nmsgid "Until"\nmsgstr "至"\n', ""),
    ],
)
def test_one_text_has_one_translation(tree, second, found):
    tree("one/locale/zh_Hans/LC_MESSAGES/django.po", PO + 'msgid "Until"\nmsgstr "截止"\n')
    tree("two/locale/zh_Hans/LC_MESSAGES/django.po", PO + second)
    wrong = checks.check_one_translation(tree.source)
    assert len(wrong) == bool(found)
    assert all(found in line for line in wrong)


def test_data_texts(tree):
    tree("room/matters/m/form.json", '{"title": {"zh-Hans": "标题"}, "ok": {"zh-Hans": "好", "en": "Good"}}')
    tree("room/matters/m/matter.toml", 'name = { "zh-Hans" = "名", en = "" }')
    tree("room/data/broken.json", "{")
    wrong = checks.check_data_texts(tree.source)
    assert len(wrong) == 3
    assert any("title has no en text" in line for line in wrong)
    assert any("name has no en text" in line for line in wrong)
    assert any("not readable" in line for line in wrong)


def test_traces(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("x = '/" + "root/x'\ny = 'pypi" + ".org'\nz = 'https://example.org/" + "root/x'\n")
    assert len(checks.check_traces([file])) == 2


def test_where_finds_a_term_in_either_language(capsys):
    assert where.main(["立案"]) == 0
    chinese = capsys.readouterr().out
    assert chinese.startswith("立案  file\n")
    assert where.main(["dispatch"]) == 0
    assert "派遣" in capsys.readouterr().out
    assert where.main(["没有这个词"]) == 1


def test_locks(tmp_path):
    (tmp_path / "base.in").write_text("# note\n-c other.txt\nDjango>=5.2\npsycopg[binary,pool]\nNew_One\n")
    (tmp_path / "base.txt").write_text(
        "django==5.2 \\\n    --hash=sha256:aa\npsycopg==3 \\\n    --hash=sha256:bb\nbare==1\n"
    )
    wrong = checks.check_locks(tmp_path)
    assert len(wrong) == 2
    assert "bare==1 has no hash" in wrong[0]
    assert "New_One is not in base.txt" in wrong[1]


def test_links(tmp_path):
    (tmp_path / "there.md").write_text("")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md) [b](there.md#part) [c](gone.md) ![d](gone.png) [e](https://example.org/x) `f(x)`\n")
    assert [line.rsplit(": ", 1)[1] for line in checks.check_links([page])] == [
        "gone.md does not exist",
        "gone.png does not exist",
    ]
