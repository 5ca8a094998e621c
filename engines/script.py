"""Split a plain script into scenes."""

import re
from collections.abc import Iterator

from models.picture import TransitionName
from models.scene import Scene
from models.spec import ShortSpec

FEWEST_WORDS = 6
MOST_WORDS = 28
BACKDROPS = ("color:#16324F", "color:#3B1F4E", "color:#0F3D3E", "color:#4A2C2A")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"'”’»)\]]*(?=\s+[^\sa-zà-ÿа-я]|\s*$)|[。！？]+[」』”’]*|$)")
_PARAGRAPH_END = re.compile(r"\n\s*\n|\r\n\s*\r\n")


def scenes_of(spec: ShortSpec) -> tuple[Scene, ...]:
    """Return the spec's scenes, or those that its script splits into, over its visuals in turn."""
    if spec.scenes:
        return spec.scenes
    visuals = spec.visuals or BACKDROPS
    return tuple(
        Scene(
            narration=text,
            visual=visuals[index % len(visuals)],
            transition=TransitionName.FADE if index else TransitionName.CUT,
        )
        for index, text in enumerate(split_script(spec.script))
    )


def split_script(script: str) -> tuple[str, ...]:
    """Split at paragraphs, and inside them at sentences, joining very short sentences to their neighbours."""
    return tuple(scene for paragraph in _PARAGRAPH_END.split(script) for scene in _grouped(paragraph))


def _grouped(paragraph: str) -> Iterator[str]:
    group: list[str] = []
    for sentence in (match.group().strip() for match in _SENTENCE.finditer(" ".join(paragraph.split()))):
        if group and _length([*group, sentence]) > MOST_WORDS:
            yield " ".join(group)
            group = []
        group.append(sentence)
        if _length(group) >= FEWEST_WORDS:
            yield " ".join(group)
            group = []
    if group:
        yield " ".join(group)


def _length(sentences: list[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)
