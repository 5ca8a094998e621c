"""The faults, each done to whatever there is to hit when its moment has come."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from tests.chaos.plan import Fault
from tests.chaos.world import OUTPUTS, REMOTE_STORE, World
from tests.fault_proxy import SPOILT

T = TypeVar("T")
_PREY_S = 40.0
_LONG_S = 200.0
_RESERVE_BYTES = 1 << 16


class Tormentor:
    """Does faults in threads of their own, mends what each has broken, and keeps the count."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.hits: Counter[str] = Counter()
        self.refusals = 0
        self.log: list[str] = []
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self._storage = threading.Lock()
        self._started_s = time.monotonic()
        self._kinds: dict[str, Callable[[Fault], str | None]] = {
            "worker killed": self._kill_worker,
            "machine killed": self._kill_machine,
            "run killed": self._kill_run,
            "ffmpeg killed": self._kill_ffmpeg,
            "batch killed": self._kill_batch,
            "server killed": self._kill_server,
            "disk full": self._fill_disk,
            "storage spoilt": self._spoil_storage,
            "storage away": self._take_storage_away,
            "upload cut off": self._cut_off_upload,
            "network cut": self._cut_network,
            "receiver fails": self._fail_receiver,
            "blob truncated": self._truncate_blob,
            "blob bit flipped": self._flip_bit,
            "blob deleted": self._delete_blob,
            "record damaged": self._damage_record,
            "record deleted": self._delete_record,
        }

    def do(self, fault: Fault) -> None:
        """Begin a fault; what it breaks is mended later."""
        thread = threading.Thread(target=self._done, args=(fault,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def settle(self) -> None:
        """Wait until everything is mended, and raise what went wrong with the faults themselves."""
        for thread in self._threads:
            thread.join(300)
        self.world.s3_proxy.heal()
        if self._failures:
            raise self._failures[0]

    def is_idle(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _done(self, fault: Fault) -> None:
        try:
            hit = self._kinds[fault.kind](fault)
        except BaseException as error:  # noqa: BLE001 - a thread's own end is told by `settle`
            self._failures.append(error)
            hit = f"broke: {error!r}"
        if hit:
            self.hits[fault.kind] += 1
        line = f"{time.monotonic() - self._started_s:6.1f} s  {fault}: {hit or 'nothing there to hit'}"
        self.log.append(line)
        with (self.world.root / "faults.log").open("a") as log:
            log.write(f"{line}\n")

    # --- processes -----------------------------------------------------------------------------------------------

    def _kill_worker(self, fault: Fault) -> str | None:
        """The worker alone is gone; the render that it has started goes on, watched by nobody."""
        worker = _prey(self.world.workers, fault)
        return worker and self._killed([worker], fault)

    def _kill_machine(self, fault: Fault) -> str | None:
        """A worker and all that it has started are gone at once."""
        worker = _prey(lambda: [each for each in self.world.workers() if each.children()], fault)
        if worker is None:
            return None
        worker.suspend()
        return self._killed([*worker.children(recursive=True), worker], fault)

    def _killed(self, processes: list[psutil.Process], fault: Fault) -> str:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(fault.seconds)
        self.world.renew()
        return f"{len(processes)} processes"

    def _kill_run(self, fault: Fault) -> str | None:
        return _struck(self.world.runs_at_work, fault)

    def _kill_ffmpeg(self, fault: Fault) -> str | None:
        return _struck(self.world.encoders_at_work, fault)

    def _kill_batch(self, fault: Fault) -> str | None:
        """Whoever feeds a batch is gone; at every other time with the worker that started it."""
        process = _prey(self.world.batches_at_work, fault, wait_s=_LONG_S)
        worker = self.world.control()
        if process is None:
            return None
        if worker is None or fault.number % 2:
            return self._killed([process], fault)
        worker.suspend()
        return self._killed([*worker.children(recursive=True), worker], fault)

    def _kill_server(self, fault: Fault) -> str | None:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            os.killpg(self.world.server().pid, signal.SIGKILL)
            time.sleep(fault.seconds)
            self.world.renew()
            return f"away for {fault.seconds:.0f} s and its start"
        return None

    # --- disk, storage, network ----------------------------------------------------------------------------------

    def _fill_disk(self, fault: Fault) -> str | None:
        if not self.world.disk_is_small:
            return None
        filler = self.world.disk / f"filler-{fault.number}"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * _RESERVE_BYTES)
        time.sleep(fault.seconds)
        size = filler.stat().st_size
        filler.unlink()
        return f"{size >> 20} MiB taken"

    def _spoil_storage(self, fault: Fault) -> str | None:
        return self._spoilt(fault, kinds=SPOILT, share=0.4, count=int(6 * fault.seconds))

    def _take_storage_away(self, fault: Fault) -> str | None:
        return self._spoilt(fault, kinds=("throttled", "reset"), share=1.0, count=int(2 * fault.seconds))

    def _spoilt(self, fault: Fault, *, kinds: Sequence[str], share: float, count: int) -> str | None:
        with self._storage:  # one after the other
            proxy, before = self.world.s3_proxy, self.world.s3_proxy.spoilt.total()
            proxy.spoil(*kinds, seed=f"{self.seed}:{fault.number}", share=share, count=count)
            deadline = time.monotonic() + _PREY_S
            while not proxy.is_well() and time.monotonic() < deadline:
                time.sleep(0.1)
            proxy.heal()
            spoilt = proxy.spoilt.total() - before
        return f"{spoilt} requests" if spoilt else None

    def _cut_off_upload(self, fault: Fault) -> str | None:
        """Kill whatever renders at a moment when an upload has begun and not ended."""
        client = self.world.s3()

        def uploads() -> list[str]:
            return [each["Key"] for each in client.list_multipart_uploads(Bucket=OUTPUTS).get("Uploads", [])]

        upload = _prey(uploads, fault, wait_s=_LONG_S)
        if upload is None:
            return None
        for process in self.world.runs_at_work():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return upload

    def _cut_network(self, fault: Fault) -> str | None:
        lost = self.world.api_proxy.cut(fault.seconds)
        time.sleep(fault.seconds)
        return f"{lost} connections"

    def _fail_receiver(self, fault: Fault) -> str | None:
        count = 1 + int(fault.pick * 3)
        self.world.receiver.statuses += [503, 500, 429][:count]
        self.refusals += count
        return f"{count} answers"

    # --- the cache -----------------------------------------------------------------------------------------------

    def _truncate_blob(self, fault: Fault) -> str | None:
        def cut(path: Path) -> None:
            os.truncate(path, int(path.stat().st_size * fault.pick))

        return self._damaged("blobs", fault, cut)

    def _flip_bit(self, fault: Fault) -> str | None:
        if self.world.in_bucket and fault.number % 2 and (hit := self._damaged_remotely("blobs", fault)):
            return hit
        return self._damaged("blobs", fault, lambda path: _flip(path, fault))

    def _delete_blob(self, fault: Fault) -> str | None:
        return self._damaged("blobs", fault, Path.unlink)

    def _damage_record(self, fault: Fault) -> str | None:
        if self.world.in_bucket:
            return self._damaged_remotely("results", fault)
        if fault.number % 2:
            return self._damaged("results", fault, lambda path: _flip(path, fault))
        return self._damaged("results", fault, lambda path: os.truncate(path, int(path.stat().st_size * fault.pick)))

    def _delete_record(self, fault: Fault) -> str | None:
        if self.world.in_bucket:
            return self._damaged_remotely("results", fault, gone=True)
        return self._damaged("results", fault, Path.unlink)

    def _damaged(self, folder: str, fault: Fault, damage: Callable[[Path], None]) -> str | None:
        def files() -> list[Path]:
            return sorted(path for root in self.world.stores for path in (root / folder).rglob("*") if path.is_file())

        path = _prey(files, fault)
        if path is None:
            return None
        with suppress(FileNotFoundError):
            damage(path)
            return path.name[:12]
        return None

    def _damaged_remotely(self, folder: str, fault: Fault, *, gone: bool = False) -> str | None:
        """Change one bit of an object in the bucket, or remove the object."""
        client = self.world.s3()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=REMOTE_STORE, Prefix=f"store/{folder}/")
        keys = [found["Key"] for page in pages for found in page.get("Contents", []) if found["Size"]]
        if not keys:
            return None
        place = {"Bucket": REMOTE_STORE, "Key": keys[int(fault.pick * len(keys))]}
        if gone:
            client.delete_object(**place)
        else:
            content = bytearray(client.get_object(**place)["Body"].read())
            content[int(fault.pick * len(content))] ^= 1
            client.put_object(**place, Body=bytes(content))
        return f"remote {place['Key'].rpartition('/')[2][:12]}"


def _flip(path: Path, fault: Fault) -> None:
    """Change one bit in place: the size stays."""
    with path.open("r+b") as file:
        at = int(path.stat().st_size * fault.pick)
        file.seek(at)
        byte = file.read(1)
        if byte:
            file.seek(at)
            file.write(bytes([byte[0] ^ 1 << int(fault.pick * 1000) % 8]))


def _prey(candidates: Callable[[], Sequence[T]], fault: Fault, *, wait_s: float = _PREY_S) -> T | None:
    """Choose one of what there is, waiting a while until there is something."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if found := candidates():
            return found[int(fault.pick * len(found))]
        time.sleep(0.02)
    return None


def _struck(candidates: Callable[[], Sequence[psutil.Process]], fault: Fault) -> str | None:
    deadline = time.monotonic() + _PREY_S
    while time.monotonic() < deadline:
        process = _prey(candidates, fault)
        if process is None:
            return None
        with suppress(psutil.NoSuchProcess):
            process.kill()
            return f"process {process.pid}"
    return None
