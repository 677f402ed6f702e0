"""Browsers and devices in words: two names are read out of a user agent, and the rest of it is not kept."""

from dataclasses import dataclass

from flask_babel import gettext as _

# The first that fits wins: nearly every browser also claims to be the ones below it.
_BROWSERS = (
    ("edge", "Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("opera", "Opera", ("OPR/", "OPiOS/")),
    ("samsung", "Samsung Internet", ("SamsungBrowser/",)),
    ("firefox", "Firefox", ("Firefox/", "FxiOS/")),
    ("chrome", "Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", "Safari", ("Safari/",)),
)
_SYSTEMS = (
    ("iphone", "iPhone", ("iPhone",)),
    ("ipad", "iPad", ("iPad",)),
    ("android", "Android", ("Android",)),
    ("windows", "Windows", ("Windows",)),
    ("chromeos", "ChromeOS", ("CrOS",)),
    ("macos", "macOS", ("Macintosh", "Mac OS X")),
    ("linux", "Linux", ("Linux", "X11")),
)
_MOBILE = {"iphone", "android"}


@dataclass(frozen=True)
class Device:
    """How a device is shown."""

    text: str
    icon: str


def key_of(user_agent: str) -> str:
    """`browser/system`, each one of a few known words or empty; at most 16 characters."""
    return f"{_first(_BROWSERS, user_agent)}/{_first(_SYSTEMS, user_agent)}"


def describe(key: str) -> Device:
    """The words for a key, in the visitor's language."""
    browser, _slash, system = key.partition("/")
    browser_name = next((name for known, name, _marks in _BROWSERS if known == browser), "")
    system_name = next((name for known, name, _marks in _SYSTEMS if known == system), "")
    icon = "device-mobile" if system in _MOBILE else "device-tablet" if system == "ipad" else "device-desktop"
    if browser_name and system_name:
        return Device(_("%(browser)s on %(system)s", browser=browser_name, system=system_name), icon)
    return Device(browser_name or system_name or _("Unknown device"), icon)


def _first(table: tuple[tuple[str, str, tuple[str, ...]], ...], user_agent: str) -> str:
    return next((key for key, _name, marks in table if any(mark in user_agent for mark in marks)), "")
