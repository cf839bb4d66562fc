"""The modules that FATE 1.5 to 1.11 brings along. Servers can be given more."""

from __future__ import annotations

SOURCES = frozenset(
    {
        "ApiReader",
        "CacheLoader",
        "Download",
        "ModelLoader",
        "ModelRestore",
        "ModelStore",
        "Reader",
        "SecureAddExample",
        "SPDZTest",
        "TensorExample",
        "Upload",
        "Writer",
    }
)
"""Those that need no input of the DSL."""

CONSUMERS = frozenset(
    {
        "ColumnExpand",
        "DataIO",
        "DataStatistics",
        "DataTransform",
        "Evaluation",
        "FTL",
        "FeatureImputation",
        "FeatureScale",
        "FederatedSample",
        "FeldmanVerifiableSum",
        "HeteroDataSplit",
        "HeteroFTL",
        "HeteroFastSecureBoost",
        "HeteroFeatureBinning",
        "HeteroFeatureSelection",
        "HeteroKmeans",
        "HeteroLR",
        "HeteroLinR",
        "HeteroNN",
        "HeteroPearson",
        "HeteroPoisson",
        "HeteroSSHELR",
        "HeteroSSHELinR",
        "HeteroSSHEPoisson",
        "HeteroSecureBoost",
        "HomoDataSplit",
        "HomoFeatureBinning",
        "HomoLR",
        "HomoNN",
        "HomoOneHotEncoder",
        "HomoSecureBoost",
        "HomoSecureboost",
        "Intersection",
        "LabelTransform",
        "LocalBaseline",
        "OneHotEncoder",
        "PSI",
        "PositiveUnlabeled",
        "SBTFeatureTransformer",
        "SampleWeight",
        "Scorecard",
        "SecureInformationRetrieval",
        "Statistics",
        "Union",
    }
)
"""Those that work on data of other components."""

KNOWN = SOURCES | CONSUMERS
"""All of them."""
