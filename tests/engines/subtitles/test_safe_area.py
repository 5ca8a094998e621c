"""Captions stay inside the safe area: 200 random scripts in eight writing systems, in every preset, on every canvas."""

import random
from itertools import product

import numpy as np
import pytest
from PIL import Image

from engines.subtitles.presets import load_safe_area
from engines.subtitles.typeset import typeset
from models.caption_settings import CaptionAnimation, CaptionCase, CaptionPosition, Captions, SafeAreaName
from models.captions import CaptionedScene
from models.timeline import WordTiming

WRITING_SYSTEMS = {
    "en": """a I the Archaeologists jumping Ångström ÉCOLE gypsy 3,000-year-old incomprehensibilities Zürich! {\\fs300}
    C:\\new whale, stone. fjord? Queue""",
    "el": "Η Σελήνη απομακρύνεται κάθε χρόνο, περίπου ἀνεξερεύνητος Ὦ ξεσκεπάζω; τέσσερα εκατοστά.",
    "ru": "Луна удаляется от нас, каждый год Щёлочь достопримечательность йод примерно четыре сантиметра.",
    "ar": "القمر يبتعد عنا، كل سنة بمقدار 384,400 سنتيمترات NASA؟ الاستقلالية مُحَمَّدٌ (تقريبا) إبراهيم.",
    "he": "הירח מתרחק מאיתנו, בכל שנה ב-4 סנטימטרים NASA לפי שָׁלוֹם (בערך) התרחקותו?",
    "hi": "चन्द्रमा हर वर्ष हमसे, चार सेंटीमीटर दूर जाता है। श्रृंखला क्षत्रिय स्त्री ऐतिहासिक विश्वविद्यालय",
    "th": "ดวงจันทร์เคลื่อนออกห่างจากเรา ปีละสี่เซนติเมตร ที่สวยงามมากมาย ให้ทุกคนได้ไปเยี่ยมชม ผู้ใหญ่",
    "ja": """月は毎年、約四センチメートルずつ 私たちから遠ざかっています。 月球每年都会离我们远去 「すごい！」
    달은 매년 멀어집니다.""",
}
EMOJI = "😀 🚀🚀 👩‍🚀 🇩🇪 ❤️"
CANVASES = [(540, 960), (540, 540), (960, 540), (1080, 1920)]
PRESETS = ["karaoke", "boxed", "pop", "one-word", "classic", "minimal"]
SCRIPTS = 200
AT_ONCE = 10  # scripts that are drawn one after the other, in one look
GROUND, SEEN = 128, 30


def any_captions(chance: random.Random) -> Captions:
    """Without a shadow, whose soft edge may run out of the area."""
    return Captions(
        preset=chance.choice(PRESETS),
        shadow_percent=0,
        safe_area=chance.choice(list(SafeAreaName)),
        position=chance.choice([None, *CaptionPosition]),
        shift_percent=chance.choice([0, 0, -50, 12.5, 50]),
        size_percent=chance.choice([60, 100, 100, 150, 200]),
        case=chance.choice([None, *CaptionCase]),
        animation=chance.choice([None, *CaptionAnimation]),
        box_percent=chance.choice([None, None, 80]),
        outline_px=chance.choice([None, None, 0, 25]),
        max_lines=chance.choice([None, None, 1, 3]),
    )


def any_words(chance: random.Random, *, start_ms: int) -> tuple[WordTiming, ...]:
    vocabulary = WRITING_SYSTEMS[chance.choice(list(WRITING_SYSTEMS))].split() + EMOJI.split()[: chance.randint(0, 2)]
    words, at_ms = [], start_ms
    for _ in range(chance.randint(1, 7)):
        end_ms = at_ms + chance.randint(120, 500)
        words.append(WordTiming(text=chance.choice(vocabulary), start_ms=at_ms, end_ms=end_ms))
        at_ms = end_ms + chance.choice([0, 0, 200])
    return tuple(words)


LOOKS = list(product(CANVASES, range(SCRIPTS // AT_ONCE // len(CANVASES))))


def test_two_hundred_scripts_are_looked_at():
    assert len(LOOKS) * AT_ONCE == SCRIPTS
    assert len(WRITING_SYSTEMS) == 8


@pytest.mark.parametrize(("size", "number"), LOOKS)
def test_captions_stay_inside_the_safe_area(library, burn, tmp_path, size, number):
    chance = random.Random(f"{size} {number}")
    captions = any_captions(chance)
    words: list[WordTiming] = []
    for _ in range(AT_ONCE):
        words += any_words(chance, start_ms=words[-1].end_ms + 1000 if words else 0)
    scene = CaptionedScene(number=1, words=tuple(words), start_ms=0, duration_ms=words[-1].end_ms + 300)
    result = typeset([scene], captions=captions, canvas_px=size, library=library, language="en", output_dir=tmp_path)
    script = result.scenes[0].read_text(encoding="utf-8")
    fps = 6 if size[0] * size[1] < 1_000_000 else 2
    frames = burn(script, size=size, frames=words[-1].end_ms * fps // 1000, fps=fps, luma=GROUND)
    rows, columns = np.nonzero((frames.min(axis=0) < GROUND - SEEN) | (frames.max(axis=0) > GROUND + SEEN))
    assert rows.size, "nothing was drawn"
    boxes = [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]
    for picture in result.pictures[0]:
        with Image.open(picture.path) as image:
            boxes.append((picture.x_px, picture.y_px, picture.x_px + image.width, picture.y_px + image.height))
    area = load_safe_area(library.safe_areas_file, width_px=size[0], height_px=size[1], name=captions.safe_area)
    width_px, height_px = size
    for left, top, right, bottom in boxes:
        assert left >= area.left * width_px - 1, captions
        assert top >= area.top * height_px - 1, captions
        assert right <= (1 - area.right) * width_px + 1, captions
        assert bottom <= (1 - area.bottom) * height_px + 1, captions
