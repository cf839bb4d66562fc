"""The WSGI application: routes under /v1, and FATE Flow's way of answering what goes wrong."""

import logging

from flask import Flask, Response

from fateflow_client.local import guard
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import MissingError, envelope, exception_reply
from fateflow_client.local.routes import (
    data,
    job,
    jobs,
    model,
    output,
    serving,
    site,
    table,
    tag,
    tracking,
)
from fateflow_client.local.scheduler import Scheduler
from fateflow_client.local.settings import Settings
from fateflow_client.local.store.state import State
from fateflow_client.local.submit import Submitter

_ARGUMENT_ERROR = 101
_log = logging.getLogger("fateflow_client.local")


def create_app(
    state: State, submitter: Submitter, scheduler: Scheduler, settings: Settings
) -> Flask:
    """The application around one state."""
    app = Flask("fateflow_client.local", static_folder=None)
    app.url_map.strict_slashes = settings.release.slash_matters
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes
    guard.install(app, settings)
    parts = Parts(state, submitter, scheduler, settings.release)
    for module in (job, jobs, data, tracking, output, table, model, serving, tag, site):
        routes = module.blueprint(parts)
        app.register_blueprint(routes, url_prefix=f"/v1{routes.url_prefix or ''}")

    def failed(error: Exception) -> Response:
        if isinstance(error, MissingError):
            return envelope(retcode=_ARGUMENT_ERROR, retmsg=str(error))
        _log.debug("answered with retcode 100", exc_info=error)
        return exception_reply(error)

    app.register_error_handler(Exception, failed)
    return app
