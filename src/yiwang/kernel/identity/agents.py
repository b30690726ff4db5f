"""A browser in words: `Chrome · Windows`, from the line that it sends about itself. Plain Python."""

# What a browser calls itself stands beside what it pretends to be: the first that fits is it.
_BROWSERS = (
    ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("OPR/", "Opera"), ("QQBrowser", "QQ Browser"),
    ("HuaweiBrowser", "Huawei Browser"), ("MiuiBrowser", "Mi Browser"), ("UCBrowser", "UC Browser"),
    ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Kylin", "Kylin"), ("UOS", "UOS"), ("Linux", "Linux"),
)  # fmt: skip


def describe(agent: str) -> str:
    """Return browser and system, or what there is of it; empty when the line says nothing that we know.

    >>> describe("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0")
    'Edge · Windows'
    >>> describe("")
    ''
    """
    line = agent[:1000]
    found = [next((name for mark, name in marks if mark in line), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in found if part)


def is_phone(agent: str) -> bool:
    return any(mark in agent for mark in ("Mobile", "iPhone", "Android", "HarmonyOS"))
