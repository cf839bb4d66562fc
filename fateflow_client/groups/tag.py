"""Tags of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fateflow_client._core import endpoint as ep
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client.domain._base import Done, Request
from fateflow_client.domain.tag import (
    TagCreateRequest,
    TagDeleteRequest,
    TagList,
    TagListRequest,
    TagMatches,
    TagQuery,
    TagUpdateRequest,
)
from fateflow_client.errors import AlreadyExistsError, NotFoundError
from fateflow_client.groups._base import Group

_NO_TAG = "Can not found .* tag"


def _keep_description(
    request: TagUpdateRequest, send: Callable[[Request], Any]
) -> TagUpdateRequest:
    """The server sets the description to what is sent, and to nothing if nothing is."""
    if request.new_tag_desc is not None:
        return request
    matches: TagMatches = send(TagQuery(tag_name=request.tag_name))
    old = next((tag for tag in matches.tags if tag.name == request.tag_name), None)
    if old is None or not old.description:
        return request
    return request.model_copy(update={"new_tag_desc": old.description})


def _only_describes(request: TagUpdateRequest, _: ep.Documents) -> bool:
    return request.new_tag_name is None


CREATE = Endpoint(
    "model/tag/create",
    TagCreateRequest,
    Done,
    repeat=Repeat.SAFE,
    meanings=(meaning(AlreadyExistsError, 100, "already exists"),),
    text_retcode=True,
    done_if="already exists",
)
UPDATE = Endpoint(
    "model/tag/update",
    TagUpdateRequest,
    Done,
    # A second rename would not find the old name, and could not tell why.
    repeat=Repeat.NEVER,
    safe_if=_only_describes,
    meanings=(
        meaning(NotFoundError, 100, _NO_TAG),
        meaning(AlreadyExistsError, 100, "already exists"),
    ),
    prepare=_keep_description,
    done_if="Nothing to be updated",
)
LIST = Endpoint("model/tag/list", TagListRequest, TagList)
QUERY = Endpoint(
    "model/tag/retrieve",
    TagQuery,
    TagMatches,
    meanings=(meaning(EMPTY, 100, f"No tags found|{_NO_TAG}"),),
)
DELETE = Endpoint(
    "model/tag/destroy",
    TagDeleteRequest,
    Done,
    repeat=Repeat.SAFE,
    meanings=(meaning(NotFoundError, 100, _NO_TAG),),
    done_if=_NO_TAG,
)

_Tags = TagList
"""TagList under a name that the method ``list`` does not hide."""


class TagGroup(Group):
    """``client.tag``: tags of models."""

    def create(
        self,
        tag_name: str,
        tag_desc: str | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Make a tag. POST model/tag/create.

        Args:
            tag_name: Its name.
            tag_desc: What it is for.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            AlreadyExistsError: There is a tag of that name.
        """
        return self._client.send(
            TagCreateRequest(tag_name=tag_name, tag_desc=tag_desc),
            timeout=timeout,
            deadline=deadline,
        )

    def update(
        self,
        tag_name: str,
        new_tag_name: str | None = None,
        new_tag_desc: str | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Rename or describe a tag. POST model/tag/update.

        Without a new description the old one is looked up and sent again, because the server would
        erase it. A rename whose answer was lost is not repeated.

        Args:
            tag_name: Its name now.
            new_tag_name: Its name afterwards.
            new_tag_desc: Its description afterwards; empty erases it.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: There is no such tag.
            AlreadyExistsError: There is a tag of the new name.
            ApiError: Nothing would change.
            AmbiguousOutcomeError: It may have been renamed.
        """
        return self._client.send(
            TagUpdateRequest(
                tag_name=tag_name, new_tag_name=new_tag_name, new_tag_desc=new_tag_desc
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def list(
        self, limit: int = 10, *, timeout: float | None = None, deadline: float | None = None
    ) -> _Tags:
        """List tags, with the number of their models. POST model/tag/list.

        Args:
            limit: How many, or -1 for all.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(TagListRequest(limit=limit), timeout=timeout, deadline=deadline)

    def query(
        self,
        tag_name: str,
        with_model: bool = False,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TagMatches:
        """Find tags by a part of their name, or the models of one tag. POST model/tag/retrieve.

        Args:
            tag_name: A part of the name; with ``with_model``, the whole.
            with_model: True asks for the models.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            TagQuery(tag_name=tag_name, with_model=with_model), timeout=timeout, deadline=deadline
        )

    def delete(
        self, tag_name: str, *, timeout: float | None = None, deadline: float | None = None
    ) -> Done:
        """Delete a tag, and take it from EVERY model. POST model/tag/destroy.

        Raises:
            NotFoundError: There is no such tag.
        """
        return self._client.send(
            TagDeleteRequest(tag_name=tag_name), timeout=timeout, deadline=deadline
        )
