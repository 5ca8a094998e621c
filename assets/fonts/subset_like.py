"""Cut a font down to the characters of another one, such as a black face to those of the bold face beside it.

    python assets/fonts/subset_like.py NotoSansHebrew_900Black.ttf NotoSansHebrew-Bold.ttf NotoSansHebrew-Black.ttf

Newer Noto faces of other scripts have Latin letters, too, which are the text font's here. Everything that shapes text,
and all names, stay.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont


def subset(source: Path, like: Path, output: Path) -> None:
    """Write what `source` has of the characters of `like`."""
    with TTFont(like) as other:
        wanted = set(other.getBestCmap())
    with TTFont(source) as font:
        options = Options(layout_features=["*"], hinting=False, name_IDs=["*"], notdef_outline=True)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        font.save(output)


if __name__ == "__main__":
    subset(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
