"""Calls that change something: stop, delete, tags, uploads, deploy, import, migrate, rerun, store.

Each is either repeated because twice is as good as once, or looked for because it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AlreadyExistsError,
    AmbiguousOutcomeError,
    ApiError,
    FlowClient,
    FlowError,
    NotFoundError,
    NotSentError,
    PartyError,
    SubmitRejectedError,
)
from tests.faults.flow import Chunked, Cut, Fault, Fin, Garbage, Reset, Says, Sight, TwoLengths
from tests.faults.ledger import Plan
from tests.faults.world import World
from tests.support.samples import CONF, MIGRATION

UPLOAD, DEPLOY, RERUN, STOP = "data/upload", "model/deploy", "job/rerun", "job/stop"
MODEL_ID, VERSION = "arbiter-10001#guest-9999#host-10000#model", "202701150700000000000"
PARTIES = (("guest", 9999), ("host", 10000), ("arbiter", 10001))
LOST: dict[str, Sight] = {
    "a reset": Reset(),
    "an orderly end": Fin(),
    "an answer that is cut": Cut(),
    "an answer without length that is cut": Cut(length=False),
    "a broken chunk": Chunked(bad_size=True),
    "two lengths": TwoLengths(),
    "no HTTP": Garbage(),
    "an empty answer": Says(),
    "502": Says.gateway(502),
    "503": Says.gateway(503),
    "504": Says.gateway(504),
}
sights = pytest.mark.parametrize("sight", LOST.values(), ids=LOST.keys())
releases = pytest.mark.parametrize(
    "release", ["1.5.3", "1.6.1", "1.7.0", "1.7.2", "1.8.0", "1.9.0", "1.11.2"]
)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def unclear(world: World, act: Callable[[], Any]) -> AmbiguousOutcomeError:
    """The honest error of a call; anything else fails the test."""
    error = world.call(act, 900).error
    assert isinstance(error, AmbiguousOutcomeError)
    return error


# Uploads.


@sights
def test_an_upload_whose_answer_is_lost_is_found(
    sight: Sight, world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    world.server.play(Fault(UPLOAD, sight))
    result = world.upload(conf).result
    assert result.recovered
    assert (result.namespace, result.table_name) == (conf["namespace"], conf["table_name"])
    assert result.file == Path(conf["file"])
    assert world.server.posts(UPLOAD) == 1


@sights
def test_an_upload_that_was_never_made_is_not_claimed(
    sight: Sight, world: World, tmp_path: Path
) -> None:
    world.server.play(Fault(UPLOAD, sight, done=False))
    error = world.upload(world.upload_conf(tmp_path)).error
    assert isinstance(error, AmbiguousOutcomeError)
    assert error.operation == UPLOAD
    assert error.token is None
    assert world.server.posts(UPLOAD) == 1
    assert world.ledger.uploads == []


@releases
@pytest.mark.parametrize("done", [True, False], ids=["made", "not made"])
def test_every_release_lets_an_upload_be_found(release: str, done: bool, tmp_path: Path) -> None:
    with World(release) as world:
        world.ledger.plans.append(Plan(unseen=3))
        world.server.play(Fault(UPLOAD, Reset(), done=done))
        outcome = world.upload(world.upload_conf(tmp_path))
        assert (outcome.error is None) == done


@pytest.mark.parametrize("read", [1000, 7_900_000, -1000], ids=["1 kB", "nearly all", "99.9 %"])
@pytest.mark.parametrize("sight", [Reset(), Fin()], ids=["reset", "end"])
def test_an_upload_that_breaks_off_makes_one_table_or_none(
    sight: Sight, read: int, world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path, 8_000_000)
    read = read if read > 0 else Path(conf["file"]).stat().st_size + read
    world.server.play(Fault(UPLOAD, sight, read=read))
    outcome = world.upload(conf)
    made = world.ledger.uploaded(conf["namespace"], conf["table_name"])
    if read == 1000:
        # More is missing than any buffer takes: the client knows that it did not arrive.
        assert outcome.error is None
        assert not outcome.result.recovered
        assert outcome.result.statistics.attempts == 2
        assert len(made) == 1
    else:
        # The rest was handed over to the kernel: who counts bytes cannot know, and says so.
        assert isinstance(outcome.error, AmbiguousOutcomeError | None)
        assert len(made) == (outcome.error is None)


def test_an_upload_that_breaks_off_for_good_was_not_sent(world: World, tmp_path: Path) -> None:
    world.server.play(*[Fault(UPLOAD, Reset(), read=1000)] * 9)
    error = world.upload(world.upload_conf(tmp_path, 8_000_000)).error
    assert isinstance(error, NotSentError)
    assert [got.route for got in world.server.got].count(UPLOAD) == 4
    assert world.ledger.uploads == []


def test_an_upload_waits_for_a_busy_server(world: World, tmp_path: Path) -> None:
    world.server.play(*[Fault(UPLOAD, Says.gateway(429, "5"), done=False)] * 2)
    outcome = world.upload(world.upload_conf(tmp_path))
    assert not outcome.result.recovered
    assert outcome.took >= 10
    assert len(world.ledger.uploads) == 1


@pytest.mark.parametrize("inside", ["the call", "the conf"])
@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
def test_a_table_that_exists_is_asked_for_before_the_file_is_sent(
    there: bool, inside: str, world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    if there:
        world.upload(conf).result  # noqa: B018 - raises if it failed
        world.clock.advance(1000)
    sent = world.server.posts(UPLOAD)
    if there:
        with pytest.raises(AlreadyExistsError):
            world.client.data.upload(conf)
        assert world.server.posts(UPLOAD) == sent
    drop = {"drop": 1} if inside == "the call" else {}
    asked = world.server.posts("table/table_info")
    new = conf | ({"drop": 1} if inside == "the conf" else {})
    world.client.data.upload(new, **drop)
    assert world.server.posts("table/table_info") == asked, "asked although it is to be dropped"
    assert world.server.posts(UPLOAD) == sent + 1


def test_asking_for_the_table_may_fail_once(world: World, tmp_path: Path) -> None:
    world.server.play(Fault("table/table_info", Reset()))
    assert not world.upload(world.upload_conf(tmp_path)).result.recovered
    world.server.play(*[Fault("table/table_info", Reset())] * 9)
    outcome = world.upload(world.upload_conf(tmp_path))
    assert not isinstance(outcome.error, AmbiguousOutcomeError | None), "nothing was sent"
    assert world.server.posts(UPLOAD) == 1


def test_a_table_that_somebody_else_makes_meanwhile_is_refused(
    world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    absent = Says.json({"retcode": 0, "data": {"exist": 0, "table_name": "t", "namespace": "n"}})
    world.ledger.tables[conf["namespace"], conf["table_name"]] = 0.0
    world.server.play(Fault("table/table_info", absent))
    with pytest.raises(AlreadyExistsError):
        world.client.data.upload(conf)
    assert world.server.posts(UPLOAD) == 1


def test_of_two_uploads_of_one_table_nobody_can_tell_which_is_ours(
    world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    world.ledger.plans.append(Plan(unseen=1))
    world.server.play(Fault(UPLOAD, Fin()))

    def somebody_else(_: float) -> None:
        world.clock.on_sleep = None
        with world.another_client() as other:
            other.data.upload(conf, drop=1)

    world.clock.on_sleep = somebody_else
    error = unclear(world, lambda: world.client.data.upload(conf))
    assert sorted(error.candidates) == sorted(world.ledger.jobs)
    assert len(error.candidates) == 2


@pytest.mark.parametrize("pause", [1, 60, 119])
def test_an_earlier_upload_of_the_same_table_is_not_taken_for_a_lost_one(
    pause: float, world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    first = world.client.data.upload(conf, drop=1)
    world.clock.advance(pause)
    world.server.play(Fault(UPLOAD, Reset(), done=False))
    outcome = world.call(lambda: world.client.data.upload(conf, drop=1), 900)
    # The second file never arrived: the first one's job is not what became of it.
    assert outcome.error is not None, f"claims {outcome.result.job_id} of {first.job_id}"
    assert len(world.ledger.uploads) == 1


@pytest.mark.parametrize("pause", [1, 60, 119])
def test_a_lost_upload_is_found_beside_an_earlier_one_of_the_same_table(
    pause: float, world: World, tmp_path: Path
) -> None:
    conf = world.upload_conf(tmp_path)
    first = world.client.data.upload(conf, drop=1)
    world.clock.advance(pause)
    world.server.play(Fault(UPLOAD, Reset()))
    outcome = world.call(lambda: world.client.data.upload(conf, drop=1), 900)
    second = next(upload.job_id for upload in world.ledger.uploads if upload.job_id != first.job_id)
    if outcome.error is None:
        assert outcome.result.job_id == second
    else:
        assert isinstance(outcome.error, AmbiguousOutcomeError)
        assert second in outcome.error.candidates


def test_an_upload_that_hides_its_rejection_in_a_success(world: World, tmp_path: Path) -> None:
    world.ledger.plans.append(Plan(rejected=True))
    with pytest.raises(SubmitRejectedError) as caught:
        world.client.data.upload(world.upload_conf(tmp_path))
    assert [caught.value.job_id] == list(world.ledger.jobs)
    assert world.server.posts(UPLOAD) == 1
    assert world.ledger.uploads == []


def test_an_upload_that_is_rejected_while_the_answer_is_lost(world: World, tmp_path: Path) -> None:
    world.ledger.plans.append(Plan(rejected=True))
    world.server.play(Fault(UPLOAD, Fin()))
    error = world.call(lambda: world.client.data.upload(world.upload_conf(tmp_path)), 900).error
    assert isinstance(error, SubmitRejectedError)
    assert [error.job_id] == list(world.ledger.jobs)


@pytest.mark.parametrize(
    "plan",
    [Plan(rejected=True, ready=10), Plan(rejected=True, untagged=10)],
    ids=["ready", "failed"],
)
def test_an_upload_that_is_not_accepted_yet_is_not_claimed(
    plan: Plan, world: World, tmp_path: Path
) -> None:
    world.ledger.plans.append(plan)
    world.server.play(Fault(UPLOAD, Fin()))
    error = world.call(lambda: world.client.data.upload(world.upload_conf(tmp_path)), 900).error
    assert isinstance(error, SubmitRejectedError)
    assert [error.job_id] == list(world.ledger.jobs)


def test_a_file_of_the_server_is_looked_for_like_one_of_ours(world: World) -> None:
    conf = {"file": "/srv/t.csv", "head": 1, "partition": 4, "namespace": "n", "table_name": "t",
            "use_local_data": 0}  # fmt: skip
    world.server.play(Fault(UPLOAD, Reset()))
    result = world.client.data.upload(conf)
    assert [result.job_id] == list(world.ledger.jobs)
    assert result.recovered
    assert result.file is None


# Other jobs of the server's own.

LOCAL: dict[str, tuple[str, Callable[[FlowClient], Any]]] = {
    "data.download": (
        "data/download",
        lambda client: client.data.download(
            {"namespace": "n", "table_name": "t", "output_path": "/srv/t.csv"}
        ),
    ),
    "model.store": (
        "model/store",
        lambda client: client.model.store(
            {"role": "guest", "party_id": 9999, "model_id": MODEL_ID, "model_version": VERSION}
        ),
    ),
    "model.restore": (
        "model/restore",
        lambda client: client.model.restore(
            {"role": "guest", "party_id": 9999, "model_id": MODEL_ID, "model_version": VERSION}
        ),
    ),
}
local_jobs = pytest.mark.parametrize(("route", "act"), LOCAL.values(), ids=LOCAL.keys())


@local_jobs
@sights
def test_a_local_job_whose_answer_is_lost_is_found(
    sight: Sight, route: str, act: Callable[[FlowClient], Any], world: World
) -> None:
    world.server.play(Fault(route, sight))
    outcome = world.call(lambda: act(world.client), 900)
    assert outcome.result.recovered
    world.judge_submit(outcome, list(world.ledger.jobs.values()))
    assert world.server.posts(route) == 1


@local_jobs
@releases
@pytest.mark.parametrize("done", [True, False], ids=["made", "not made"])
def test_every_release_lets_a_local_job_be_found(
    done: bool, release: str, route: str, act: Callable[[FlowClient], Any]
) -> None:
    with World(release) as world:
        world.ledger.plans.append(Plan(unseen=3))
        world.server.play(Fault(route, Reset(), done=done))
        outcome = world.call(lambda: act(world.client), 900)
        assert (outcome.error is None) == done
        world.judge_submit(outcome, list(world.ledger.jobs.values()))


@local_jobs
def test_an_earlier_local_job_is_not_taken_for_a_lost_one(
    route: str, act: Callable[[FlowClient], Any], world: World
) -> None:
    act(world.client)
    world.clock.advance(60)
    world.server.play(Fault(route, Reset(), done=False))
    outcome = world.call(lambda: act(world.client), 900)
    assert outcome.error is not None
    assert len(world.ledger.jobs) == 1


@pytest.mark.parametrize("ahead", [-86_400, -3600, 3600])
@pytest.mark.parametrize("done", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize("release", ["1.6.1", "1.8.0", "1.11.2"])
def test_the_clock_of_a_proxy_is_not_the_servers(
    release: str, done: bool, ahead: float, tmp_path: Path
) -> None:
    # A 502 has the proxy's own Date: a search by it would begin at another time.
    with World(release) as world:
        conf = world.upload_conf(tmp_path)
        first = world.client.data.upload(conf, drop=1)
        world.clock.advance(400)
        date = formatdate(world.clock.now + ahead, usegmt=True)
        world.server.play(Fault(UPLOAD, Says(502, b"<h1>bad</h1>", (("Date", date),)), done=done))
        outcome = world.call(lambda: world.client.data.upload(conf, drop=1), 900)
        if done:
            assert outcome.result.job_id == world.ledger.uploads[1].job_id
        else:
            assert outcome.error is not None, f"claims {outcome.result.job_id} of {first.job_id}"


@pytest.mark.parametrize("skew", [-3600, 0, 3600])
def test_half_a_date_is_no_date(skew: float, tmp_path: Path) -> None:
    # "Fri, 15 Jan 2027 09:0" is a time to who guesses, and "Fri, 15" must not make the client
    # forget how far the server's clock is from its own.
    with World(skew=skew) as world:
        conf = world.upload_conf(tmp_path)
        world.client.data.upload(conf, drop=1)
        for end in range(1, 29):
            world.clock.advance(400)
            date = formatdate(world.server.now(), usegmt=True)[:end]
            cut = Says(200, b"", (("Date", date),))
            world.server.play(Fault(UPLOAD, cut, done=False))
            outcome = world.call(lambda: world.client.data.upload(conf, drop=1), 900)
            assert outcome.error is not None, f"claims {outcome.result.job_id} by {date!r}"


def test_a_store_is_not_taken_for_a_restore(world: World) -> None:
    LOCAL["model.store"][1](world.client)
    world.server.play(Fault("model/restore", Reset(), done=False))
    unclear(world, lambda: LOCAL["model.restore"][1](world.client))


# Stop, delete, tags.


@sights
def test_a_stop_is_repeated(sight: Sight, world: World) -> None:
    job_id = world.submit().result.job_id
    world.server.play(Fault(STOP, sight), Fault(STOP, sight))
    world.client.job.stop(job_id)
    assert world.ledger.stops[job_id] == 3
    assert world.ledger.jobs[job_id].status == "canceled"


def test_a_stop_that_was_done_before_the_job_was_gone_is_done(world: World) -> None:
    job_id = world.submit().result.job_id
    gone = Says.json({"retcode": 102, "retmsg": "can not found job"})
    world.server.play(Fault(STOP, Reset()), Fault(STOP, gone, done=False))
    world.client.job.stop(job_id)
    assert world.ledger.stops[job_id] == 1


def test_a_stop_of_a_job_that_never_was_is_an_error(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.client.job.stop("202701150000000000000")


def test_a_stop_whose_answer_is_lost_at_a_party_is_an_error(world: World) -> None:
    job_id = world.submit().result.job_id
    failed = Says.json({"retcode": 103, "retmsg": "stop job failed", "data": {"host": {}}})
    world.server.play(Fault(STOP, Reset()), Fault(STOP, failed))
    with pytest.raises(PartyError):
        world.client.job.stop(job_id)


# By name: a call, what makes it possible, and what it leaves behind.
Once = tuple[Callable[[FlowClient], Any], Callable[[World], None], Callable[[World], object]]


def _table(world: World) -> None:
    world.ledger.tables["n", "t"] = 0.0


def _tag(world: World) -> None:
    world.ledger.tags["prod"] = "d"


def _tagged(world: World) -> None:
    world.ledger.model_tags.add((VERSION, "prod"))


def _nothing(_: World) -> None:
    pass


ONCE: dict[str, Once] = {
    "table.delete": (
        lambda c: c.table.delete("n", "t"), _table, lambda w: w.ledger.tables == {}
    ),
    "tag.create": (
        lambda c: c.tag.create("prod", "d"), _nothing, lambda w: w.ledger.tags == {"prod": "d"}
    ),
    "tag.delete": (lambda c: c.tag.delete("prod"), _tag, lambda w: w.ledger.tags == {}),
    "tag.update of a description": (
        lambda c: c.tag.update("prod", new_tag_desc="e"), _tag,
        lambda w: w.ledger.tags == {"prod": "e"},
    ),
    "model.tag_model": (
        lambda c: c.model.tag_model(VERSION, "prod"), _nothing,
        lambda w: w.ledger.model_tags == {(VERSION, "prod")},
    ),
    "model.tag_model (remove)": (
        lambda c: c.model.tag_model(VERSION, "prod", remove=True), _tagged,
        lambda w: w.ledger.model_tags == set(),
    ),
}  # fmt: skip
ROUTES = {
    "table.delete": "table/delete",
    "tag.create": "model/tag/create",
    "tag.delete": "model/tag/destroy",
    "tag.update of a description": "model/tag/update",
    "model.tag_model": "model/model_tag/create",
    "model.tag_model (remove)": "model/model_tag/remove",
}
once = pytest.mark.parametrize("name", ONCE)


@once
@sights
def test_what_an_earlier_attempt_did_is_done(sight: Sight, name: str, world: World) -> None:
    act, prepare, holds = ONCE[name]
    prepare(world)
    world.server.play(Fault(ROUTES[name], sight))
    assert act(world.client).already
    assert holds(world)
    assert world.ledger.done[ROUTES[name]] == 1
    assert world.server.posts(ROUTES[name]) == 2


@once
@sights
def test_what_no_attempt_did_yet_is_done_now(sight: Sight, name: str, world: World) -> None:
    act, prepare, holds = ONCE[name]
    prepare(world)
    world.server.play(Fault(ROUTES[name], sight, done=False))
    assert not act(world.client).already
    assert holds(world)
    assert world.ledger.done[ROUTES[name]] == 1


@once
def test_what_was_so_before_the_first_attempt_is_an_error(name: str, world: World) -> None:
    act, prepare, _ = ONCE[name]
    prepare(world)
    act(world.client)
    with pytest.raises(ApiError) as caught:
        act(world.client)
    assert isinstance(caught.value, AlreadyExistsError | NotFoundError) or "updated" in str(
        caught.value
    )
    assert world.ledger.done[ROUTES[name]] == 1


@once
def test_an_attempt_that_did_not_arrive_does_not_make_the_second_ones_refusal_a_success(
    name: str, world: World
) -> None:
    # The first attempt found nobody who listens or was too early: it cannot have done anything.
    act, prepare, _ = ONCE[name]
    prepare(world)
    act(world.client)
    world.server.play(Fault(ROUTES[name], Says.gateway(429), done=False))
    with pytest.raises(ApiError):
        act(world.client)


@pytest.mark.parametrize("release", ["1.5.3", "1.6.1"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "heard"])
def test_a_tag_of_an_old_release_has_a_text_for_a_retcode(lost: bool, release: str) -> None:
    with World(release) as world:
        if lost:
            world.server.play(Fault("model/tag/create", Reset()))
        assert world.client.tag.create("prod").already == lost
        assert world.ledger.tags == {"prod": None}
        assert world.ledger.done["model/tag/create"] == 1


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_rename_is_not_repeated(done: bool, world: World) -> None:
    _tag(world)
    world.server.play(Fault("model/tag/update", Reset(), done=done))
    outcome = world.call(lambda: world.client.tag.update("prod", "live"), 900)
    assert list(world.ledger.tags) == (["live"] if done else ["prod"])
    assert world.server.posts("model/tag/update") == 1
    if outcome.error is None:
        assert done
    else:
        assert isinstance(outcome.error, AmbiguousOutcomeError)


# Models.


@pytest.fixture
def trained(world: World) -> World:
    world.ledger.put_model(MODEL_ID, VERSION, PARTIES)
    return world


def deploy(world: World) -> Any:
    return world.client.model.deploy(MODEL_ID, VERSION)


@sights
def test_a_deploy_whose_answer_is_lost_is_found(sight: Sight, trained: World) -> None:
    deploy(trained)
    trained.server.play(Fault(DEPLOY, sight))
    result = trained.call(lambda: deploy(trained), 900).result
    assert result.recovered
    assert result.model_version == trained.ledger.children(VERSION)[1]
    assert result.model_id == MODEL_ID
    assert trained.server.posts(DEPLOY) == 2
    assert len(trained.ledger.children(VERSION)) == 2


@sights
def test_a_deploy_that_was_never_made_is_not_claimed(sight: Sight, trained: World) -> None:
    deploy(trained)
    trained.server.play(Fault(DEPLOY, sight, done=False))
    error = unclear(trained, lambda: deploy(trained))
    assert error.candidates == ()
    assert len(trained.ledger.children(VERSION)) == 1
    with pytest.raises(AmbiguousOutcomeError):
        error.reconcile()


def test_of_two_new_versions_nobody_can_tell_which_is_ours(trained: World) -> None:
    before = deploy(trained).model_version
    # Looking fails at first, and then two are there.
    trained.server.play(Fault(DEPLOY, Reset()))
    children = trained.ledger.children

    def somebody_else(route: str) -> Fault | None:
        if route == DEPLOY or len(children(VERSION)) != 2:
            return None
        trained.server.chance = None
        with trained.another_client() as other:
            other.model.deploy(MODEL_ID, VERSION)
        return None

    trained.server.chance = somebody_else
    error = unclear(trained, lambda: deploy(trained))
    assert set(error.candidates) == set(children(VERSION)) - {before}
    assert len(error.candidates) == 2
    assert trained.server.posts(DEPLOY) == 3


@pytest.mark.parametrize("release", ["1.6.1", "1.7.2", "1.8.0"])
def test_an_old_release_cannot_tell_what_was_deployed(release: str) -> None:
    with World(release) as world:
        world.ledger.put_model(MODEL_ID, VERSION, PARTIES)
        assert deploy(world).model_version in world.ledger.children(VERSION)
        world.server.play(Fault(DEPLOY, Reset()))
        error = unclear(world, lambda: deploy(world))
        assert world.server.posts(DEPLOY) == 2
        with pytest.raises(AmbiguousOutcomeError):
            error.reconcile()


def test_a_lost_deploy_can_be_found_later_and_elsewhere(trained: World) -> None:
    trained.server.play(Fault(DEPLOY, Reset()))
    trained.server.chance = lambda route: Fault(route, Reset()) if route == "model/query" else None
    # The look before the deploy must not fail.
    trained.server.script.insert(
        0, Fault("model/query", Says.json({"retcode": 100, "retmsg": "x"}))
    )
    outcome = trained.call(lambda: deploy(trained), 900)
    assert outcome.error is not None
    if isinstance(outcome.error, AmbiguousOutcomeError):
        trained.server.calm()
        assert outcome.error.reconcile().model_version in trained.ledger.children(VERSION)
    else:
        assert trained.server.posts(DEPLOY) == 0


def import_conf(folder: Path, **more: Any) -> dict[str, Any]:
    path = folder / "model.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    return {
        "role": "guest", "party_id": 9999, "model_id": MODEL_ID, "model_version": VERSION,
        "file": str(path), **more,
    }  # fmt: skip


@sights
@pytest.mark.parametrize("release", ["1.6.1", "1.8.0", "1.11.2"])
def test_an_import_whose_answer_is_lost_is_found(
    release: str, sight: Sight, tmp_path: Path
) -> None:
    with World(release) as world:
        world.server.play(Fault("model/import", sight))
        result = world.call(lambda: world.client.model.import_model(import_conf(tmp_path)), 900)
        assert result.result.recovered
        assert result.result.model_version == VERSION
        assert len(world.ledger.models) == 1
        assert world.server.posts("model/import") == 1


@sights
def test_an_import_that_was_never_made_is_not_claimed(
    sight: Sight, world: World, tmp_path: Path
) -> None:
    world.server.play(Fault("model/import", sight, done=False))
    unclear(world, lambda: world.client.model.import_model(import_conf(tmp_path)))
    assert world.ledger.models == []


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_an_import_of_what_is_there_already_is_never_called_a_success(
    done: bool, world: World, tmp_path: Path
) -> None:
    conf = import_conf(tmp_path)
    world.client.model.import_model(conf)
    with pytest.raises(AlreadyExistsError):
        world.client.model.import_model(conf)
    world.server.play(Fault("model/import", Reset(), done=done))
    outcome = world.call(lambda: world.client.model.import_model(conf), 900)
    assert outcome.error is not None


def test_an_import_that_replaces_is_repeated(world: World, tmp_path: Path) -> None:
    conf = import_conf(tmp_path, force_update=1)
    world.client.model.import_model(conf)
    world.server.play(Fault("model/import", Reset()), Fault("model/import", Cut()))
    world.client.model.import_model(conf)
    assert world.server.posts("model/import") == 4
    assert len(world.ledger.models) == 1


@sights
@pytest.mark.parametrize("release", ["1.6.1", "1.8.0", "1.9.0", "1.11.2"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_migration_is_repeated_and_makes_one_version(
    done: bool, release: str, sight: Sight
) -> None:
    with World(release) as world:
        world.server.play(Fault("model/migrate", sight, done=done))
        result = world.client.model.migrate(MIGRATION)
        versions = {row["f_model_version"] for row in world.ledger.models}
        assert versions == {result.model_version}
        assert world.server.posts("model/migrate") == 2
        asked = [got.json["unify_model_version"] for got in world.server.got
                 if got.route == "model/migrate"]  # fmt: skip
        assert set(asked) == versions


def test_two_migrations_make_two_versions(world: World) -> None:
    first = world.client.model.migrate(MIGRATION).model_version
    second = world.client.model.migrate(MIGRATION).model_version
    assert first != second
    assert len({row["f_model_version"] for row in world.ledger.models}) == 2


def test_a_version_that_is_taken_is_an_error_at_the_first_attempt(world: World) -> None:
    conf = MIGRATION | {"unify_model_version": "202701150000000000009"}
    world.client.model.migrate(conf)
    with pytest.raises(PartyError, match="occupied"):
        world.client.model.migrate(conf)


# Runs.


@sights
def test_a_rerun_whose_answer_is_lost_is_seen_in_the_tasks(sight: Sight, world: World) -> None:
    job_id = world.submit().result.job_id
    world.ledger.jobs[job_id].status = "failed"
    world.server.play(Fault(RERUN, sight))
    assert world.call(lambda: world.client.job.rerun(job_id), 900).result.already
    assert world.ledger.jobs[job_id].runs == 2
    assert world.server.posts(RERUN) == 1


@sights
def test_a_rerun_that_was_not_made_is_not_claimed(sight: Sight, world: World) -> None:
    job_id = world.submit().result.job_id
    world.ledger.jobs[job_id].status = "failed"
    assert not world.client.job.rerun(job_id).already
    world.server.play(Fault(RERUN, sight, done=False))
    unclear(world, lambda: world.client.job.rerun(job_id))
    assert world.ledger.jobs[job_id].runs == 2
    assert world.server.posts(RERUN) == 2


def test_a_rerun_of_a_job_that_never_was_is_an_error(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.client.job.rerun("202701150000000000000")


def test_a_queue_is_cleaned_twice_if_need_be(world: World) -> None:
    job_id = world.submit().result.job_id
    world.server.play(Fault("job/clean/queue", Reset()))
    world.client.queue.clean()
    assert world.ledger.jobs[job_id].status == "canceled"


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_route_of_the_callers_own_is_not_repeated(done: bool, world: World) -> None:
    world.server.play(Fault("job/submit", Reset(), done=done))
    body = {"job_runtime_conf": CONF, "job_dsl": {}}
    error = unclear(world, lambda: world.client.raw("job/submit", body))
    assert world.server.posts("job/submit") == 1
    assert len(world.ledger.jobs) == done
    with pytest.raises(FlowError):
        error.reconcile()
