"""What the routes work with, handed over together."""

from dataclasses import dataclass

from fateflow_client.local.present import Presenter
from fateflow_client.local.release import Release
from fateflow_client.local.scheduler import Scheduler
from fateflow_client.local.store.state import State
from fateflow_client.local.submit import Submitter


@dataclass(frozen=True)
class Parts:
    """One server's state, its ways to take jobs in and to stop them, and its release."""

    state: State
    submitter: Submitter
    scheduler: Scheduler
    release: Release

    @property
    def present(self) -> Presenter:
        """The shapes of the release."""
        return Presenter(self.release)
