"""Cut the common characters of Chinese, Japanese and Korean out of a Noto Sans CJK collection.

    python assets/fonts/subset_cjk.py NotoSansCJK-Bold.ttc assets/fonts/NotoSansCJKsc-Bold.otf
    python assets/fonts/subset_cjk.py NotoSansCJK-Black.ttc assets/fonts/NotoSansCJKsc-Black.otf

The sets are those of the national standards, read off Python's codecs: level 1 of GB 2312 and of JIS X 0208, the
frequent half of Big5, the syllables of KS X 1001, kana, bopomofo, punctuation and full-width forms. The glyphs that
Japanese and traditional Chinese draw in their own way stay reachable by the text's language.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

_COMMON = ((0x3000, 0x3030), (0x3041, 0x30FF), (0x3105, 0x312F), (0xFF01, 0xFF65), (0x2010, 0x2027), (0xFFE0, 0xFFE6))
# codec, first and last lead byte, last trail byte of the last row
_LEVELS = (("gb2312", 0xB0, 0xD7), ("euc_jp", 0xB0, 0xCF), ("big5", 0xA4, 0xC6), ("euc_kr", 0xB0, 0xC8))
_LANGUAGES = ("JAN ", "ZHT ")


def common_characters() -> set[int]:
    """Return the code points to keep."""
    kept = {point for first, last in _COMMON for point in range(first, last)}
    for codec, first, last in _LEVELS:
        for lead in range(first, last + 1):
            for trail in range(0x40, 0xFF):
                kept |= {
                    ord(char) for char in bytes((lead, trail)).decode(codec, errors="ignore") if ord(char) > 0x2FFF
                }
    return kept


def subset(source: Path, output: Path) -> None:
    """Write the subset of the collection's simplified Chinese face as one OpenType font."""
    collection = TTCollection(source)
    font = next(face for face in collection.fonts if face["name"].getDebugName(6).startswith("NotoSansCJKsc-"))
    for script in font["GSUB"].table.ScriptList.ScriptRecord:
        languages = script.Script.LangSysRecord
        script.Script.LangSysRecord = [language for language in languages if language.LangSysTag in _LANGUAGES]
        script.Script.LangSysCount = len(script.Script.LangSysRecord)
    options = Options(layout_features=["locl", "kern"], hinting=False, desubroutinize=False, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=common_characters())
    subsetter.subset(font)
    for table in ("VORG", "vhea", "vmtx"):  # of vertical text
        del font[table]
    font.save(output)


if __name__ == "__main__":
    subset(Path(sys.argv[1]), Path(sys.argv[2]))
