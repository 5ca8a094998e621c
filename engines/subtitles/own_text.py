"""Text that nobody spoke word by word, such as a translation: when each of its words is shown."""

from collections.abc import Sequence
from itertools import accumulate

from engines.errors import SceneError
from engines.subtitles.phrases import CLAUSE_END, SENTENCE_END
from models.scene import Scene
from models.timeline import WordTiming

_CLAUSE_PAUSE, _SENTENCE_PAUSE = 2, 5  # in letters, of how long a voice would rest


def caption_text(scene: Scene, *, number: int, spoken_language: str, language: str | None) -> str | None:
    """Return what a scene's captions say in place of its narration, or None if that is what they say.

    `language` is that of the captions, None for the spoken one. Raises SceneError where a translation is missing.
    """
    if language is not None:
        for translation in scene.translations:
            if translation.language.lower() == language.lower():
                return translation.text
        for translation in scene.translations:
            if _primary(translation.language) == _primary(language):
                return translation.text
    if scene.caption.strip():
        return scene.caption
    if language is None or not scene.narration.strip() or _primary(language) == _primary(spoken_language):
        return None
    known = ", ".join(translation.language for translation in scene.translations) or "no other language"
    reason = f"no caption in {language!r}, only in {known}: add it to `translations`, or give `caption`"
    raise SceneError(scene=number, reason=reason)


def spread(text: str, *, start_ms: int, end_ms: int) -> tuple[WordTiming, ...]:
    """Return the words of `text`, which share the time between them by their length, with rests after punctuation."""
    words = text.split()
    edges = [0, *accumulate(len(word) + 1 + _rest(word) for word in words)]
    span_ms = max(0, end_ms - start_ms)
    times = [start_ms + span_ms * edge // edges[-1] for edge in edges] if words else []
    rests = [span_ms * _rest(word) // edges[-1] for word in words]
    return tuple(
        WordTiming(text=word, start_ms=start, end_ms=end - rest)
        for word, start, end, rest in zip(words, times, times[1:], rests, strict=False)
    )


def shown_words(text: str, said: Sequence[WordTiming], *, duration_ms: int) -> tuple[WordTiming, ...]:
    """Return the words of a scene's own text: timed to what is said, or over the whole of a silent scene."""
    return spread_over(text, said) if said else spread(text, start_ms=0, end_ms=duration_ms)


def spread_over(text: str, words: Sequence[WordTiming]) -> tuple[WordTiming, ...]:
    """Return the words of `text`, timed to spoken `words` that say the same.

    Where both have as many sentences, each is timed to its own.
    """
    said, shown = _sentences([word.text for word in words]), _sentences(text.split())
    if len(said) != len(shown):
        return spread(text, start_ms=words[0].start_ms, end_ms=words[-1].end_ms)
    found: list[WordTiming] = []
    for (first, end), (shown_first, shown_end) in zip(said, shown, strict=True):
        sentence = " ".join(text.split()[shown_first:shown_end])
        found += spread(sentence, start_ms=words[first].start_ms, end_ms=words[end - 1].end_ms)
    return tuple(found)


def _sentences(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the first and the end index of every sentence."""
    ends = [index + 1 for index, text in enumerate(texts) if SENTENCE_END.search(text)]
    if texts and (not ends or ends[-1] != len(texts)):
        ends.append(len(texts))
    return list(zip([0, *ends], ends, strict=False))


def _primary(language: str) -> str:
    return language.split("-")[0].lower()


def _rest(word: str) -> int:
    if SENTENCE_END.search(word):
        return _SENTENCE_PAUSE
    return _CLAUSE_PAUSE if CLAUSE_END.search(word) else 0
