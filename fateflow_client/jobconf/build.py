"""Building the usual chains of components in code: a pipeline that yields a JobSpec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fateflow_client.jobconf.assembly import (
    Assembly,
    PartiesIn,
    Step,
    Table,
    TablesIn,
    data_input,
    like_input,
    parties,
)
from fateflow_client.jobconf.spec import JobSpec

__all__ = ["Pipeline", "Step", "Table"]


class Pipeline:
    """A job put together step by step.

    As in::

        pipeline = Pipeline(guest=9999, host=10000, arbiter=10000)
        data = pipeline.reader(
            guest=Table("experiment", "breast_hetero_guest"),
            host=Table("experiment", "breast_hetero_host"),
        )
        data = pipeline.data_transform(data, label_name="y")
        data = pipeline.intersection(data)
        lr = pipeline.hetero_lr(data, max_iter=10)
        pipeline.evaluation(lr)
        spec = pipeline.spec()

    The guest is the initiator and has the label, hosts have features. Whatever else FATE's
    components can do is set by more keywords, or afterwards with ``spec.with_parameters``. Every
    step takes a ``name``; without one it is called after its module and counted from 0.

    Args:
        guest: The guest.
        host: The host or hosts.
        arbiter: The arbiter, which HeteroLR needs.
        job_parameters: Parameters of the job, as ``task_cores``; ``work_mode`` for servers up to
            1.6.

    Raises:
        ValueError: A party id is none.
    """

    def __init__(
        self,
        *,
        guest: int | str,
        host: PartiesIn = (),
        arbiter: int | str | None = None,
        job_parameters: Mapping[str, Any] | None = None,
    ) -> None:
        roles = {"guest": parties(guest), "host": parties(host)}
        if arbiter is not None:
            roles["arbiter"] = parties(arbiter)
        self._parts = Assembly(roles)
        self._job_parameters = dict(job_parameters or {})

    def reader(
        self, *, guest: TablesIn, host: TablesIn | None = None, name: str | None = None
    ) -> Step:
        """Read a table on every party that has data.

        Args:
            guest: The guest's table.
            host: The table of all hosts, or one for each.
            name: The component's name.

        Raises:
            ValueError: There are not as many tables as parties.
        """
        tables = {"guest": guest} if host is None else {"guest": guest, "host": host}
        for role in ("guest", "host"):
            self._parts.match(role, tables.get(role))
        step = self._parts.add("Reader", "reader", name, {}, ("data",))
        for role, given in tables.items():
            for index, table in enumerate(self._parts.tables(role, given)):
                value = {"table": {"namespace": table.namespace, "name": table.name}}
                self._parts.set_for(role, str(index), step.name, value)
        return step

    def data_transform(
        self,
        data: Step,
        *,
        label_name: str = "y",
        label_type: str = "int",
        output_format: str = "dense",
        like: Step | None = None,
        name: str | None = None,
        **parameters: Any,
    ) -> Step:
        """Make instances of a table's rows; the guest's have a label, the hosts' have none.

        Args:
            data: What to transform.
            label_name: The label's column in the guest's table.
            label_type: ``int`` or ``float``.
            output_format: ``dense`` or ``sparse``.
            like: Do as that DataTransform did, for data to validate or test with.
            name: The component's name.
            **parameters: More parameters, for every party.
        """
        step = self._flow("DataTransform", "data_transform", name, data, like)
        if like is None:
            self._parts.common[step.name] = {"output_format": output_format, **parameters}
            label = {"with_label": True, "label_name": label_name, "label_type": label_type}
            self._parts.set_for("guest", "all", step.name, label)
            self._parts.set_for("host", "all", step.name, {"with_label": False})
        else:
            self._parts.parameters(step, parameters)
        return step

    def intersection(self, data: Step, *, name: str | None = None, **parameters: Any) -> Step:
        """Keep the rows that all parties have.

        Args:
            data: What to intersect.
            name: The component's name.
            **parameters: Parameters, as ``intersect_method``.
        """
        step = self._parts.add(
            "Intersection", "intersection", name, data_input("data", data), ("data",)
        )
        return self._parts.parameters(step, parameters)

    def feature_scale(
        self,
        data: Step,
        *,
        method: str = "standard_scale",
        like: Step | None = None,
        name: str | None = None,
        **parameters: Any,
    ) -> Step:
        """Scale features.

        Args:
            data: What to scale.
            method: ``standard_scale`` or ``min_max_scale``.
            like: Scale as that FeatureScale did, for data to validate or test with.
            name: The component's name.
            **parameters: More parameters.
        """
        step = self._flow("FeatureScale", "feature_scale", name, data, like)
        return self._parts.parameters(
            step, ({"method": method} if like is None else {}) | parameters
        )

    def hetero_lr(
        self,
        data: Step,
        *,
        validate: Step | None = None,
        like: Step | None = None,
        name: str | None = None,
        **parameters: Any,
    ) -> Step:
        """Learn a logistic regression over all parties' features.

        Args:
            data: What to learn from; with ``like``, what to predict.
            validate: What to validate with while learning.
            like: Predict with the model of that HeteroLR instead of learning.
            name: The component's name.
            **parameters: Parameters, as ``max_iter`` and ``learning_rate``.

        Raises:
            ValueError: The pipeline has no arbiter.
        """
        if "arbiter" not in self._parts.roles:
            raise ValueError("HeteroLR needs an arbiter: Pipeline(..., arbiter=...)")
        return self._learn("HeteroLR", "hetero_lr", name, data, validate, like, parameters)

    def hetero_secure_boost(
        self,
        data: Step,
        *,
        validate: Step | None = None,
        like: Step | None = None,
        name: str | None = None,
        **parameters: Any,
    ) -> Step:
        """Learn boosted trees over all parties' features. It needs no arbiter.

        Args:
            data: What to learn from; with ``like``, what to predict.
            validate: What to validate with while learning.
            like: Predict with the model of that HeteroSecureBoost instead of learning.
            name: The component's name.
            **parameters: Parameters, as ``num_trees`` and ``task_type``.
        """
        stem = "hetero_secure_boost"
        return self._learn("HeteroSecureBoost", stem, name, data, validate, like, parameters)

    def evaluation(
        self,
        *data: Step,
        eval_type: str = "binary",
        name: str | None = None,
        **parameters: Any,
    ) -> Step:
        """Compare predictions with the label, on the guest.

        Args:
            *data: What predicted: one step, or several to be compared.
            eval_type: ``binary``, ``multi``, ``regression`` or ``clustering``.
            name: The component's name.
            **parameters: More parameters.

        Raises:
            ValueError: There is nothing to evaluate.
        """
        if not data:
            raise ValueError("an evaluation needs something to evaluate")
        step = self._parts.add(
            "Evaluation", "evaluation", name, data_input("data", *data), ("data",)
        )
        self._parts.parameters(step, {"eval_type": eval_type, **parameters})
        self._parts.set_for("host", "all", step.name, {"need_run": False})
        return step

    def spec(self) -> JobSpec:
        """The job as it is now. Later steps do not change it."""
        conf: dict[str, Any] = {
            "dsl_version": 2,
            "initiator": {"role": "guest", "party_id": self._parts.roles["guest"][0]},
            "role": self._parts.roles,
            "job_parameters": {"common": {"job_type": "train", **self._job_parameters}},
            "component_parameters": {"common": self._parts.common, "role": self._parts.by_role},
        }
        return JobSpec(conf, {"components": self._parts.components})

    def _learn(
        self,
        module: str,
        stem: str,
        name: str | None,
        data: Step,
        validate: Step | None,
        like: Step | None,
        parameters: dict[str, Any],
    ) -> Step:
        inputs = data_input("train_data" if like is None else "test_data", data)
        if validate is not None:
            if like is not None:
                raise ValueError("with like= nothing is learnt, so there is nothing to validate")
            inputs["data"]["validate_data"] = [validate.data]
        outputs = ("data", "model") if like is None else ("data",)
        step = self._parts.add(module, stem, name, like_input(inputs, module, like), outputs)
        return self._parts.parameters(step, parameters)

    def _flow(
        self, module: str, stem: str, name: str | None, data: Step, like: Step | None
    ) -> Step:
        outputs = ("data", "model") if like is None else ("data",)
        return self._parts.add(
            module, stem, name, like_input(data_input("data", data), module, like), outputs
        )
