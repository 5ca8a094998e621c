import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import psutil
import pytest

from engines import ffmpeg
from engines.errors import DiskFull, FfmpegFailed, FfmpegTimeout
from engines.ffmpeg_arguments import safe_input
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
ENDLESS = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30", "-f", "rawvideo")
NOWHERE = ("-f", "null", "-")
FRAME = bytes(64 * 64 * 3 // 2)


def raw_input(*output: str) -> list[str]:
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "64x64", "-i", "pipe:0", *output]


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def kill_soon() -> threading.Thread:
    """Kill the next ffmpeg of this process, once it runs."""
    before = {child.pid for child in children()}

    def strike() -> None:
        wait_for(lambda: {child.pid for child in children()} - before, every_s=0.005)
        (victim,) = (child for child in children() if child.pid not in before)
        victim.kill()

    thread = threading.Thread(target=strike)
    thread.start()
    return thread


def read_all(pipe: IO[bytes]) -> None:
    while pipe.read(1000):
        pass


def write_for_ever(pipe: IO[bytes]) -> None:
    while True:
        pipe.write(FRAME)


@pytest.fixture(autouse=True)
def no_child_is_left():
    before = {child.pid for child in children()}
    threads = threading.active_count()
    yield
    assert {child.pid for child in children()} <= before  # a zombie would still be there
    wait_for(lambda: threading.active_count() <= threads)


def test_the_log_of_a_run_is_returned():
    log = ffmpeg.run(["-loglevel", "info", "-f", "lavfi", "-i", "testsrc2=d=0.1", *NOWHERE], timeout_s=120)
    assert "testsrc2" in log


def test_a_failure_carries_exit_code_and_log(tmp_path: Path):
    with pytest.raises(FfmpegFailed, match="No such file") as failure:
        ffmpeg.run(["-i", str(tmp_path / "gone.mp4"), *NOWHERE], timeout_s=120)
    assert failure.value.exit_code > 0
    assert "gone.mp4" in failure.value.command


def test_a_long_log_is_cut_to_its_end():
    with pytest.raises(FfmpegFailed) as failure:
        ffmpeg.run(["-loglevel", "trace", "-f", "lavfi", "-i", "testsrc2=d=1,nonesuch", *NOWHERE], timeout_s=120)
    assert "nonesuch" in failure.value.log or "Filter not found" in failure.value.log
    assert len(failure.value.log) <= ffmpeg.LOG_TAIL_BYTES


def test_a_run_that_takes_too_long_is_ended():
    with pytest.raises(FfmpegTimeout) as failure:
        ffmpeg.run(["-re", *ENDLESS, "-y", os.devnull], timeout_s=0.3)
    assert failure.value.timeout_s == 0.3


def test_a_killed_run_is_a_failure():
    thread = kill_soon()
    with pytest.raises(FfmpegFailed) as failure:
        ffmpeg.run(["-re", *ENDLESS, "-y", os.devnull], timeout_s=120)
    thread.join()
    assert failure.value.exit_code == -signal.SIGKILL


def test_frames_are_read_to_the_end():
    arguments = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=30", "-frames:v", "3", "-pix_fmt", "yuv420p"]
    with ffmpeg.frames_out([*arguments, "-f", "rawvideo", "pipe:1"], timeout_s=120) as pipe:
        assert len(pipe.read()) == 3 * len(FRAME)


def test_reading_may_stop_early():
    with ffmpeg.frames_out([*ENDLESS, "pipe:1"], timeout_s=120) as pipe:
        assert len(pipe.read(1000)) == 1000


def test_a_killed_decoder_is_a_failure_for_who_reads_to_the_end():
    thread = kill_soon()
    with pytest.raises(FfmpegFailed), ffmpeg.frames_out(["-re", *ENDLESS, "pipe:1"], timeout_s=120) as pipe:
        read_all(pipe)
    thread.join()


def test_a_stuck_decoder_is_ended():
    with pytest.raises(FfmpegTimeout), ffmpeg.frames_out(["-re", *ENDLESS, "pipe:1"], timeout_s=0.3) as pipe:
        read_all(pipe)


