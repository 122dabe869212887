"""Make the fonts we ship: Tinos (OFL 1.1, Times metrics), subset to Vietnamese and scaled to 1000 units per em.

Scaled because pyHanko writes wrong glyph widths for fonts with another em size. Run by a developer when the
font package changes, never at run time: `python tools/make_fonts.py /usr/share/fonts/truetype/croscore`.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

UNICODES = [
    *range(0x20, 0x180), 0x1A0, 0x1A1, 0x1AF, 0x1B0, 0x20AB, *range(0x300, 0x32A), *range(0x1EA0, 0x1EFA),
    0x2010, 0x2011, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x2022, 0x25A1, 0x2713,
]  # fmt: skip
TARGET = Path(__file__).parent.parent / "clerkdesk" / "assets" / "fonts"


def make(source: Path, target: Path) -> None:
    """Write the subset of one face, scaled to 1000 units per em, without hinting."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    font = TTFont(source)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=UNICODES)
    subsetter.subset(font)
    scale_upem(font, 1000)
    font.save(target)


if __name__ == "__main__":
    for face in ("Regular", "Bold", "Italic", "BoldItalic"):
        make(Path(sys.argv[1]) / f"Tinos-{face}.ttf", TARGET / f"Tinos-{face}.ttf")
