"""Files that are something else than they seem: playlists, scripts, drawings, and two things in one."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines import ffmpeg
from engines.audio.pcm import decode_to_wav, load_wav, samples_of
from engines.errors import FfmpegFailed, SourceTooLarge, SourceUnreadable
from engines.ffmpeg_arguments import safe_input
from engines.sniff import demuxer_for, read_head
from engines.visuals.probe import probe
from models.media import MediaLimits
from tasks.errors import RenderFailed
from tests.flows.studio import Studio
from tests.hostile.bombs import claiming_mp4, referring_mov
from tests.media import gradient, make_audio

ID3 = b"ID3\x03\0\0\0\0\0\x14" + bytes(20)
NAMES = ("a.mp4", "a.mp3", "a.png", "a.mkv", "a.srt", "a.txt")


def scripts(secret: Path) -> dict[str, bytes]:
    """Everything that makes some program read another file, or run."""
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode(),
        "hls with key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file://{secret}"\n#EXTINF:1,\na.ts\n'.encode(),
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "concat without a head": f"file '{secret}'\n".encode(),
        "dash": f'<?xml version="1.0"?>\n<MPD><BaseURL>file://{secret}</BaseURL></MPD>'.encode(),
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\na=control:{secret}\n".encode(),
        "svg": f'<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file://{secret}"/></svg>'.encode(),
        "svg behind a comment": f'<?xml version="1.0"?><!-- x --><svg><image href="{secret}"/></svg>'.encode(),
        "xxe": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><svg>&b;</svg>'.encode(),
        "mvg": f"push graphic-context\nimage over 0,0 0,0 'file://{secret}'\n".encode(),
        "msl": f'<image><read filename="{secret}"/></image>'.encode(),
        "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n",
        "postscript": f"%!PS\n({secret}) (r) file\n".encode(),
        "eps": b"\xc5\xd0\xd3\xc6" + bytes(26) + b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "asx": f'<asx><entry><ref href="file://{secret}"/></entry></asx>'.encode(),
        "pls": f"[playlist]\nFile1={secret}\n".encode(),
        "image sequence": b"a%03d.png\n",
        "ffmetadata": b";FFMETADATA1\ntitle=x\n",
        "html": b"<!doctype html><script>1</script>",
        "zip": b"PK\x03\x04" + bytes(60),
        "program": b"\x7fELF" + bytes(60),
        "shell": b"#!/bin/sh\ncat /etc/passwd\n",
    }


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A sound that nobody may hear."""
    return make_audio(tmp_path / "secret.mp3", duration_ms=1000, codec="libmp3lame")


@pytest.mark.parametrize("kind", scripts(Path("/x")))
def test_no_script_passes_for_media_whatever_its_name(kind: str, secret: Path, tmp_path: Path):
    for name in NAMES:
        path = tmp_path / name
        path.write_bytes(scripts(secret)[kind])
        with pytest.raises(SourceUnreadable) as failure:
            probe(path, source=name, limits=MediaLimits())
        assert str(secret) not in str(failure.value)
        with pytest.raises(SourceUnreadable):
            decode_to_wav(path, tmp_path / "out.wav", channels=1, name=name, limit_ms=2000)


@pytest.mark.parametrize("kind", scripts(Path("/x")))
def test_a_script_behind_the_tag_of_a_song_reads_nothing(kind: str, secret: Path, tmp_path: Path):
    """ffmpeg itself looks behind the tag, and takes for a playlist what it finds there."""
    silence = tmp_path / "silence.mp3"
    ffmpeg.run(
        [
            "-f",
            "lavfi",
            "-i",
            "anullsrc=d=2",
            "-c:a",
            "libmp3lame",
            "-write_xing",
            "0",
            "-id3v2_version",
            "0",
            str(silence),
        ],
        timeout_s=20,
    )
    path = tmp_path / "upload.mp3"
    path.write_bytes(ID3 + scripts(secret)[kind] + silence.read_bytes())
    assert demuxer_for(read_head(path)) == "mp3"
    decode_to_wav(path, tmp_path / "out.wav", channels=1, name="upload", limit_ms=5000)
    assert float(np.abs(samples_of(load_wav(tmp_path / "out.wav"))).max()) < 0.01


def test_an_mp4_that_refers_to_another_file_reads_nothing_of_it(secret: Path, tmp_path: Path):
    outside = f"file://{secret}\0".encode()
    for kind, flag in ((b"url ", b"\0\0\0\0"), (b"alis", b"\0\0\0\0")):
        entry = len(outside).to_bytes(4, "big")
        reference = (12 + len(outside)).to_bytes(4, "big") + kind + flag + outside
        content = claiming_mp4(10).replace((12).to_bytes(4, "big") + b"url " + bytes(4), reference)
        assert entry
        path = tmp_path / "a.mp4"
        path.write_bytes(content)
        with pytest.raises((SourceUnreadable, SourceTooLarge)):
            probe(path, source="a.mp4", limits=MediaLimits())


def test_a_film_whose_samples_are_in_another_file_shows_and_plays_nothing_of_it(tmp_path: Path, studio: Studio):
    """With the file asked for by the film's own name and path, and its samples where the film says that they are."""
    secret, film, heard = tmp_path / "secret.mov", tmp_path / "film.mov", tmp_path / "heard.wav"
    coded = ("-c:v", "mjpeg", "-c:a", "pcm_s16le", "-movflags", "+faststart")
    sources = ("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=10", "-f", "lavfi", "-i", "sine=440:d=1")
    ffmpeg.run([*sources, *coded, str(secret)], timeout_s=60)
    film.write_bytes(referring_mov(secret, other=secret))

    ffmpeg.run(["-enable_drefs", "1", "-i", str(film), "-vn", str(heard)], timeout_s=60)  # who allows it hears it
    assert float(np.abs(samples_of(load_wav(heard))).max()) > 0.1

    with pytest.raises(SourceUnreadable):
        probe(film, source="film.mov", limits=MediaLimits())
    with suppress(SourceUnreadable):
        decode_to_wav(film, tmp_path / "out.wav", channels=1, name="film", limit_ms=2000)
        assert float(np.abs(samples_of(load_wav(tmp_path / "out.wav"))).max()) < 0.01
    for scene in (
        {"visual": str(film), "min_duration_ms": 500},
        {"visual": "color:#204060", "voice_over": str(film), "narration": "A tone."},
    ):
        with pytest.raises(RenderFailed, match=r"film.mov: cannot be used"):
            studio.render({"title": "Elsewhere", "quality": "draft", "scenes": [scene]})


def test_two_things_in_one_are_what_they_begin_as(tmp_path: Path):
    path = tmp_path / "a.html"
    gradient(40, 30).save(path, "GIF")
    path.write_bytes(path.read_bytes() + b"<script>alert(1)</script>#EXTM3U\nPK\x03\x04")
    info = probe(path, source="a", limits=MediaLimits())
    assert (info.width_px, info.height_px) == (40, 30)
    with Image.open(path) as image:
        assert image.format == "GIF"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/a.mp4", "tcp://127.0.0.1:1", "concat:a|b", "subfile,,start,0,end,9,,:a"]
)
def test_ffmpeg_opens_nothing_but_the_one_file(address: str, tmp_path: Path):
    """Whatever a name says, it is a name of a file."""
    with pytest.raises(FfmpegFailed, match="No such file"):
        ffmpeg.run([*safe_input(tmp_path / address, demuxer="mov"), "-f", "null", "-"], timeout_s=20)
