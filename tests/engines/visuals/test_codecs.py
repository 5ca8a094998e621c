"""Every encoder: the same bytes each time, whole headers, a bitrate that is kept; and which hardware really works."""

from pathlib import Path

import av
import numpy as np
import pytest

from engines.visuals.hardware import HARDWARE, working_encoder, works
from engines.visuals.segment import Scene
from models.canvas import Canvas, Quality
from models.encoding import SOFTWARE, Encoder, VideoSettings, video_settings
from models.export import Codec
from models.shots import Window
from tests.engines.visuals.scenes import VIDEO, burn, plate, scene

COUNT = 40
LEFT = Window(x=0, y=0, width=0.125, height=0.5)
RIGHT = Window(x=0.875, y=0.5, width=0.125, height=0.5)


def settings(codec: Codec, quality: Quality = Quality.STANDARD) -> VideoSettings:
    made = video_settings(Canvas(), quality, codec)
    return made.model_copy(update={"width_px": VIDEO.width_px, "height_px": VIDEO.height_px})


def noise(folder: Path, video: VideoSettings) -> Scene:
    """A still of noise, moving: hard to encode."""
    frame = np.random.default_rng(1).integers(16, 235, (VIDEO.height_px * 3 // 2, VIDEO.width_px), np.uint8)
    return scene(plate(folder / "noise.npy", frame), COUNT, video=video)


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("quality", [Quality.PREVIEW, Quality.STANDARD, Quality.HIGH])
def test_an_encode_repeats_to_the_byte_and_starts_by_itself(tmp_path: Path, codec: Codec, quality: Quality):
    made = [burn(noise(tmp_path, settings(codec, quality)), tmp_path / f"{number}.mp4") for number in range(2)]
    assert made[0].read_bytes() == made[1].read_bytes()
    with av.open(str(made[0])) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert len(packets) == COUNT
        assert packets[0].is_keyframe
    with av.open(str(made[0])) as container:
        assert sum(1 for _ in container.decode(video=0)) == COUNT


@pytest.mark.parametrize("codec", Codec)
def test_a_limit_of_the_bitrate_is_kept(tmp_path: Path, codec: Codec):
    free = settings(codec).model_copy(update={"crf": 5})
    still = plate(tmp_path / "wide.npy", np.random.default_rng(1).integers(16, 235, (288, 1024), np.uint8))
    shot = still.shot.model_copy(update={"window_from": LEFT, "window_to": RIGHT})
    sizes = {}
    for kbps in (None, 400):
        moving = scene(still._replace(shot=shot), COUNT, video=free.model_copy(update={"max_kbps": kbps}))
        sizes[kbps] = burn(moving, tmp_path / f"{kbps}.mp4").stat().st_size
    assert sizes[400] < sizes[None] * 0.8
    assert sizes[400] * 8 / 1000 / (COUNT / 30) < 400 * 1.6  # of which a burst at the start is a part


def test_software_is_found_to_work_and_what_is_not_there_not():
    assert all(works(settings(codec)) for codec in SOFTWARE)
    assert working_encoder(settings(Codec.H264), ("libx264",)) == "libx264"
    assert not works(settings(Codec.H264).model_copy(update={"encoder": "h264_nowhere"}))


@pytest.mark.parametrize("codec", Codec)
def test_a_hardware_encoder_is_only_chosen_if_it_encodes(tmp_path: Path, codec: Codec):
    video = video_settings(Canvas(), Quality.DRAFT, codec)
    found: Encoder | None = working_encoder(video, HARDWARE[codec])
    if found is None:
        return
    still = plate(tmp_path / "a.npy", np.full((video.height_px * 3 // 2, video.width_px), 128, np.uint8))
    path = burn(scene(still, COUNT, video=video.model_copy(update={"encoder": found})), tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == COUNT
