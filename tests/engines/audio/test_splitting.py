from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engines.audio.espeak import synthesize
from engines.audio.pcm import load_wav, samples_of, save_wav
from engines.audio.splitting import split_recording
from engines.errors import SourceUnreadable
from models.audio import Speech
from models.timeline import WordTiming
from models.voice import Voice

TEXTS = (
    "The Moon drifts away from us.",
    "Four centimetres, every year! *Imagine* that.",
    "Its footprints outlast [pause 300ms] every footprint on Earth.",
    "And that is all.",
)
PLAIN = tuple(text.replace("*", "").replace("[pause 300ms] ", "") for text in TEXTS)


def record(folder: Path, gaps_ms: tuple[int, ...], noise: float = 0.0) -> tuple[Path, list[list[float]]]:
    """Write all texts as one recording; return where each text's words begin in it."""
    pieces, starts = [], []
    for number, (text, gap_ms) in enumerate(zip(PLAIN, gaps_ms, strict=True)):
        path = folder / f"text-{number}.wav"
        speech = synthesize(text, voice=Voice(), language="en-US", output=path)
        pieces.append(np.zeros(gap_ms * 48, dtype=np.float32))
        shift_ms = sum(map(len, pieces)) / 48
        starts.append([word.start_ms + shift_ms for word in speech.words])
        pieces.append(samples_of(load_wav(path)))
    samples = np.concatenate([*pieces, np.zeros(24_000, dtype=np.float32)])
    hiss = np.random.default_rng(3).normal(0, noise, len(samples)).astype(np.float32)
    save_wav(samples + hiss, folder / "all.wav")
    return folder / "all.wav", starts


def split(recording: Path, folder: Path, texts: tuple[str, ...] = TEXTS, recognise=None):
    outputs = [folder / f"part-{number}.wav" for number in range(len(texts))]
    parts = split_recording(recording, texts, language="en", outputs=outputs, source="all.wav", recognise=recognise)
    return parts, [samples_of(load_wav(path)) for path in outputs]


def check_laws(parts: tuple[Speech, ...], sounds: list[np.ndarray], texts: tuple[str, ...]) -> None:
    for part, sound, text in zip(parts, sounds, texts, strict=True):
        assert " ".join(word.text for word in part.words) == " ".join(text.split())
        assert all(word.start_ms < word.end_ms <= part.duration_ms for word in part.words)
        assert all(a.end_ms <= b.start_ms + 1 for a, b in pairwise(part.words))
        assert abs(part.duration_ms - len(sound) / 48) < 1


@pytest.mark.parametrize("noise", [0.0, 0.002])
@pytest.mark.parametrize("gaps_ms", [(300, 700, 500, 900), (0, 350, 2000, 400)])
def test_each_scene_gets_its_own_words_and_nothing_that_is_heard_is_lost(
    tmp_path: Path, gaps_ms: tuple[int, ...], noise: float
):
    recording, starts = record(tmp_path, gaps_ms, noise)
    parts, sounds = split(recording, tmp_path)
    check_laws(parts, sounds, PLAIN)
    whole = samples_of(load_wav(recording))
    assert abs(sum(np.sum(sound**2) for sound in sounds) / np.sum(whole**2) - 1) < 0.01
    for part, sound, text, true_ms in zip(parts, sounds, PLAIN, starts, strict=True):
        alone = samples_of(load_wav(tmp_path / f"text-{PLAIN.index(text)}.wav"))
        assert abs(np.sum(alone**2) / np.sum(sound**2) - 1) < 0.08, "a text's sound, and no other's"
        first_ms = part.words[0].start_ms
        off = [
            abs((word.start_ms - first_ms) - (at - true_ms[0])) for word, at in zip(part.words, true_ms, strict=True)
        ]
        assert np.mean(off) < 130
        assert sound[0] == sound[-1] == 0


def test_the_speakers_pace_stays_once_the_timeline_has_put_its_pauses_in(tmp_path: Path):
    recording, starts = record(tmp_path, (300, 700, 500, 900))
    parts, _ = split(recording, tmp_path)
    at_ms, begins = 0.0, []
    for part in parts:
        begins.append(at_ms + 100 + part.words[0].start_ms)
        at_ms += 100 + part.duration_ms + 200
    true_ms = [each[0] for each in starts]
    assert np.max(np.abs((np.array(begins) - begins[0]) - (np.array(true_ms) - true_ms[0]))) < 25


def test_recognised_words_lead(tmp_path: Path):
    recording, starts = record(tmp_path, (300, 700, 500, 900))
    words = [word for text in PLAIN for word in text.split()]
    true_ms = [round(at) for each in starts for at in each]
    heard = [
        WordTiming(text=word.strip(".,!").lower(), start_ms=at, end_ms=at + 100)
        for word, at in zip(words, true_ms, strict=True)
        if word != "Moon"
    ]
    parts, sounds = split(recording, tmp_path, recognise=lambda wav: heard)
    check_laws(parts, sounds, PLAIN)
    assert {part.timing for part in parts} == {"recognised"}
    for part, each in zip(parts, starts, strict=True):
        off = [w.start_ms - part.words[0].start_ms - (at - each[0]) for w, at in zip(part.words, each, strict=True)]
        assert np.max(np.abs([o for w, o in zip(part.words, off, strict=True) if w.text != "Moon"])) < 40
    parts, _ = split(recording, tmp_path, recognise=lambda wav: heard[:3])
    assert {part.timing for part in parts} == {"estimated"}, "too little like the texts"


@settings(max_examples=25, deadline=None)
@example(bursts=[(6, 114)], texts=["Hi."] * 3)
@given(
    bursts=st.lists(st.tuples(st.integers(5, 600), st.integers(0, 600)), min_size=1, max_size=8),
    texts=st.lists(
        st.sampled_from(["Hi.", "A longer sentence, with words.", "今天天气", "🚀 x"]), min_size=1, max_size=5
    ),
)
def test_any_sound_is_split_into_as_many_parts(
    tmp_path_factory: pytest.TempPathFactory, bursts: list[tuple[int, int]], texts: list[str]
):
    folder = tmp_path_factory.mktemp("case")
    sound = np.concatenate([np.concatenate((np.full(on * 48, 0.3), np.zeros(off * 48))) for on, off in bursts])
    save_wav(sound.astype(np.float32), folder / "all.wav")
    if len(sound) < 40 * 48 * len(texts):
        with pytest.raises(SourceUnreadable, match="too short"):
            split(folder / "all.wav", folder, tuple(texts))
        return
    parts, sounds = split(folder / "all.wav", folder, tuple(texts))
    assert all(len(sound) >= 40 * 48 - 1 for sound in sounds)
    assert sum(map(len, sounds)) <= len(sound)
    assert all(w.start_ms < w.end_ms for part in parts for w in part.words)
