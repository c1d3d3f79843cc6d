"""Fonts for pictures: whether Chinese, Japanese and Korean text can be drawn on this machine.

vl-convert draws with the fonts of the system and with folders that are registered with it. It brings
Latin fonts of its own; a character that no font has becomes an empty box.
"""

from __future__ import annotations

import importlib.util
import os
import re
from functools import cache
from pathlib import Path

_FONT_PACKAGES = ("cvttf_NotoSansCJK_Regular",)
"""Packages of the package index that are nothing but a font with Chinese characters."""
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
_CJK_FILE = re.compile(
    r"cjk|noto(sans|serif)(sc|tc|jp|kr|hk)|wqy|droidsansfallback|source.?han|lxgw|uming|ukai|gbsn|bsmi|"
    r"babelstonehan|unifont|pingfang|hiragino|stheiti|songti|msyh|msjh|simsun|simhei|meiryo|msgothic|malgun",
    re.IGNORECASE,
)
_CJK = re.compile(r"[⺀-鿿가-힯豈-﫿︰-﹏＀-￯\U00020000-\U0003ffff]")
HINT = "Install one, such as Debian's fonts-noto-cjk, or: pip install cvttf-notosanscjk-regular"


def needs_cjk(text: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean characters."""
    return _CJK.search(text) is not None


@cache
def package_font_folder() -> Path | None:
    """The folder of an installed Python package that is a font with Chinese characters."""
    for name in _FONT_PACKAGES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            return Path(found.origin).parent
    return None


@cache
def system_has_cjk_font() -> bool:
    """Whether a font file of the system is known to have Chinese characters, judged by its name."""
    for folder in _FOLDERS:
        for _, _, files in os.walk(Path(folder).expanduser()):
            if any(_CJK_FILE.search(f) and f.lower().endswith((".ttf", ".ttc", ".otf")) for f in files):
                return True
    return False
