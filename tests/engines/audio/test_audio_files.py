import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from engines import ffmpeg
from engines.audio.export import export_audio
from models.audio import LoudnessTarget
from models.export import AudioFormat

TARGET = LoudnessTarget(integrated_lufs=-14.0, true_peak_dbtp=-1.0)
_MADE = {"aac": ("-c:a", "aac", "-b:a", "192k", "-f", "ipod"), "flac": ("-c:a", "flac", "-f", "flac")}


def made(folder: Path, codec: str) -> Path:
    path = folder / f"master.{codec}"
    tone = "aevalsrc=0.3*sin(440*2*PI*t)|0.3*sin(660*2*PI*t):s=48000:d=1.37"
    ffmpeg.run(("-y", "-f", "lavfi", "-i", tone, *_MADE[codec], str(path)), timeout_s=60)
    return path


def heard(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=-1)


@pytest.mark.parametrize("wanted", list(AudioFormat))
def test_every_format_has_its_title(tmp_path: Path, wanted: AudioFormat):
    master = made(tmp_path, "aac" if wanted is AudioFormat.AAC else "flac")
    digests = set()
    for name in ("a", "b"):
        output = tmp_path / name
        loudness = export_audio(master, wanted=wanted, target=TARGET, title="Mond: 3 Fragen; =ü", output=output)
        digests.add(hashlib.sha256(output.read_bytes()).hexdigest())
    with av.open(str(output)) as container:
        tags = {**container.metadata, **container.streams.audio[0].metadata}
        assert {name.lower(): value for name, value in tags.items()}["title"] == "Mond: 3 Fragen; =ü"
    assert len(digests) == 1
    assert loudness.integrated_lufs == pytest.approx(-10.5, abs=2)


def test_aac_sounds_to_the_sample_as_the_video_does(tmp_path: Path):
    master, output = made(tmp_path, "aac"), tmp_path / "audio.m4a"
    export_audio(master, wanted=AudioFormat.AAC, target=TARGET, title="Moon", output=output)
    assert np.array_equal(heard(output), heard(master))
