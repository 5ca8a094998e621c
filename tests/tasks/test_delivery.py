import pytest

from engines.errors import LimitPassed
from models.artifacts import ArtifactRef
from models.report import Video
from models.spec import ShortSpec
from tasks.cut_inputs import FileKey
from tasks.cuts import Cuts, cuts_of
from tasks.delivery import check_sizes, known_platforms

LARGEST = known_platforms()["reels"].most_bytes or 0


def cuts(**export: object) -> Cuts:
    spec = {
        "title": "t",
        "scenes": [{"visual": "color:#204060", "min_duration_ms": 4000}],
        "variants": [{"shape": "square"}],
        "export": {"also": ["mp4_hevc"], **export},
    }
    return cuts_of(ShortSpec.model_validate(spec, strict=False))


def videos(wanted: Cuts, **sizes: int) -> dict[FileKey, Video]:
    made = {}
    for cut in wanted.values():
        for rendition in cut.renditions:
            size = sizes.get(f"{cut.name}{rendition.file.partition('.')[0]}".replace("-", "_"), 1)
            blob = ArtifactRef(uri="x", sha256="0" * 64, size=size, media_type="video/mp4")
            frame = {"width_px": 4, "height_px": 4, "fps": "30", "frame_count": 1, "duration_ms": 33}
            made[cut.name, rendition.file] = Video.model_validate({"name": rendition.file, "blob": blob, **frame})
    return made


def test_what_the_platform_takes_is_published_without_a_word():
    wanted = cuts(platform="reels")
    assert check_sizes(wanted, videos(wanted, video=LARGEST)) == ()
    assert check_sizes(cuts(), videos(wanted, video=LARGEST + 1)) == ()


def test_a_main_video_that_is_too_large_is_refused_and_others_are_noted():
    wanted = cuts(platform="reels")
    with pytest.raises(LimitPassed, match=r"reels does not take this short: at most 300 MB, and video\.mp4 has 300\.0"):
        check_sizes(wanted, videos(wanted, video=LARGEST + 1))
    also, variant = check_sizes(wanted, videos(wanted, video_hevc=LARGEST * 2, squarevideo=LARGEST * 3))
    assert "video-hevc.mp4 has 600.0 MB" in also
    assert "square/video.mp4 has 900.0 MB" in variant
