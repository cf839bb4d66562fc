"""Everything the server remembers, opened together."""

from pathlib import Path

from fateflow_client.local.clock import Clock
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.frames import Frames
from fateflow_client.local.store.jobs import Jobs
from fateflow_client.local.store.models import Models
from fateflow_client.local.store.outputs import Outputs
from fateflow_client.local.store.tables import Tables
from fateflow_client.local.store.tags import Tags
from fateflow_client.local.store.tracking import Tracking


class State:
    """The data folder: ``state/`` is the server's own, uploads wait in ``state/uploads``.

    Args:
        folder: The data folder; created if absent, readable by its owner only.
        clock: Where the time comes from.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder.resolve()
        self.private = self.folder / "state"
        self.uploads = self.private / "uploads"
        for path in (self.folder, self.private, self.uploads):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clock = clock
        self.database = Database(self.private / "state.sqlite3")
        self.frames = Frames(self.database)
        self.frames.drop_orphans()
        self.outputs = Outputs(self.database)
        self.tables = Tables(self.database, self.frames, self.outputs)
        self.tracking = Tracking(self.database, self.frames)
        self.jobs = Jobs(self.database, clock)
        self.models = Models(self.database, clock)
        self.tags = Tags(self.database)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
