"""Which encoding a text file has, and copies in UTF-8 of those that have another."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from llmauto_tools.errors import UnreadableSource

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES = [
    "big5", "cp932", "euc_jp", "euc_kr", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
    "cp1256", "koi8_r", "mac_roman",
]  # fmt: skip
_READABLE = {"cp1252": "Windows-1252", "latin_1": "Latin-1", "gb18030": "GB18030 (GBK)", "utf-16": "UTF-16"}
_CHUNK = 1 << 20
_HIGH = bytes(range(0x80, 0x100))


@dataclass(frozen=True)
class Encoding:
    """A Python codec; `note` says what a person should know about it."""

    codec: str
    note: str | None = None
    errors: str = "strict"
    drop_nul: bool = False

    @property
    def native(self) -> bool:
        """Whether DuckDB reads it as it is."""
        return self.codec in ("utf-8", "utf-8-sig") and self.errors == "strict" and not self.drop_nul


def detect(sample: bytes, name: str) -> Encoding:
    """The encoding of a text of which `sample` is a part. Raises UnreadableSource for binary data."""
    for bom, codec in _BOMS:
        if sample.startswith(bom):
            return Encoding(codec, None if codec == "utf-8-sig" else f"encoding {_name(codec)}")
    drop_nul = False
    if b"\x00" in sample:
        wide = _without_bom(sample)
        if wide is not None:
            return wide
        if sample.count(b"\x00") > max(4, 0.01 * len(sample)):
            raise _binary(name)
        drop_nul = True
        sample = sample.replace(b"\x00", b"")
    if _control_share(sample) > 0.02:
        raise _binary(name)
    found = _eight_bit(sample) if _broken_utf8(sample) is not None else Encoding("utf-8")
    if drop_nul:
        note = "; ".join(filter(None, (found.note, "NUL bytes were removed")))
        return Encoding(found.codec, note, found.errors, True)
    return found


def _binary(name: str) -> UnreadableSource:
    return UnreadableSource(
        f"'{name}' is not text: it holds binary data.", "Check what the file is, and name it accordingly."
    )


def _without_bom(sample: bytes) -> Encoding | None:
    """UTF-16 without a byte order mark: every other byte of ASCII text is zero."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd > 0.4 * half and even < 0.05 * half:
        return Encoding("utf-16-le", "encoding UTF-16")
    if even > 0.4 * half and odd < 0.05 * half:
        return Encoding("utf-16-be", "encoding UTF-16")
    return None


def _control_share(sample: bytes) -> float:
    controls = len(
        sample.translate(None, bytes(b for b in range(256) if b >= 32 or b in b"\t\n\r\f\v\x1a\x1b\x08"))
    )
    return controls / max(1, len(sample))


def _broken_utf8(sample: bytes) -> int | None:
    """Where UTF-8 breaks, or None; a character cut off at the end of the sample is no break."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(sample)
    except UnicodeDecodeError as e:
        return e.start
    return None


_GB_PAIR = re.compile(rb"([\xa1-\xf7])([\xa1-\xfe])")
_UTF8_PAIRS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def _eight_bit(sample: bytes) -> Encoding:
    """The encoding of text that is no clean UTF-8."""
    high = len(sample) - len(sample.translate(None, _HIGH))
    as_utf8 = sum(len(m) for m in _UTF8_PAIRS.findall(sample))
    if high > 20 and as_utf8 > 0.9 * high:
        return Encoding("utf-8", f"{high - as_utf8} bytes that are no UTF-8 were replaced by �", "replace")
    if _looks_gbk(sample, high):
        return _named("gb18030")
    if high < 0.3 * len(sample) and _decodes(sample, "cp1252") and _looks_western(sample, high):
        c1 = any(0x80 <= b <= 0x9F for b in sample)
        return _named("cp1252" if c1 else "latin_1")
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 1 << 18], cp_isolation=_CANDIDATES).best()
    if best is None:
        return _named("latin_1")
    hebrew_capitals = best.encoding == "cp1255" and any(0xC0 <= b <= 0xDF for b in sample)
    return _named("cp1251" if hebrew_capitals else best.encoding)


def of_file(source: IO[bytes], name: str) -> Encoding:
    """The encoding of a file whose first part looked like UTF-8, from all of its lines above ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        source.seek(0)
        lines = islice((line[:4096] for line in source if not line.isascii()), 2_000)
        found = detect(b"".join(lines), name)
        return (
            found
            if not found.native
            else Encoding("utf-8", "bytes that are no UTF-8 were replaced by �", "replace")
        )
    return Encoding("utf-8")


def _named(codec: str) -> Encoding:
    return Encoding(
        codec, f"encoding {_name(codec)} (detected)", "replace" if codec == "cp1252" else "strict"
    )


def _name(codec: str) -> str:
    return _READABLE.get(codec, codec.replace("_", "-").upper())


def _decodes(sample: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(sample)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _looks_gbk(sample: bytes, high: int) -> bool:
    """Mostly pairs of GB 2312, and of these mostly level 1 (the 3,755 common characters) or symbols."""
    if not _decodes(sample, "gb18030"):
        return False
    pairs = _GB_PAIR.findall(sample)
    common = sum(0xB0 <= lead[0] <= 0xD7 or lead[0] in (0xA1, 0xA3) for lead, _ in pairs)
    hangul = sum(0xB0 <= lead[0] <= 0xC8 for lead, _ in pairs)
    if len(pairs) * 2 < 0.9 * high or common < 0.75 * len(pairs):
        return False
    return hangul < 0.97 * len(pairs) or not _decodes(sample, "euc_kr") or len(pairs) < 8


_WESTERN = frozenset(
    "äöüÄÖÜßéèêëÉÈÊàâáãåÀÂÁÃÅíìîïÍóòôõøÓÒÔÕØúùûÚñÑçÇæÆœýÿ€£§°±²³µ·«»“”‘’„…–—™®©´½¼¾ºª¡¿•\u00a0"
)


def _looks_western(sample: bytes, high: int) -> bool:
    """Whether nearly all bytes above ASCII are letters and signs of Western European languages."""
    text = sample.decode("cp1252", "replace")
    western = sum(c in _WESTERN for c in text)
    lonely = len(re.findall(r"(?<![À-ÿ])[À-ÿ](?![À-ÿ])", text))
    letters = len(re.findall(r"[À-ÿ]", text))
    return western >= 0.95 * high and lonely >= 0.7 * letters


def transcode(source: IO[bytes], target: Path, encoding: Encoding) -> None:
    """Write the text of `source` to `target` in UTF-8, in bounded memory.

    Raises UnreadableSource with the line where the bytes don't fit the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    lines = 1
    with target.open("wb") as out:
        while True:
            chunk = source.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as e:
                line = lines + chunk[: e.start].count(b"\n")
                raise UnreadableSource(
                    f"The text is not {_name(encoding.codec)} in line {line}: {e.reason}."
                ) from e
            lines += text.count("\n")
            if encoding.drop_nul:
                text = text.replace("\x00", "")
            out.write(text.removeprefix("\ufeff").encode("utf-8", "replace"))
            if not chunk:
                return
