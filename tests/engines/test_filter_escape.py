from pathlib import Path

import pytest

from engines import ffmpeg
from engines.ffmpeg_arguments import filter_escape

SCRIPT = """[Script Info]
PlayResX: 64
PlayResY: 64
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Outline, Shadow, Alignment
Style: Box,Any,20,&H00FFFFFF,0,0,7
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.00,0:00:09.00,Box,{\\pos(0,0)\\p1}m 0 0 l 64 0 64 64 0 64
"""


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "two words",
        " at both ends ",
        "it's",
        'say "hi"',
        "a:b,c;d",
        "[in]=x",
        "back\\slash",
        "\\",
        "'",
        "100%{pts}",
        "new\nline",
        "naïve 日本",
        "\\':,[];",
    ],
)
def test_any_path_passes_whole_through_a_filter(tmp_path: Path, name: str):
    folder = tmp_path / name
    folder.mkdir()
    (folder / f"{name}.ass").write_text(SCRIPT)
    script, fonts = (filter_escape(str(path)) for path in (folder / f"{name}.ass", folder))
    arguments = ["-f", "lavfi", "-i", "color=black:s=64x64", "-vf", f"ass={script}:fontsdir={fonts},format=gray"]
    with ffmpeg.frames_out([*arguments, "-frames:v", "1", "-f", "rawvideo", "-"], timeout_s=120) as pipe:
        picture = pipe.read()
    assert min(picture) > 200
