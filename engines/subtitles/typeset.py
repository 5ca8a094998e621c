"""Typesetting: the words of every scene become captions to burn in and sidecars to upload."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines.errors import GlyphsMissing, SceneError
from engines.subtitles.ass import write_ass
from engines.subtitles.cues import make_cues, scene_words
from engines.subtitles.fonts import FontStack, find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.pages import paginate
from engines.subtitles.presets import load_safe_area, resolve_style
from engines.subtitles.srt import write_srt
from engines.subtitles.text import display_text
from engines.subtitles.unspaced import split_unspaced
from engines.subtitles.vtt import write_vtt
from models.caption_settings import Captions
from models.captions import CaptionedScene, CaptionStyle, Page, SafeArea, TypesetResult


class CaptionLibrary(NamedTuple):
    """Where fonts, presets and safe areas lie; of two that are named alike, that in the earlier folder counts."""

    fonts_dirs: tuple[Path, ...]
    presets_dirs: tuple[Path, ...]
    safe_areas_file: Path


def typeset(
    scenes: Sequence[CaptionedScene],
    *,
    captions: Captions,
    canvas_px: tuple[int, int],
    library: CaptionLibrary,
    language: str,
    output_dir: Path,
) -> TypesetResult:
    """Write `scene-001.ass` for every scene with words, and `captions.srt` and `captions.vtt` for all of them.

    A scene's .ass depends on nothing but its own words, its duration and the style. Emoji that no font draws are left
    out of the picture and stay in the sidecars. Raises SceneError where fonts lack other glyphs, FontUnknown,
    PresetUnknown, PresetInvalid.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    cues = make_cues(scenes, language=language)
    srt = _write(output_dir / "captions.srt", write_srt(cues))
    vtt = _write(output_dir / "captions.vtt", write_vtt(cues))
    style = resolve_style(captions, presets_dirs=library.presets_dirs)
    if style is None:
        return TypesetResult(scenes=(None,) * len(scenes), srt=srt, vtt=vtt)
    area = load_safe_area(
        library.safe_areas_file, width_px=canvas_px[0], height_px=canvas_px[1], name=captions.safe_area
    )
    fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=library.fonts_dirs)
    frame = Frame.of(width_px=canvas_px[0], height_px=canvas_px[1], safe_area=area, style=style)
    files: list[Path | None] = []
    for scene in scenes:
        pages = _pages(scene, style=style, frame=frame, fonts=fonts, language=language)
        path = output_dir / f"scene-{scene.number:03}.ass"
        files.append(
            _write_pages(path, pages, style=style, fonts=fonts, canvas_px=canvas_px, area=area, language=language)
        )
    return TypesetResult(scenes=tuple(files), srt=srt, vtt=vtt)


def _pages(
    scene: CaptionedScene, *, style: CaptionStyle, frame: Frame, fonts: FontStack, language: str
) -> tuple[Page, ...]:
    try:
        texts = [fonts.drawable(display_text(word.text, case=style.case, language=language)) for word in scene.words]
    except GlyphsMissing as error:
        raise SceneError(scene=scene.number, reason=str(error)) from error
    em_px, width_px = style.size_px * frame.unit, frame.text_width_px(style)

    def measure(text: str) -> float:
        return fonts.ink(text).width_px * em_px

    return paginate(
        split_unspaced(scene_words(scene, texts), measure=measure, max_width_px=width_px, language=language),
        max_lines=style.max_lines,
        max_words=style.max_words,
        max_width_px=width_px,
        measure=measure,
        scene_end_ms=scene.duration_ms,
        language=language,
    )


def _write_pages(
    path: Path,
    pages: Sequence[Page],
    *,
    style: CaptionStyle,
    fonts: FontStack,
    canvas_px: tuple[int, int],
    area: SafeArea,
    language: str,
) -> Path | None:
    if not pages:
        return None
    width_px, height_px = canvas_px
    script = write_ass(
        pages,
        style=style,
        fonts=fonts,
        canvas_width_px=width_px,
        canvas_height_px=height_px,
        safe_area=area,
        language=language,
    )
    return _write(path, script)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
