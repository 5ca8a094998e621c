import random
from pathlib import Path

import numpy as np
import pytest

from engines.errors import FontUnknown, SceneError
from engines.subtitles.presets import load_safe_area
from engines.subtitles.srt import read_srt
from engines.subtitles.typeset import CaptionLibrary, typeset
from models.caption_settings import CaptionPosition, Captions
from models.captions import CaptionedScene, TypesetResult

VOCABULARY = """a I the of light mountain Archaeologists jumping Ångström QUICKLY ÉCOLE gypsy 3,000-year-old whale,
stone. incomprehensibilities fjord? Zürich! مرحبا שלום नमस्ते ประเทศไทย 😀 {\\fs300} C:\\new"""


@pytest.fixture
def run(tmp_path: Path, library: CaptionLibrary):
    def typeset_scenes(scenes, *, captions=None, canvas_px=(1080, 1920), to="out", language="en") -> TypesetResult:
        return typeset(
            scenes,
            captions=captions or Captions(),
            canvas_px=canvas_px,
            library=library,
            language=language,
            output_dir=tmp_path / to,
        )

    return typeset_scenes


def scene_of(words, *, number=1, start_ms=0, offset_ms=0) -> CaptionedScene:
    duration_ms = (words[-1].end_ms if words else 1000) + 400
    return CaptionedScene(
        number=number, words=words, speech_offset_ms=offset_ms, start_ms=start_ms, duration_ms=duration_ms
    )


def test_scenes_get_scripts_and_the_short_gets_sidecars(run, speak):
    result = run([scene_of(speak("Hello there.")), scene_of((), number=2, start_ms=1500)])
    assert [path and path.name for path in result.scenes] == ["scene-001.ass", None]
    assert [cue.text for cue in read_srt(result.srt)] == ["Hello there."]
    assert result.vtt.read_text(encoding="utf-8").startswith("WEBVTT\n")


def test_no_captions_still_has_sidecars(run, speak):
    result = run([scene_of(speak("Hello 中"))], captions=Captions(preset="none"))
    assert result.scenes == (None,)
    assert read_srt(result.srt)[0].text == "Hello 中"


def test_a_silent_short_has_empty_sidecars(run):
    result = run([scene_of(())])
    assert read_srt(result.srt) == ()
    assert result.vtt.read_text() == "WEBVTT\n"


def test_a_script_does_not_depend_on_where_its_scene_stands(run, speak):
    words = speak("The same words, wherever they stand.")
    alone = run([scene_of(words)], to="alone")
    later = run([scene_of(speak("Before."), start_ms=0), scene_of(words, number=2, start_ms=77_777)], to="later")
    assert alone.scenes[0].read_bytes() == later.scenes[1].read_bytes()


def test_words_are_timed_from_the_scenes_first_frame(run, speak):
    script = run([scene_of(speak("Hello"), start_ms=5000, offset_ms=120)]).scenes[0].read_text()
    assert "Dialogue: 3,0:00:00.12," in script


def test_missing_glyphs_name_their_scene(run, speak):
    with pytest.raises(SceneError, match=r"scene 3: .*Ethiopic.*ሰላም"):
        run([scene_of(speak("fine")), scene_of(speak("ሰላም"), number=3)])


def test_an_unknown_font_is_a_users_error(run, speak):
    with pytest.raises(FontUnknown, match="Papyrus"):
        run([scene_of(speak("fine"))], captions=Captions(font="Papyrus"))


def test_capitals_follow_the_language(run, speak):
    captions = Captions(uppercase=True)
    assert "İSTANBUL" in run([scene_of(speak("istanbul"))], captions=captions, language="tr").scenes[0].read_text()
    assert "ISTANBUL" in run([scene_of(speak("istanbul"))], captions=captions, language="en").scenes[0].read_text()


def test_a_sentence_without_spaces_is_cut_to_lines_and_not_shrunk(run, speak):
    script = run([scene_of(speak("ประเทศไทยมีภูเขาและทะเลที่สวยงามมากมายให้ทุกคนได้ไปเยี่ยมชม"))]).scenes[0].read_text()
    sizes = {part.split("}")[0] for part in script.split("Thai Black\\fs")[1:]}
    assert len(sizes) == 1


@pytest.mark.parametrize("size", [(540, 960), (1080, 1920), (1080, 1080), (1920, 1080)])
def test_captions_never_leave_the_safe_area(run, burn, speak, safe_areas_file, size):
    area = load_safe_area(safe_areas_file, width_px=size[0], height_px=size[1])
    chance = random.Random(f"{size}")
    for position in CaptionPosition:
        captions = Captions(
            preset=chance.choice(("karaoke", "classic")),
            position=position,
            size_percent=chance.choice((60, 100, 150, 200)),
            uppercase=chance.random() < 0.5,
        )
        words = speak(" ".join(chance.choices(VOCABULARY.split(), k=14)))
        script = run([scene_of(words)], captions=captions, canvas_px=size).scenes[0].read_text(encoding="utf-8")
        frames = burn(script, size=size, frames=words[-1].end_ms // 250, fps=4)
        rows, columns = np.nonzero((frames < 80).any(axis=0))  # outline and text; the soft shadow may run out
        assert rows.min() >= area.top * size[1] - 1
        assert rows.max() <= (1 - area.bottom) * size[1]
        assert columns.min() >= area.left * size[0] - 1
        assert columns.max() <= (1 - area.right) * size[0]
