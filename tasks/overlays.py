"""Draw what stands over the scenes besides captions."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from blocks.settings import get_settings
from blocks.store import ArtifactStore, open_store
from engines.overlays.compose import Design, Drawn, draw_scene
from engines.overlays.marks import END_CARD_LOGO_PX, WATERMARK_LOGO_PX
from engines.subtitles.fonts import find_fonts
from engines.subtitles.layout import Frame, caption_band
from engines.subtitles.pictures import write_spots
from engines.subtitles.presets import load_safe_area, resolve_style
from engines.visuals.logo import MadeLogo, make_logo
from models.artifacts import ArtifactRef
from models.caption_settings import Captions
from models.encoding import FrameFormat
from models.graphics import OverlaySettings, SceneRole, StagedScene, look_of
from models.media import Source
from models.overlays import PlacedImage
from models.report import CaptionSet
from tasks.errors import in_scene
from tasks.library import HEADING_WEIGHT, caption_library
from tasks.placed import placed_images
from tasks.retries import step


@step(version=8, run_name="draw_overlays")
def draw_overlays(
    captions: CaptionSet,
    scenes: tuple[StagedScene, ...],
    settings: OverlaySettings,
    captioning: Captions,
    language: str,
    logo: Source | None,
    video: FrameFormat,
    library: str,
) -> CaptionSet:
    """Return the captions with the overlays of every scene drawn beside them.

    `captioning` says where captions stand, `language` how long words are hyphenated.
    Raises OverlayTooLong, GlyphsMissing, FontUnknown, SourceUnreadable.
    """
    store = open_store()
    with store.scratch() as folder:
        design = _design(settings, captioning, language, video)
        small, large = _logos(logo, settings, design, store, folder)
        design = replace(design, watermark_px=small and small[1].size_px, card_logo_px=large and large[1].size_px)
        drawn = []
        for scene in scenes:
            with in_scene(scene.number, scene.role):
                drawn.append(draw_scene(scene, scenes, design))
        scripts = [_script(store, ass, one, design, folder) for ass, one in zip(captions.scenes, drawn, strict=True)]
        images = [
            (
                *shown,
                *_image(one, large if scene.role is SceneRole.END_CARD else small),
                *placed_images(store, write_spots(one.emoji, design.fonts, folder=folder)),
            )
            for shown, one, scene in zip(captions.images, drawn, scenes, strict=True)
        ]
        return captions.model_copy(update={"scenes": tuple(scripts), "images": tuple(images)})


def _design(settings: OverlaySettings, captioning: Captions, language: str, video: FrameFormat) -> Design:
    library, look = caption_library(), look_of(settings, language=language)
    size = {"width_px": video.width_px, "height_px": video.height_px}
    area = load_safe_area(library.safe_areas_file, **size, name=captioning.safe_area)
    style = resolve_style(captioning, presets_dirs=library.presets_dirs)
    band = None
    if style:
        fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=library.fonts_dirs)
        band = caption_band(style=style, frame=Frame.of(**size, safe_area=area, style=style), fonts=fonts)
    heading = find_fonts(look.font, weight=HEADING_WEIGHT, fonts_dirs=library.fonts_dirs, emoji=library.emoji)
    canvas_px = (video.width_px, video.height_px)
    return Design(settings, look, heading, canvas_px=canvas_px, area=area, captions_px=band)


_Logo = tuple[ArtifactRef, MadeLogo]


def _logos(
    logo: Source | None, settings: OverlaySettings, design: Design, store: ArtifactStore, folder: Path
) -> tuple[_Logo | None, _Logo | None]:
    """Return the logo as watermark and for the end card."""
    if logo is None or logo.blob is None:
        return None, None
    unit, path = min(design.canvas_px) / 1080, store.local_path(logo.blob)

    def made(name: str, room: Sequence[int], opacity: float, *, halo: bool) -> _Logo:
        output, room_px = folder / name, (round(room[0] * unit), round(room[1] * unit))
        limits = get_settings().media_limits
        drawn = make_logo(
            path, room_px=room_px, opacity=opacity, halo=halo, source=logo.uri, output=output, limits=limits
        )
        return store.put(output, "image/png", move=True), drawn

    opacity = settings.watermark_opacity_percent / 100
    return (
        made("watermark.png", WATERMARK_LOGO_PX, opacity, halo=True),
        made("card.png", END_CARD_LOGO_PX, 1.0, halo=False),
    )


def _script(
    store: ArtifactStore, captions: ArtifactRef | None, drawn: Drawn, design: Design, folder: Path
) -> ArtifactRef | None:
    if not drawn.events:
        return captions
    written = store.local_path(captions).read_text(encoding="utf-8") if captions else None
    path = folder / "scene.ass"
    path.write_text(drawn.script(written, design), encoding="utf-8", newline="\n")
    return store.put(path, "text/x-ass", move=True)


def _image(drawn: Drawn, logo: _Logo | None) -> tuple[PlacedImage, ...]:
    if drawn.logo is None or logo is None:
        return ()
    x_px, y_px, span = drawn.logo
    halo_px = logo[1].halo_px
    return (PlacedImage(blob=logo[0], x_px=x_px - halo_px, y_px=y_px - halo_px, **asdict(span)),)