def test_frames_are_written(tmp_path: Path):
    output = tmp_path / "a.y4m"
    with ffmpeg.frames_in(raw_input(str(output)), timeout_s=120) as pipe:
        for _ in range(3):
            pipe.write(FRAME)
    assert output.read_bytes().count(b"FRAME") == 3


@pytest.mark.parametrize("how", ["killed", "failing"])
def test_a_pipe_that_breaks_in_a_write_is_ffmpegs_failure(tmp_path: Path, how: str):
    output = tmp_path / ("a.y4m" if how == "killed" else "no/such/folder/a.y4m")
    thread = kill_soon() if how == "killed" else None
    with pytest.raises(FfmpegFailed) as failure, ffmpeg.frames_in(raw_input(str(output)), timeout_s=120) as pipe:
        write_for_ever(pipe)
    if thread:
        thread.join()
    assert (failure.value.exit_code == -signal.SIGKILL) == (how == "killed")


def test_an_encoder_that_takes_too_long_is_ended():
    slow = raw_input("-vf", "realtime=speed=0.1", *NOWHERE)
    with pytest.raises(FfmpegTimeout), ffmpeg.frames_in(slow, timeout_s=0.3) as pipe:
        write_for_ever(pipe)


def test_an_error_of_the_callers_ends_ffmpeg_and_passes():
    with pytest.raises(ZeroDivisionError), ffmpeg.frames_in(raw_input(*NOWHERE), timeout_s=120):
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), ffmpeg.frames_out([*ENDLESS, "pipe:1"], timeout_s=120):
        _ = 1 / 0


def test_a_full_disk_has_a_name_of_its_own():
    with pytest.raises(DiskFull):
        ffmpeg.run(["-f", "lavfi", "-i", "testsrc2=d=1", "-f", "rawvideo", "-y", "/dev/full"], timeout_s=120)


def test_ffmpeg_ends_with_the_process_that_started_it(tmp_path: Path):
    if sys.platform != "linux":
        pytest.skip("only Linux ties a child's life to its parent's")
    program = (
        "from engines import ffmpeg\n"
        f"ffmpeg.run(['-re', '-f', 'lavfi', '-i', 'testsrc2', '-y', {str(tmp_path / 'a.y4m')!r}], timeout_s=120)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT)
    wait_for(lambda: psutil.Process(parent.pid).children() and (tmp_path / "a.y4m").exists())
    (child,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_playlist_in_disguise_reads_nothing(tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("very secret")
    for text in (f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        (tmp_path / "a.mp4").write_text(text)
        with pytest.raises(FfmpegFailed):
            ffmpeg.run([*safe_input(tmp_path / "a.mp4", demuxer="mov"), *NOWHERE], timeout_s=120)


def test_it_tells_what_it_is_and_can():
    assert ffmpeg.version()
    assert {"libx264", "aac"} <= ffmpeg.capabilities("encoders")
    assert "ebur128" in ffmpeg.capabilities("filters")


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/nowhere/ffmpeg"])
def test_another_program_is_no_ffmpeg(monkeypatch: pytest.MonkeyPatch, program: str):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", program)
    with pytest.raises((OSError, RuntimeError)):
        ffmpeg.version()


def test_a_child_that_reads_strangers_files_knows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "NEUROSHORTS_OPENAI_API_KEY", "PREFECT_API_AUTH_STRING", "http_proxy"):
        monkeypatch.setenv(name, "hunter2hunter2")
    monkeypatch.setenv("FFREPORT", f"file={tmp_path}/report.log")
    arguments = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "1x1", "-i", "pipe:", "-f", "null", "-"]
    with ffmpeg.frames_in(arguments, timeout_s=60) as pipe:
        pipe.write(b"x")
        pipe.flush()
        child = next(each for each in psutil.Process().children() if "rawvideo" in each.cmdline())
        environment = child.environ()
    assert environment["PATH"] == os.environ["PATH"]
    assert "hunter2hunter2" not in environment.values()
    assert list(tmp_path.iterdir()) == []
