"""The modules the server runs, by the names a DSL calls them."""

from collections.abc import Mapping

from fateflow_client.local.modules import params
from fateflow_client.local.modules.base import Module
from fateflow_client.local.modules.evaluation import evaluate
from fateflow_client.local.modules.intersection import intersect
from fateflow_client.local.modules.reader import read
from fateflow_client.local.modules.regression import hetero_lr, homo_lr
from fateflow_client.local.modules.storage import download, no_storage
from fateflow_client.local.modules.transform import transform
from fateflow_client.local.modules.upload import upload

_DATA_ROLES = ("guest", "host")
_FORMATS = {"output_format": ("dense", "sparse"), "input_format": ("dense", "sparse", "tag")}
_PENALTIES = {"penalty": ("L1", "L2", "l1", "l2", "NONE", "none", None)}

MODULES: Mapping[str, Module] = {
    "Upload": Module(upload, ("local",), params.UPLOAD),
    "Reader": Module(read, _DATA_ROLES),
    "DataTransform": Module(transform, _DATA_ROLES, params.DATA_TRANSFORM, _FORMATS),
    "DataIO": Module(transform, _DATA_ROLES, params.DATA_IO, _FORMATS),
    "Intersection": Module(intersect, _DATA_ROLES, params.INTERSECTION),
    "HeteroLR": Module(hetero_lr, defaults=params.HETERO_LR, choices=_PENALTIES),
    "HomoLR": Module(homo_lr, defaults=params.HOMO_LR, choices=_PENALTIES),
    "Download": Module(download, ("local",)),
    "ModelStore": Module(no_storage, ("local",)),
    "ModelRestore": Module(no_storage, ("local",)),
    "Evaluation": Module(evaluate, defaults=params.EVALUATION),
}

NOT_RUN_HERE = frozenset(
    (
        "ApiReader",
        "CacheLoader",
        "ColumnExpand",
        "DataStatistics",
        "FTL",
        "FeatureImputation",
        "FeatureScale",
        "FederatedSample",
        "HeteroDataSplit",
        "HeteroFTL",
        "HeteroFastSecureBoost",
        "HeteroFeatureBinning",
        "HeteroFeatureSelection",
        "HeteroKmeans",
        "HeteroLinR",
        "HeteroNN",
        "HeteroPearson",
        "HeteroPoisson",
        "HeteroSSHELR",
        "HeteroSSHELinR",
        "HeteroSecureBoost",
        "HomoDataSplit",
        "HomoFeatureBinning",
        "HomoNN",
        "HomoOneHotEncoder",
        "HomoSecureBoost",
        "HomoSecureboost",
        "LabelTransform",
        "LocalBaseline",
        "ModelLoader",
        "OneHotEncoder",
        "PSI",
        "PositiveUnlabeled",
        "SBTFeatureTransformer",
        "SPDZTest",
        "SampleWeight",
        "Scorecard",
        "SecureAddExample",
        "SecureInformationRetrieval",
        "Statistics",
        "Union",
        "Writer",
    )
)
"""FATE has these; a job that uses one is accepted, as FATE would, and fails when it gets there."""
