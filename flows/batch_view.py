"""What a person sees of a batch in Prefect's UI while it runs: its progress, and a table of its rows."""

import json
import time
from collections.abc import Mapping
from uuid import UUID

from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import ArtifactUpdate

from flows.progress import Listener
from models.batch import RowState, RowStatus
from tasks.batch_report import cells, harmless

UPDATE_EVERY_S = 5.0
MOST_TABLE_ROWS = 500
_ORDER = (RowState.INVALID, RowState.FAILED, RowState.CRASHED, RowState.CANCELLED, RowState.RUNNING)


class BatchView:
    """Keeps two artifacts up to date, not more often than every few seconds, as each update is a call to the API."""

    def __init__(
        self, statuses: Mapping[int, RowStatus], *, client: SyncPrefectClient, listen: Listener | None
    ) -> None:
        self._statuses, self._client, self._listen = statuses, client, listen
        self._updated_at = time.monotonic()
        self._progress_id = _id(create_progress_artifact(self._percent(), key="batch-progress", description="Rows"))
        self._table_id = _id(create_table_artifact(self._table(), key="batch-rows", description=self._summary()))

    def changed(self, status: RowStatus) -> None:
        """Show that a row has changed, now or with the next."""
        if self._listen is not None:
            self._listen(self._settled(), len(self._statuses), f"{status.name}: {status.state}")
        if time.monotonic() - self._updated_at > UPDATE_EVERY_S:
            self.update()

    def update(self) -> None:
        """Show how things are."""
        self._updated_at = time.monotonic()
        update_progress_artifact(self._progress_id, self._percent())
        shown = ArtifactUpdate(data=json.dumps(self._table()), description=self._summary())
        self._client.update_artifact(self._table_id, shown)

    def _settled(self) -> int:
        return sum(status.state.is_settled for status in self._statuses.values())

    def _percent(self) -> float:
        return 100.0 * self._settled() / len(self._statuses) if self._statuses else 100.0

    def _table(self) -> list[dict[str, str | int | float | None]]:
        """Return the rows as they are; of a large batch those that need somebody first."""
        rows = list(self._statuses.values())
        if len(rows) > MOST_TABLE_ROWS:
            rows.sort(key=lambda status: _ORDER.index(status.state) if status.state in _ORDER else len(_ORDER))
        return [harmless(cells(status)) for status in rows[:MOST_TABLE_ROWS]]

    def _summary(self) -> str:
        states = [status.state for status in self._statuses.values()]
        counts = ", ".join(f"{states.count(state)} {state}" for state in RowState if state in states)
        hidden = len(states) - MOST_TABLE_ROWS
        return f"{len(states)} rows: {counts or 'none'}" + (f" ({hidden} not shown)" if hidden > 0 else "")


def _id(created: object) -> UUID:
    assert isinstance(created, UUID)
    return created
