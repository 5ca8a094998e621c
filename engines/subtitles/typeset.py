"""Typesetting: the words of every scene become captions to burn in and sidecars to upload."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from engines.errors import GlyphsMissing, RenderFailed, SceneError, ShaperMissing
from engines.subtitles.ass import write_ass
from engines.subtitles.cue_files import one_at_a_time
from engines.subtitles.cues import make_cues, scene_words
from engines.subtitles.fonts import FontStack, find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.lines import Look
from engines.subtitles.long_words import part_words, spoken_as_one
from engines.subtitles.own_text import spread
from engines.subtitles.pages import paginate
from engines.subtitles.pictures import write_pictures
from engines.subtitles.presets import load_safe_area, resolve_style
from engines.subtitles.srt import write_srt
from engines.subtitles.text import display_text, plain_text
from engines.subtitles.unspaced import split_unspaced
from engines.subtitles.vtt import write_vtt
from models.caption_settings import CaptionCase, Captions
from models.captions import CaptionedScene, CaptionPicture, Cue, Page, TypesetResult
from models.timeline import WordTiming


class CaptionLibrary(NamedTuple):
    """Where fonts, presets and safe areas lie; of two that are named alike, that in the earlier folder counts."""

    fonts_dirs: tuple[Path, ...]
    presets_dirs: tuple[Path, ...]
    safe_areas_file: Path
    emoji: Path | None = None  # an archive of colour emoji


def typeset(
    scenes: Sequence[CaptionedScene],
    *,
    captions: Captions,
    canvas_px: tuple[int, int],
    library: CaptionLibrary,
    language: str,
    output_dir: Path,
    sidecar: Sequence[Cue] | None = None,
) -> TypesetResult:
    """Write `scene-001.ass` for every scene with words, and `captions.srt` and `captions.vtt` for all of them.

    `sidecar` are the cues of those two files, where they are not to be made of the scenes' words. A scene's .ass
    depends on nothing but its own words, its duration and the style. Emoji that nothing draws are left out of the
    picture and stay in the sidecars. Raises SceneError where fonts lack other glyphs, FontUnknown,
    PresetUnknown, PresetInvalid.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    cues = make_cues(scenes, language=language) if sidecar is None else sidecar
    srt = _write(output_dir / "captions.srt", write_srt(cues))
    vtt = _write(output_dir / "captions.vtt", write_vtt(cues))
    look = _look(captions, canvas_px=canvas_px, library=library, language=language)
    if look is None:
        nothing: tuple[CaptionPicture, ...] = ()
        return TypesetResult(scenes=(None,) * len(scenes), pictures=(nothing,) * len(scenes), srt=srt, vtt=vtt)
    files: list[Path | None] = []
    pictures = []
    for scene in scenes:
        pages = _pages(scene, look)
        path = output_dir / f"scene-{scene.number:03}.ass"
        files.append(_write(path, write_ass(pages, look)) if pages else None)
        pictures.append(write_pictures(pages, look, folder=output_dir))
    return TypesetResult(scenes=tuple(files), pictures=tuple(pictures), srt=srt, vtt=vtt)


def check_texts(texts: Mapping[int, str], *, captions: Captions, library: CaptionLibrary, language: str) -> None:
    """Raise what `typeset` would raise of its preset, of its font or, by the scene's number, of its text.

    Where it would raise SceneError of several scenes, RenderFailed tells them all.
    """
    style = resolve_style(captions, presets_dirs=library.presets_dirs)
    if style is None:
        return
    fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=library.fonts_dirs)
    mistakes = []
    for number, text in texts.items():
        try:
            _drawable(text, number=number, fonts=fonts, case=style.case, language=language)
        except SceneError as mistake:
            mistakes.append(mistake)
    if len(mistakes) > 1:
        raise RenderFailed(reasons=tuple(map(str, mistakes)))
    if mistakes:
        raise mistakes[0]


def _look(captions: Captions, *, canvas_px: tuple[int, int], library: CaptionLibrary, language: str) -> Look | None:
    style = resolve_style(captions, presets_dirs=library.presets_dirs)
    if style is None:
        return None
    width_px, height_px = canvas_px
    area = load_safe_area(library.safe_areas_file, width_px=width_px, height_px=height_px, name=captions.safe_area)
    return Look(
        style=style,
        frame=Frame.of(width_px=width_px, height_px=height_px, safe_area=area, style=style),
        fonts=find_fonts(style.font, weight=style.weight, fonts_dirs=library.fonts_dirs, emoji=library.emoji),
        language=language,
    )


def _pages(scene: CaptionedScene, look: Look) -> tuple[Page, ...]:
    """Return the pages of a scene's words or, where it has cues, of each cue for itself."""
    if scene.cues is None:
        return _set_pages(scene_words(scene), scene.number, look, end_ms=scene.duration_ms)
    return tuple(
        page
        for cue in one_at_a_time(scene.cues)
        for page in _set_pages(
            spread(cue.text, start_ms=cue.start_ms, end_ms=cue.end_ms), scene.number, look, end_ms=cue.end_ms
        )
    )


def _set_pages(words: Sequence[WordTiming], number: int, look: Look, *, end_ms: int) -> tuple[Page, ...]:
    style, fonts, language = look.style, look.fonts, look.language
    texts = [_drawable(word.text, number=number, fonts=fonts, case=style.case, language=language) for word in words]
    shown = [word.model_copy(update={"text": text}) for word, text in zip(words, texts, strict=True) if text]
    spelled = [plain_text(word.text) for word, text in zip(words, texts, strict=True) if text]
    em_px, width_px = style.size_px * look.frame.unit, look.frame.text_width_px(style)

    def measure(text: str) -> float:
        return fonts.ink(text).width_px * em_px

    parts = part_words(shown, as_written=spelled, measure=measure, max_width_px=width_px, language=language)
    pages = paginate(
        split_unspaced(parts, measure=measure, max_width_px=width_px, language=language),
        max_lines=style.max_lines,
        max_words=style.max_words,
        max_width_px=width_px,
        measure=measure,
        scene_end_ms=end_ms,
        language=language,
    )
    return tuple(spoken_as_one(page) for page in pages)


def _drawable(text: str, *, number: int, fonts: FontStack, case: CaptionCase, language: str) -> str:
    try:
        return fonts.drawable(display_text(text, case=case, language=language))
    except (GlyphsMissing, ShaperMissing) as error:
        raise SceneError(scene=number, reason=str(error)) from error


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
