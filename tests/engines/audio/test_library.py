import hashlib
import tomllib
from pathlib import Path

import pytest

from engines.audio.library import LibraryTrack, bundled_tracks, choose_track, folder_tracks, transition_sounds
from engines.audio.targets import load_targets, loudness_target
from engines.errors import LibraryInvalid, LoudnessUnknown, MoodUnknown, PresetInvalid
from models.picture import TransitionName
from models.soundtrack import Sound
from tasks.library import ASSETS_DIR, LOUDNESS_FILE, MANIFEST


def library(**moods: tuple[str, ...]) -> tuple[LibraryTrack, ...]:
    return tuple(LibraryTrack(address=name, moods=names) for name, names in moods.items())


def make_folder(root: Path, *names: str, index: str = "") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"sound")
    if index:
        (root / "library.toml").write_text(index)
    return root


def test_moods_come_from_folders_and_from_the_index(tmp_path: Path):
    index = '[[track]]\nfile = "Calm/two.MP3"\nmoods = ["Sad", "slow"]\nauthor = "A"\n'
    folder = make_folder(tmp_path, "Calm/one.ogg", "Calm/two.MP3", "calm/deep/three.wav", "notes.txt", index=index)
    tracks = {Path(track.address).name: track for track in folder_tracks(folder)}
    assert {name: track.moods for name, track in tracks.items()} == {
        "one.ogg": ("calm",),
        "two.MP3": ("sad", "slow"),
        "three.wav": ("calm", "deep"),
    }
    assert tracks["two.MP3"].author == "A"
    assert all(Path(track.address).is_absolute() for track in tracks.values())


@pytest.mark.parametrize(
    "index",
    [
        '[[track]]\nfile = "gone.mp3"\n',
        "[[track]]\nmoods = ['calm']\n",
        '[[track]]\nfile = "one.ogg"\nmoods = 3\n',
        '[[track]]\nfile = "one.ogg"\nmoods = [3]\n',
        '[[track]]\nfile = "one.ogg"\ncolour = "red"\n',
        "[[track",
    ],
)
def test_a_wrong_index_is_told_with_its_path(tmp_path: Path, index: str):
    with pytest.raises(LibraryInvalid, match=r"library\.toml"):
        folder_tracks(make_folder(tmp_path, "one.ogg", index=index))


def test_the_same_seed_finds_the_same_track_and_seeds_spread():
    tracks = library(a=("calm",), b=("calm",), c=("calm", "dark"), d=("loud",))
    chosen = {seed: choose_track([tracks], "calm", seed=seed).address for seed in map(str, range(60))}
    assert chosen == {seed: choose_track([tracks[::-1]], "Calm ", seed=seed).address for seed in chosen}
    assert set(chosen.values()) == {"a", "b", "c"}


def test_the_users_own_tracks_come_first():
    own, bundled = library(own=("calm",)), library(ours=("calm",), other=("happy",))
    assert choose_track([own, bundled], "calm", seed="x").address == "own"
    assert choose_track([own, bundled], "happy", seed="x").address == "other"


def test_an_unknown_mood_lists_those_there_are():
    with pytest.raises(MoodUnknown, match=r"music\.mood: no track is 'furious'; choose one of calm, happy"):
        choose_track([library(a=("happy", "calm"))], "furious", seed="x")
    with pytest.raises(MoodUnknown, match="empty"):
        choose_track([()], "calm", seed="x")


def test_every_asset_is_as_the_manifest_says():
    listed = {asset["path"]: asset for asset in tomllib.loads(MANIFEST.read_text())["asset"]}
    folders = ("music", "sounds")
    there = {str(path.relative_to(ASSETS_DIR)) for folder in folders for path in (ASSETS_DIR / folder).iterdir()}
    there = {path for path in there if "__pycache__" not in path}
    assert there
    assert there == {path for path in listed if path.startswith(folders)}
    for path in there:
        assert listed[path]["sha256"] == hashlib.sha256((ASSETS_DIR / path).read_bytes()).hexdigest(), path
        assert listed[path]["licence"] == "CC0-1.0"


def test_the_bundled_library_has_moods():
    tracks = bundled_tracks(MANIFEST)
    assert {mood for track in tracks for mood in track.moods} >= {"calm", "moving", "happy", "tense", "epic"}
    assert all(track.author and track.licence for track in tracks)


def test_every_transition_has_a_sound_that_is_there():
    sounds = transition_sounds(MANIFEST)
    assert "any" in sounds
    assert set(sounds) & set(TransitionName)
    for address in sounds.values():
        assert (ASSETS_DIR / address.removeprefix("assets:")).is_file()


def test_every_platforms_loudness_has_a_source_and_a_date():
    targets = load_targets(LOUDNESS_FILE)
    assert {"tiktok", "shorts", "reels", "youtube", "podcast", Sound().loudness} <= set(targets)
    assert all(target.source and target.checked.year >= 2026 for target in targets.values())
    assert loudness_target([LOUDNESS_FILE], "podcast").integrated_lufs == -16


def test_an_unknown_platform_and_a_broken_file_are_told(tmp_path: Path):
    with pytest.raises(LoudnessUnknown, match=r"sound\.loudness: .*'vimeo'.*tiktok"):
        loudness_target([LOUDNESS_FILE], "vimeo")
    broken = tmp_path / "loudness.toml"
    broken.write_text('[one]\nintegrated_lufs = "loud"\n')
    with pytest.raises(PresetInvalid):
        load_targets(broken)


def test_a_file_of_ones_own_adds_and_replaces_platforms(tmp_path: Path):
    own = tmp_path / "loudness.toml"
    entry = "integrated_lufs = -18.0\ntrue_peak_dbtp = -2.0\nchecked = 2026-11-21\nsource = 'us'\n"
    own.write_text(f"[tiktok]\n{entry}\n[radio]\n{entry}")
    for name in ("tiktok", "radio"):
        assert loudness_target([own, LOUDNESS_FILE], name).integrated_lufs == -18
    assert loudness_target([own, LOUDNESS_FILE], "youtube").integrated_lufs == -14
