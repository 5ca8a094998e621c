"""The only door to ffmpeg. Every child is bounded in time and memory, dies with this process, never fails silently."""

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO

import imageio_ffmpeg

from engines.child_limits import ENCODING, ChildLimits, confine, told
from engines.disk_space import tells_disk_full
from engines.errors import DiskFull, FfmpegFailed, FfmpegTimeout
from engines.pipes import widen

LOG_TAIL_BYTES = 4_000
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error")
_LOGGED_LINES = 10

logger = logging.getLogger(__name__)


def executable() -> str:
    """Return the path of ffmpeg: the wheel's build, or what IMAGEIO_FFMPEG_EXE names."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def version() -> str:
    """Return ffmpeg's own name for its version. Raises OSError or RuntimeError if it does not run."""
    words = _told("-version").split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"]:
        raise RuntimeError(f"{executable()} is not ffmpeg")
    return words[2]


@cache
def capabilities(flag: str) -> frozenset[str]:
    """Return the names that `ffmpeg -filters`, `-encoders` or `-demuxers` lists; `flag` is the bare word.

    Raises OSError or RuntimeError if ffmpeg does not run.
    """
    rows = (line.split() for line in _told("-hide_banner", f"-{flag}").splitlines())
    return frozenset(row[1] for row in rows if len(row) > 2)


def _told(*arguments: str) -> str:
    """Return what ffmpeg prints when it is asked about itself. Raises OSError or RuntimeError."""
    command = [executable(), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{executable()} does not answer") from None
    if result.returncode != 0:
        raise RuntimeError(f"{executable()} ended with {result.returncode}")
    return result.stdout


def is_leashed() -> bool:
    """Return whether a child dies with this process, also when this process is killed."""
    return bool(_leash())


def run(arguments: Sequence[str], *, timeout_s: float, limits: ChildLimits = ENCODING) -> str:
    """Run ffmpeg to its end and return what it logged (at most the last few thousand characters).

    Raises FfmpegFailed, FfmpegTimeout or DiskFull.
    """
    with _child(arguments, timeout_s=timeout_s, limits=limits) as process:
        process.wait()
    return process.log_tail()


@contextmanager
def frames_out(arguments: Sequence[str], *, timeout_s: float) -> Generator[IO[bytes]]:
    """Run ffmpeg with its standard output as a pipe to read raw frames or samples from.

    Leaving the block before the output's end stops ffmpeg and is not an error; reading to the end and then
    finding that ffmpeg failed is. Raises FfmpegFailed, FfmpegTimeout.
    """
    with _child(arguments, timeout_s=timeout_s, stdout=subprocess.PIPE) as process:
        pipe = process.pipe_out()
        yield pipe
        if pipe.read(1):
            process.abandon()
        process.wait()


@contextmanager
def frames_in(
    arguments: Sequence[str], *, timeout_s: float, on_log: Callable[[str], None] | None = None
) -> Generator[IO[bytes]]:
    """Run ffmpeg with its standard input as a pipe to write raw frames to; close means end of input.

    `on_log` is given the end of ffmpeg's log when all went well. Raises FfmpegFailed (a killed or failing encoder, also
    in the middle of a write), FfmpegTimeout, DiskFull.
    """
    with _child(arguments, timeout_s=timeout_s, stdin=subprocess.PIPE) as process:
        pipe = process.pipe_in()
        try:
            yield pipe
            pipe.close()
        except BrokenPipeError:
            process.wait_briefly()  # its exit code, checked on leaving, says why the pipe broke
        process.wait()
    if on_log:
        on_log(process.log_tail())


class _Child:
    """A running ffmpeg, its log reader and its watchdog."""

    def __init__(
        self, arguments: Sequence[str], timeout_s: float, limits: ChildLimits, stdin: int, stdout: int
    ) -> None:
        self.command = [executable(), *_QUIET, *arguments]
        self._timeout_s = timeout_s
        self._abandoned = False
        self._timed_out = threading.Event()
        self._log = b""
        self._process = subprocess.Popen(  # noqa: S603
            [*_leash(), *self.command],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=told(os.environ),
        )
        confine(self._process.pid, limits, timeout_s=timeout_s)
        self._reader = threading.Thread(target=self._keep_log_tail, daemon=True)
        self._reader.start()
        self._watchdog = threading.Timer(timeout_s, self._time_out)
        self._watchdog.daemon = True
        self._watchdog.start()

    def pipe_in(self) -> IO[bytes]:
        assert self._process.stdin is not None
        widen(self._process.stdin)
        return self._process.stdin

    def pipe_out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        widen(self._process.stdout)
        return self._process.stdout

    def wait(self) -> None:
        self._process.wait()

    def wait_briefly(self) -> None:
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def abandon(self) -> None:
        self._abandoned = True
        self._process.kill()

    def log_tail(self) -> str:
        return self._log.decode(errors="replace").strip()

    def finish(self) -> None:
        """End the child if it still runs, and raise if it did not end well."""
        self.stop()
        if self._timed_out.is_set():
            raise FfmpegTimeout(command=" ".join(self.command), timeout_s=self._timeout_s)
        if self._process.returncode != 0 and not self._abandoned:
            self._raise_failure()

    def stop(self) -> None:
        self._watchdog.cancel()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                _close_quietly(pipe)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()

    def _raise_failure(self) -> None:
        log = self.log_tail()
        if tells_disk_full(log):
            raise DiskFull(path=self.command[-1], reason=log.splitlines()[-1])
        exit_code = self._process.returncode
        logger.warning("ffmpeg ended with exit code %d: %s", exit_code, "\n".join(log.splitlines()[-_LOGGED_LINES:]))
        raise FfmpegFailed(command=" ".join(self.command), exit_code=exit_code, log=log or "no message")

    def _time_out(self) -> None:
        self._timed_out.set()
        self._process.kill()

    def _keep_log_tail(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while chunk := stream.read1(8192):  # type: ignore[attr-defined]
                self._log = (self._log + chunk)[-LOG_TAIL_BYTES:]


@contextmanager
def _child(
    arguments: Sequence[str],
    *,
    timeout_s: float,
    limits: ChildLimits = ENCODING,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Generator[_Child]:
    child = _Child(arguments, timeout_s, limits, stdin, stdout)
    try:
        yield child
    except BaseException:
        child.stop()
        raise
    child.finish()


def _close_quietly(pipe: IO[bytes]) -> None:
    """Close a pipe whose other end may be gone; the child's exit code tells what matters."""
    with suppress(BrokenPipeError):
        pipe.close()


@cache
def _leash() -> tuple[str, ...]:
    """Return the command that starts a child so that it is killed when this process dies (Linux, with util-linux).

    A function run between fork and exec would do the same, but forking runs the handlers of all loaded libraries
    (OpenBLAS stops its threads, and another thread's calculation then waits for them for ever) and copies page tables.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()
