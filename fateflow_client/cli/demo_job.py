"""The demo's job: two parties hold columns of the same people, and train one model.

The keys are those of a conf and DSL that a real FATE Flow 1.11 ran to success.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPONENTS = ("reader_0", "data_transform_0", "intersection_0", "hetero_lr_0", "evaluation_0")
"""The components, in the order of the DSL."""


@dataclass(frozen=True, slots=True)
class DemoJob:
    """Who takes part, and where their tables are."""

    guest: int
    host: int
    arbiter: int
    namespace: str
    guest_table: str
    host_table: str

    def upload_conf(self, file: Path, table: str) -> dict[str, Any]:
        """The upload conf of one party's table."""
        return {
            "file": str(file),
            "head": 1,
            "partition": 4,
            "namespace": self.namespace,
            "table_name": table,
        }

    def conf(self) -> dict[str, Any]:
        """The runtime conf."""
        return {
            "dsl_version": 2,
            "initiator": {"role": "guest", "party_id": self.guest},
            "role": {"guest": [self.guest], "host": [self.host], "arbiter": [self.arbiter]},
            "job_parameters": {
                "common": {
                    "job_type": "train",
                    "task_parallelism": 1,
                    "computing_partitions": 2,
                    "task_cores": 2,
                }
            },
            "component_parameters": {
                "common": {
                    "intersection_0": {
                        "intersect_method": "raw",
                        "sync_intersect_ids": True,
                        "only_output_key": False,
                    },
                    "hetero_lr_0": {
                        "penalty": "L2",
                        "optimizer": "rmsprop",
                        "alpha": 0.01,
                        "max_iter": 10,
                        "batch_size": -1,
                        "learning_rate": 0.15,
                        "init_param": {"init_method": "zeros"},
                        "encrypt_param": {"key_length": 1024},
                    },
                    "evaluation_0": {"eval_type": "binary"},
                },
                "role": {
                    "guest": {
                        "0": {
                            "reader_0": self._reader(self.guest_table),
                            "data_transform_0": {
                                "with_label": True,
                                "label_name": "y",
                                "label_type": "int",
                                "output_format": "dense",
                            },
                        }
                    },
                    "host": {
                        "0": {
                            "reader_0": self._reader(self.host_table),
                            "data_transform_0": {"with_label": False, "output_format": "dense"},
                            "evaluation_0": {"need_run": False},
                        }
                    },
                },
            },
        }

    def _reader(self, table: str) -> dict[str, Any]:
        return {"table": {"name": table, "namespace": self.namespace}}


def dsl() -> dict[str, Any]:
    """The DSL: Reader, DataTransform, Intersection, HeteroLR, Evaluation."""
    data = {"data": ["data"]}
    model = {"data": ["data"], "model": ["model"]}

    def fed_by(component: str, kind: str = "data") -> dict[str, Any]:
        return {"data": {kind: [f"{component}.data"]}}

    return {
        "components": {
            "reader_0": {"module": "Reader", "output": data},
            "data_transform_0": {
                "module": "DataTransform",
                "input": fed_by("reader_0"),
                "output": model,
            },
            "intersection_0": {
                "module": "Intersection",
                "input": fed_by("data_transform_0"),
                "output": data,
            },
            "hetero_lr_0": {
                "module": "HeteroLR",
                "input": fed_by("intersection_0", "train_data"),
                "output": model,
            },
            "evaluation_0": {
                "module": "Evaluation",
                "input": fed_by("hetero_lr_0"),
                "output": data,
            },
        }
    }
