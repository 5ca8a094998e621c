"""What the API must know before runs can be handed out: the work pool, its queues, and who may do how much at once."""

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from models.base import Model

POOL = "renders"
INTERACTIVE, BATCH, CONTROL = "interactive", "batch", "control"
# Flows that only feed and watch others, or tidy up: a process each, but hardly any work.
CONTROL_RUNS = 8


class Queue(Model):
    """A queue of the pool. Workers take from the queue with the lowest priority number first."""

    name: str
    priority: int
    limit: int
    description: str


def queues(*, workers: int) -> tuple[Queue, ...]:
    """Return the queues for a number of render workers, each of which renders one short at a time."""
    return (
        Queue(
            name=INTERACTIVE,
            priority=1,
            limit=workers,  # no more can run; the rest stays Scheduled, to be taken by whoever is free first
            description="Renders that somebody waits for",
        ),
        Queue(
            name=BATCH,
            priority=2,
            limit=max(1, workers - 1),  # leaves a worker to whoever waits for a single render
            description="Rows of batches",
        ),
        Queue(
            name=CONTROL,
            priority=3,
            limit=CONTROL_RUNS,
            description="Flows that start and watch renders; on a worker of their own, not to block what they wait for",
        ),
    )


async def apply_pool(client: PrefectClient, *, workers: int) -> list[str]:
    """Make the pool and its queues what they should be and return what was changed."""
    changes = []
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=_job_template()))
        changes.append(f"work pool {POOL}")
    existing = {queue.name: queue for queue in await client.read_work_queues(work_pool_name=POOL)}
    for queue in queues(workers=workers):
        found = existing.get(queue.name)
        if found is None:
            await client.create_work_queue(
                queue.name,
                description=queue.description,
                concurrency_limit=queue.limit,
                priority=queue.priority,
                work_pool_name=POOL,
            )
            changes.append(f"queue {queue.name}")
        elif (found.concurrency_limit, found.priority) != (queue.limit, queue.priority):
            await client.update_work_queue(found.id, concurrency_limit=queue.limit, priority=queue.priority)
            changes.append(f"queue {queue.name}: {queue.limit} at once")
    return changes


def _job_template() -> dict[str, object]:
    from prefect.workers.process import ProcessWorker

    return ProcessWorker.get_default_base_job_template()
