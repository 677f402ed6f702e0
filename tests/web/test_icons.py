"""Every icon that a template names is among the files that npm brings."""

import re
from pathlib import Path

from kernel.web.assets import icon
from kernel.web.compile_translations import ROOT

ICONS = ROOT / "kernel/web/static/vendor/icons"
_CALL = re.compile(r'icon\(\s*"([a-z0-9-]+)"(?:\s+if [^)]*? else "([a-z0-9-]+)")?')


def test_every_icon_that_a_template_names_exists() -> None:
    assert ICONS.is_dir(), "no icons: make bootstrap"
    named: dict[str, Path] = {}
    for template in [*ROOT.glob("kernel/web/**/*.html"), *ROOT.glob("services/**/*.html")]:
        for found in _CALL.finditer(template.read_text(encoding="utf-8")):
            named |= {name: template for name in found.groups() if name}
    assert {name: file for name, file in named.items() if not (ICONS / f"{name}.svg").is_file()} == {}
    assert len(named) > 20


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert ICONS.is_dir(), "no icons: make bootstrap"
    assert 'aria-hidden="true"' in icon("user")
    assert 'stroke="currentColor"' in icon("user")
