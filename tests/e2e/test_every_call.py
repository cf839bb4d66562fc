"""Every call of the client, answered by the embedded server as each release answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AlreadyExistsError,
    ApiError,
    FlowClient,
    InvalidConfError,
    JobFailedError,
    NotFoundError,
    PartyError,
    UnsupportedByServerError,
)
from fateflow_client.cli.demo_job import DemoJob, dsl
from fateflow_client.local import serve, write_breast_cancer

RELEASES = ["1.5.3", "1.6.1", "1.7.0", "1.7.2", "1.8.0", "1.11.2"]
GUEST = ("guest", 9999)


@dataclass
class Site:
    """A server on which a job has run."""

    release: str
    client: FlowClient
    job: DemoJob
    job_id: str
    model_id: str
    folder: Path

    @property
    def lists_are_paged(self) -> bool:
        return self.release not in ("1.5.3", "1.6.1", "1.7.0")

    @property
    def model(self) -> dict[str, Any]:
        return {
            "role": "guest",
            "party_id": 9999,
            "model_id": self.model_id,
            "model_version": self.job_id,
        }

    def of(self, component: str) -> tuple[str, str, int, str]:
        return (self.job_id, *GUEST, component)


@pytest.fixture(scope="module", params=RELEASES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    release: str = request.param
    folder = tmp_path_factory.mktemp("site")
    old = {"work_mode": 0} if release < "1.7" else {}
    with serve(folder / "state", release=release) as url, FlowClient.from_url(url) as client:
        job = DemoJob(9999, 10000, 10000, "lab", "guest", "host")
        for file, table in zip(write_breast_cancer(folder), ("guest", "host"), strict=True):
            uploaded = client.data.upload(job.upload_conf(file, table) | old)
            client.job.wait(uploaded, interval=0.1, max_interval=0.2)
        conf = job.conf()
        conf["job_parameters"]["common"] |= old
        submitted = client.job.submit(conf, dsl())
        client.job.wait(submitted, interval=0.1, max_interval=0.5)
        assert submitted.model_info is not None
        yield Site(release, client, job, submitted.job_id, submitted.model_info.model_id, folder)


def test_the_release_is_what_the_server_says(site: Site) -> None:
    said = site.client.server.version()["FATE"]
    assert said is not None
    assert said.split(".")[:2] == site.release.split(".")[:2]


def test_jobs(site: Site) -> None:
    client, job_id = site.client, site.job_id
    assert {job.status for job in client.job.query(job_id)} == {"success"}
    assert client.job.query(status="failed").rows == ()
    assert len(client.job.list(-1)) >= 3
    assert client.job.stop(job_id).local_success
    assert client.job.log(job_id, site.folder / "logs").files
    config = client.job.config(job_id, *GUEST, site.folder / "confs")
    assert {path.name for path in config.files} >= {"dsl.json", "runtime_conf.json"}
    assert {view.component_name for view in client.job.view(job_id)} >= {"reader_0"}
    generated = client.job.generate_dsl(dsl(), cpn_list=["reader_0", "data_transform_0"])
    assert "components" in generated
    assert client.queue.clean().entries == {}


def test_what_is_not_there(site: Site) -> None:
    client, unknown = site.client, "202001010000000000000"
    assert client.job.query(unknown).rows == ()
    assert client.task.query(unknown).rows == ()
    assert client.job.view(unknown).rows == ()
    assert client.component.metrics(unknown, *GUEST, "x").entries == {}
    assert client.component.metric_all(unknown, *GUEST, "x").entries == {}
    assert client.data.upload_history(job_id=unknown).rows == ()
    assert client.tag.query("nope").tags == ()
    assert not client.table.info("lab", "nope").exists
    out = site.folder / "nothing"
    calls = [
        lambda: client.job.stop(unknown),
        lambda: client.job.config(unknown, *GUEST, out),
        lambda: client.component.list(unknown),
        lambda: client.component.parameters(unknown, *GUEST, "x"),
        lambda: client.component.output_model(unknown, *GUEST, "x"),
        lambda: client.component.output_data(unknown, *GUEST, "x", out),
        lambda: client.component.get_summary(unknown, *GUEST, "x"),
        lambda: client.model.deploy("nope#model", unknown),
        lambda: client.model.get_predict_conf("nope#model", unknown),
        lambda: client.model.tag_list(unknown),
        lambda: client.model.export_model(
            site.model | {"model_version": unknown, "output_path": str(out)}
        ),
        lambda: client.tag.delete("nope"),
        lambda: client.table.delete("lab", "nope"),
        lambda: client.job.wait(unknown),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert not out.exists() or not list(out.iterdir())


def test_components(site: Site) -> None:
    component = site.client.component
    assert set(component.list(site.job_id)) == set(dsl()["components"])
    assert component.parameters(*site.of("hetero_lr_0")).module is not None
    metrics = component.metric_all(*site.of("evaluation_0")).get("hetero_lr_0")
    assert metrics is not None
    assert dict(metrics.data)["auc"] > 0.9
    assert "train" in component.metrics(*site.of("evaluation_0"))
    assert component.output_model(*site.of("hetero_lr_0")).data["weight"]
    assert component.get_summary(*site.of("hetero_lr_0")).entries
    output = component.output_data(*site.of("hetero_lr_0"), site.folder / "output", 5)
    header = output.tables[0].header
    assert header is not None
    assert "predict_score" in header
    assert len(output.tables[0].csv.read_text("utf-8").splitlines()) == 6
    (table,) = component.output_data_table(*site.of("hetero_lr_0"))
    assert table.table_name
    assert len(component.output_data_preview(*site.of("hetero_lr_0")).tables) == 1
    assert component.metric_data(*site.of("evaluation_0"), "train", "hetero_lr_0").data


def test_tasks(site: Site) -> None:
    assert {task.status for task in site.client.task.query(site.job_id)} == {"success"}
    assert len(site.client.task.list(-1)) >= len(dsl()["components"])
    if site.lists_are_paged:
        rows = list(site.client.task.iterate(page_size=3, job_id=site.job_id))
        assert {task.component_name for task in rows} == set(dsl()["components"])
        assert site.job_id in {job.job_id for job in site.client.job.iterate(page_size=2)}
    else:
        with pytest.raises(UnsupportedByServerError, match=r"1\.7\.1"):
            next(site.client.task.iterate())


def test_data(site: Site) -> None:
    history = site.client.data.upload_history()
    assert {record.upload_info.table_name for record in history} == {"guest", "host"}
    with pytest.raises(AlreadyExistsError):
        guest = site.folder / "breast_cancer_guest.csv"
        conf = site.job.upload_conf(guest, "guest")
        site.client.data.upload(conf | ({"work_mode": 0} if site.release < "1.7" else {}))
    info = site.client.table.info("lab", "guest")
    assert (info.exists, info.count) == (True, 521)


def test_models(site: Site) -> None:
    model = site.client.model
    (info, *_) = model.get_model_info(site.model_id, site.job_id, role="guest", party_id=9999)
    assert info.model_version == site.job_id
    deployed = model.deploy(site.model_id, site.job_id)
    assert deployed.model_version != site.job_id
    assert "components" in model.get_predict_dsl(site.model_id, deployed.model_version)
    assert model.get_predict_conf(site.model_id, deployed.model_version).entries
    with pytest.raises(PartyError):  # no FATE-Serving here
        model.load(job_id=deployed.model_version)
    exported = model.export_model(site.model | {"output_path": str(site.folder / "models")})
    assert exported.size == exported.file.stat().st_size
    imported = site.model | {"file": str(exported.file)}
    with pytest.raises(AlreadyExistsError):
        model.import_model(imported)
    copy = imported | {"model_version": "202001010000000000001"}
    assert model.import_model(copy).file == exported.file
    if site.release == "1.11.2":
        model.import_model(copy | {"force_update": 1})
    else:
        with pytest.raises(UnsupportedByServerError, match=r"1\.9\.0"):
            model.import_model(copy | {"force_update": 1})
    stored = model.store(site.model | {"work_mode": 0})
    with pytest.raises(JobFailedError):  # no storage is configured
        site.client.job.wait(stored, interval=0.1, max_interval=0.2)


def test_tags(site: Site) -> None:
    tag, model = site.client.tag, site.client.model
    tag.create("fresh", "as new")
    with pytest.raises(AlreadyExistsError):
        tag.create("fresh")
    model.tag_model(site.job_id, "fresh")
    assert [row.name for row in model.tag_list(site.job_id)] == ["fresh"]
    tag.update("fresh", "stale")
    (found,) = tag.query("tal").tags
    assert (found.name, found.description) == ("stale", "as new")
    assert [m.model_version for m in tag.query("stale", with_model=True).models]
    assert "stale" in {row.name for row in tag.list(-1)}
    model.tag_model(site.job_id, "stale", remove=True)
    tag.delete("stale")


def test_what_later_releases_have(site: Site) -> None:
    table, out = site.client.table, site.folder / "tables"
    if site.lists_are_paged:
        data = table.download("lab", "guest", out)
        assert data.csv is not None
        assert data.csv.read_text("utf-8").count("\n") >= 521
    else:
        with pytest.raises(UnsupportedByServerError, match=r"1\.7\.1"):
            table.download("lab", "guest", out)
    if site.release == "1.11.2":
        assert len(table.preview("lab", "guest", 3).rows) == 3
        assert site.client.model.query_detail(site.model_id, site.job_id, *GUEST).entries
    else:
        with pytest.raises(UnsupportedByServerError, match=r"1\.11\.0"):
            table.preview("lab", "guest", 3)


def test_metrics_of_a_day_and_of_a_job_can_be_deleted(site: Site) -> None:
    component, day = site.client.component, site.job_id[:8]
    if site.release in ("1.5.3", "1.6.1", "1.7.0"):
        assert component.metric_delete(date=day).deleted
    else:
        with pytest.raises(UnsupportedByServerError, match=r"up to release 1\.7\.0"):
            component.metric_delete(date=day, job_id=site.job_id)
        assert component.metric_all(*site.of("evaluation_0")).entries
        assert component.metric_delete(job_id=site.job_id).deleted
    assert component.metric_all(*site.of("evaluation_0")).entries == {}


def test_tables_can_be_deleted(site: Site) -> None:
    component = "data_transform_0"
    assert site.client.table.delete(
        job_id=site.job_id, role="guest", party_id=9999, component_name=component
    ).table_name
    site.client.table.delete("lab", "host")
    assert not site.client.table.info("lab", "host").exists


def test_old_servers_want_work_mode_and_the_error_says_so(tmp_path: Path) -> None:
    guest, _ = write_breast_cancer(tmp_path)
    job = DemoJob(9999, 10000, 10000, "lab", "guest", "host")
    with serve(release="1.6") as url, FlowClient.from_url(url) as client:
        with pytest.raises(ApiError, match="0 standalone, 1 cluster"):
            client.data.upload(job.upload_conf(guest, "guest"))
        # The release is known by now, so that nothing is sent.
        with pytest.raises(InvalidConfError, match="work_mode"):
            client.job.submit(job.conf(), dsl())
        with pytest.raises(ApiError, match="0 standalone, 1 cluster"):
            client.job.submit(job.conf(), dsl(), validate=False)
