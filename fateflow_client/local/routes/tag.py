"""Routes below /v1/model/tag and /v1/model/model_tag."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import body, envelope
from fateflow_client.local.shapes import JsonObject

_OPERATIONS = ("create", "update", "list", "retrieve", "destroy")


class TagRoutes:
    """The operations on tags and on models' tags.

    Args:
        parts: The server.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tags = parts.state.tags

    def tag(self, operation: str) -> Response:
        """One of the five operations on tags."""
        if operation not in _OPERATIONS:
            message = f"The {operation} operation is not currently supported."
            raise Exception(message)
        handlers: dict[str, Callable[[JsonObject], Response]] = {
            "create": self._create,
            "update": self._update,
            "list": self._list,
            "retrieve": self._retrieve,
            "destroy": self._destroy,
        }
        return handlers[operation](body())

    def _known(self, name: object) -> JsonObject:
        found = self._tags.get(str(name))
        if found is None:
            message = f"Can not found '{name}' tag."
            raise Exception(message)
        return found

    def _create(self, asked: JsonObject) -> Response:
        name = asked.get("tag_name")
        if not name:
            message = f"'{name}' tag created failed. Please input a valid tag name."
            return envelope(retcode=100, retmsg=message)
        with self._parts.state.database.transaction():
            if self._tags.get(str(name)) is not None:
                message = f"'{name}' has already exists in database."
                raise Exception(message)
            self._tags.create(str(name), _text(asked.get("tag_desc")))
        message = f"'{name}' tag has been created successfully."
        if self._parts.release.text_retcode:
            return envelope(retcode=message)
        return envelope(retmsg=message)

    def _update(self, asked: JsonObject) -> Response:
        name, new = asked.get("tag_name"), asked.get("new_tag_name")
        description = _text(asked.get("new_tag_desc"))
        with self._parts.state.database.transaction():
            tag = self._known(name)
            if new in (None, tag["name"]) and description == tag["description"]:
                return envelope(retcode=100, retmsg="Nothing to be updated.")
            if new and new != tag["name"] and self._tags.get(str(new)) is not None:
                message = f"'{new}' tag already exists."
                return envelope(retcode=100, retmsg=message)
            # As the real server does: a description that is not given is erased.
            self._tags.update(tag, str(new or tag["name"]), description)
        return envelope(retmsg=f"Infomation of '{name}' tag has been updated successfully.")

    def _list(self, asked: JsonObject) -> Response:
        limit: Any = asked.get("limit")
        # The comparison fails on null and text with the texts that clients see.
        cut = self._tags.all()[:limit] if limit > 0 or limit <= 0 else []
        names = ("name", "description", "model_count")
        return envelope({"tags": [{name: tag[name] for name in names} for tag in cut]})

    def _retrieve(self, asked: JsonObject) -> Response:
        name = asked.get("tag_name")
        if asked.get("with_model"):
            models = [
                row
                for version in self._tags.versions(self._known(name))
                for row in self._parts.state.models.rows.select({"model_version": version})
            ]
            keys = ("model_id", "model_version", "role", "party_id")
            shown = [
                {**{key: row[key] for key in keys}, "model_size": row["size"]} for row in models
            ]
            return envelope({"models": shown, "count": len(shown)})
        found = self._tags.containing(str(name or ""))
        if not found:
            return envelope(retcode=100, retmsg="No tags found.")
        return envelope({"tags": [_shown(tag) for tag in found]})

    def _destroy(self, asked: JsonObject) -> Response:
        name = asked.get("tag_name")
        self._tags.destroy(self._known(name))
        return envelope(retmsg=f"'{name}' tag has been deleted successfully.")

    def model_tag(self, operation: str) -> Response:
        """Give a model a tag, take it away, or list a model's tags."""
        if operation not in ("create", "remove", "retrieve"):
            message = f"The {operation} operation is not currently supported."
            raise Exception(message)
        asked = body()
        version, name = str(asked.get("job_id")), asked.get("tag_name")
        rows = self._parts.state.models.rows.select({"model_version": version})
        if not rows:
            message = f"Can not found model by job id: '{version}'."
            raise Exception(message)
        which = f"{rows[0]['model_id']} {version}"
        if operation == "retrieve":
            tags = self._tags.of_model(version)
            return envelope({"tags": [_shown(tag) for tag in tags], "count": len(tags)})
        if operation == "remove":
            if not self._tags.unlink(self._known(name), version):
                message = f"Model {which} does not have tag '{name}'."
                raise Exception(message)
            message = f"'{name}' tag has been removed from tag list of model {which}."
            return envelope(retmsg=message)
        if not name:
            message = f"'{name}' tag created failed. Please input a valid tag name."
            return envelope(retcode=100, retmsg=message)
        with self._parts.state.database.transaction():
            if self._tags.get(str(name)) is None:
                self._tags.create(str(name), None)
            if not self._tags.link(self._known(name), version):
                message = f"Model {which} already been tagged as tag '{name}'."
                raise Exception(message)
        message = f"Adding {name} tag for model with job id: {version} successfully."
        return envelope(retmsg=message)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _shown(tag: JsonObject) -> JsonObject:
    return {"name": tag["name"], "description": tag["description"]}


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("tag", __name__, url_prefix="/model")
    tags = TagRoutes(parts)
    routes.post("/tag/<operation>")(tags.tag)
    routes.post("/model_tag/<operation>")(tags.model_tag)
    return routes
