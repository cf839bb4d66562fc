"""Hypothesis strategies for jobs that every server takes, and for ways to spoil them by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

# Small choices, and as few as will do: a job is put together from dozens of them.
STEMS = ("hetero_lr", "Union-2", "größe", "a")
OUTPUTS = (["data"], ["train_data", "test_data"], ["model", "data"])
MODELS = (None, ["model"], ["a", "b"])
MODULES = ("DataTransform", "Intersection", "FeatureScale", "HeteroLR", "HeteroSecureBoost")
DATA_KINDS = ("data", "train_data", "validate_data", "test_data", "eval_data")
WORDS = st.sampled_from(["experiment", "表_é", "a/b~c", " x ", "0"])
PARAMETERS = st.sampled_from([{}, {"max_iter": 3, "x": [None, {"y": 1.5}]}, {"a/b": "é"}])
OWN = st.sampled_from([{}, {"fateflow_client": {"token": "t"}}, {"own words": [1e-9, True]}])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | st.sampled_from([0.1, 1e300, -0.0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
"""Any JSON without texts."""


@dataclass(frozen=True)
class Documents:
    """A conf and a DSL as plain JSON."""

    conf: dict[str, Any]
    dsl: dict[str, Any] | None

    @property
    def components(self) -> dict[str, Any]:
        """The components by name."""
        return (self.dsl or {})["components"]

    def references(self) -> list[tuple[str, str, str]]:
        """Inputs: the component that takes, the pointer and the text."""
        found: list[tuple[str, str, str]] = []
        for name, component in self.components.items():
            for kind, given in component.get("input", {}).items():
                lists = given if kind == "data" else {None: given}
                for key, texts in lists.items():
                    inner = f"{kind}/{key}" if key else kind
                    found += [
                        (name, f"/components/{name}/input/{inner}/{index}", text)
                        for index, text in enumerate(texts)
                    ]
        return found

    def entries(self, component: str) -> list[tuple[str, str]]:
        """Role and index of the entries that name a component."""
        roles = self.conf["component_parameters"]["role"]
        return [
            (role, key) for role, keys in roles.items() for key in keys if component in keys[key]
        ]


@st.composite
def documents(draw: Draw) -> Documents:
    """A training job."""
    roles = draw(_roles())
    readers = [f"reader_{number}" for number in range(draw(st.integers(1, 2)))]
    components: dict[str, Any] = {
        name: {"module": "Reader", "output": {"data": ["data"]}} for name in readers
    }
    for number in range(draw(st.integers(1, 5))):
        name = f"{draw(st.sampled_from(STEMS))}_{number}"
        components[name] = draw(_component(dict(components)))
    by_role: dict[str, Any] = {}
    common = {name: draw(PARAMETERS) for name in list(components)[-2:]}
    for reader in readers:
        for role in ("guest", "host"):
            _place(draw, by_role.setdefault(role, {}), reader, len(roles[role]))
    conf = {
        "dsl_version": draw(st.sampled_from([2, "2"])),
        "initiator": {"role": "guest", "party_id": roles["guest"][0]},
        "role": roles,
        "job_parameters": {"common": {"job_type": "train", "work_mode": 0}},
        "component_parameters": {"common": common, "role": by_role},
        **draw(OWN),
    }
    # Strategies share what they hold; jobs are spoiled in place.
    return Documents(copy.deepcopy(conf), copy.deepcopy({"components": components}))


@st.composite
def predictions(draw: Draw) -> Documents:
    """A predict job, which has no DSL."""
    conf = draw(documents()).conf
    conf["job_parameters"]["common"] |= {
        "job_type": "predict",
        "model_id": draw(WORDS),
        "model_version": draw(WORDS),
    }
    return Documents(conf, None)


@st.composite
def _roles(draw: Draw) -> dict[str, list[Any]]:
    first, hosts = draw(st.integers(0, 10**9)), draw(st.integers(1, 3))
    ids: list[Any] = list(range(first, first + hosts + 2))
    if draw(st.booleans()):
        ids = [str(number) for number in ids]
    roles = {"guest": ids[:1], "host": ids[1:-1]}
    return roles | ({"arbiter": ids[-1:]} if draw(st.booleans()) else {})


@st.composite
def _component(draw: Draw, before: dict[str, Any]) -> dict[str, Any]:
    data = [f"{n}.{o}" for n, c in before.items() for o in c["output"].get("data", ())]
    models = [f"{n}.{o}" for n, c in before.items() for o in c["output"].get("model", ())]
    kinds = draw(st.sampled_from([("data",), ("train_data", "validate_data"), DATA_KINDS[3:]]))
    inputs: dict[str, Any] = {"data": {kind: [draw(st.sampled_from(data))] for kind in kinds}}
    if draw(st.booleans()):
        inputs["data"][kinds[0]].append(data[0])
    if models and draw(st.booleans()):
        kind = draw(st.sampled_from(["model", "isometric_model"]))
        inputs[kind] = [draw(st.sampled_from(models))]
    outputs = {"data": draw(st.sampled_from(OUTPUTS)), "model": draw(st.sampled_from(MODELS))}
    outputs = {kind: names for kind, names in outputs.items() if names}
    return {"module": draw(st.sampled_from(MODULES)), "input": inputs, "output": outputs}


def _place(draw: Draw, entries: dict[str, Any], reader: str, parties: int) -> None:
    """Put a reader's tables where all parties of a role find them."""
    indexes = [str(index) for index in range(parties)]
    keys = draw(st.sampled_from([["all"], ["|".join(indexes)], indexes]))
    for key in keys:
        table = {"namespace": draw(WORDS), "name": draw(WORDS)}
        entries.setdefault(key, {})[reader] = {"table": table}


@dataclass(frozen=True)
class Spoiled:
    """A job with one thing wrong, and what must be told of it."""

    documents: Documents
    code: str
    document: str
    pointers: tuple[str, ...]
    """One of these must be told; several where it is one thing in several places."""


Spoil = Callable[[Draw, Documents], Spoiled]


def spoiled(kind: str) -> st.SearchStrategy[Spoiled]:
    """Jobs that are spoiled in one named way."""

    @st.composite
    def spoil(draw: Draw) -> Spoiled:
        return SPOILS[kind](draw, draw(documents()))

    return spoil()


def _drop_component(draw: Draw, docs: Documents) -> Spoiled:
    _, _, text = draw(st.sampled_from(docs.references()))
    source = text.split(".")[0]
    del docs.components[source]
    left = [pointer for _, pointer, text in docs.references() if text.split(".")[0] == source]
    assume(left)
    return Spoiled(docs, "undefined-component", "dsl", tuple(left))


def _rename_output(draw: Draw, docs: Documents) -> Spoiled:
    _, pointer, text = draw(st.sampled_from(docs.references()))
    source, _, output = text.partition(".")
    kind = "data" if "/input/data/" in pointer else "model"
    outputs = docs.components[source]["output"][kind]
    outputs[outputs.index(output)] = "renamed"
    return Spoiled(docs, "undefined-output", "dsl", (pointer,))


def _misspell_reference(draw: Draw, docs: Documents) -> Spoiled:
    taker, pointer, text = draw(st.sampled_from(docs.references()))
    *_, kind, index = pointer.split("/")
    given = docs.components[taker]["input"]
    given = given["data"] if "/input/data/" in pointer else given
    given[kind][int(index)] = "x" + text
    return Spoiled(docs, "undefined-component", "dsl", (pointer,))


def _index_past_the_end(draw: Draw, docs: Documents) -> Spoiled:
    reader = next(n for n, c in docs.components.items() if c["module"] == "Reader")
    role, key = draw(st.sampled_from(docs.entries(reader)))
    entries = docs.conf["component_parameters"]["role"][role]
    past = str(len(docs.conf["role"][role]) + draw(st.integers(0, 5)))
    entries[past] = entries.pop(key)
    pointer = f"/component_parameters/role/{role}/{past}"
    return Spoiled(docs, "index-out-of-range", "conf", (pointer,))


def _close_a_cycle(draw: Draw, docs: Documents) -> Spoiled:
    taker, pointer, text = draw(st.sampled_from(docs.references()))
    source = text.split(".")[0]
    ring = draw(st.sampled_from([(taker, taker), (source, taker)]))
    output = docs.components[taker]["output"]["data"][0]
    given = docs.components[ring[0]].setdefault("input", {}).setdefault("data", {})
    given.setdefault("data", []).append(f"{taker}.{output}")
    # Whichever circle is found first: it is told at one of its components.
    circling = {name for name in docs.components if name in _upstream(docs, name)}
    places = tuple(p for name, p, t in docs.references() if name in circling)
    assert places, pointer
    return Spoiled(docs, "cycle", "dsl", places)


def _upstream(docs: Documents, name: str) -> set[str]:
    sources: dict[str, set[str]] = {}
    for taker, _, text in docs.references():
        sources.setdefault(taker, set()).add(text.split(".")[0])
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for source in sources.get(waiting.pop(), ()):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _party_as_text(draw: Draw, docs: Documents) -> Spoiled:
    role = draw(st.sampled_from(sorted(docs.conf["role"])))
    index = draw(st.integers(0, len(docs.conf["role"][role]) - 1))
    docs.conf["role"][role][index] = draw(st.sampled_from(["guest", "9999a", "", None, [1]]))
    return Spoiled(docs, "party-id-not-a-number", "conf", (f"/role/{role}/{index}",))


def _initiator_away(draw: Draw, docs: Documents) -> Spoiled:
    ids = [int(number) for ids in docs.conf["role"].values() for number in ids]
    docs.conf["initiator"]["party_id"] = max(ids) + draw(st.integers(1, 9))
    return Spoiled(docs, "initiator-not-in-role", "conf", ("/initiator/party_id",))


def _initiator_of_another_role(draw: Draw, docs: Documents) -> Spoiled:
    docs.conf["initiator"]["role"] = draw(st.sampled_from(["local", "gest"]))
    return Spoiled(docs, "initiator-not-in-role", "conf", ("/initiator/role",))


def _key_away(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(["initiator", "role"]))
    del docs.conf[name]
    return Spoiled(docs, "missing-key", "conf", ("",))


def _module_away(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(sorted(docs.components)))
    del docs.components[name]["module"]
    return Spoiled(docs, "missing-key", "dsl", (f"/components/{name}",))


def _duplicate_output(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(sorted(docs.components)))
    outputs = docs.components[name]["output"]["data"]
    outputs.append(draw(st.sampled_from(outputs)))
    pointer = f"/components/{name}/output/data/{len(outputs) - 1}"
    return Spoiled(docs, "duplicate-output", "dsl", (pointer,))


def _table_away(draw: Draw, docs: Documents) -> Spoiled:
    readers = [n for n, c in docs.components.items() if c["module"] == "Reader"]
    reader = draw(st.sampled_from(readers))
    docs.conf["component_parameters"]["common"].pop(reader, None)
    role, key = draw(st.sampled_from(docs.entries(reader)))
    del docs.conf["component_parameters"]["role"][role][key][reader]
    entry = f"/component_parameters/role/{role}"
    # Another entry for the party may be nearer, such as one of another reader.
    places = [entry, *(f"{entry}/{k}" for k in docs.conf["component_parameters"]["role"][role])]
    return Spoiled(docs, "missing-table", "conf", tuple(places))


def _inputs_as_text(draw: Draw, docs: Documents) -> Spoiled:
    name, pointer, text = draw(st.sampled_from(docs.references()))
    *_, kind, _ = pointer.split("/")
    given = docs.components[name]["input"]
    given = given["data"] if "/input/data/" in pointer else given
    given[kind] = text
    return Spoiled(docs, "wrong-type", "dsl", (pointer.rpartition("/")[0],))


def _unfed(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from([n for n, _, _ in docs.references()]))
    del docs.components[name]["input"]
    return Spoiled(docs, "unfed-component", "dsl", (f"/components/{name}",))


def _module_misspelt(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(sorted(docs.components)))
    docs.components[name]["module"] += "s"
    return Spoiled(docs, "unknown-module", "dsl", (f"/components/{name}/module",))


def _parameters_for_nobody(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(["nobody", "hetero_lr_77", "a.b"]))
    docs.conf["component_parameters"]["common"][name] = {"max_iter": 1}
    pointer = f"/component_parameters/common/{name}"
    return Spoiled(docs, "unknown-component", "conf", (pointer,))


def _truth_as_text(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(sorted(docs.components)))
    value = draw(st.sampled_from(["true", "False"]))
    docs.conf["component_parameters"]["common"][name] = {"need_run": value}
    pointer = f"/component_parameters/common/{name}/need_run"
    return Spoiled(docs, "truth-as-text", "conf", (pointer,))


def _predict_without_model(draw: Draw, docs: Documents) -> Spoiled:
    docs.conf["job_parameters"]["common"]["job_type"] = "predict"
    return Spoiled(docs, "missing-model", "conf", ("/job_parameters/common",))


def _role_of_nobody(draw: Draw, docs: Documents) -> Spoiled:
    docs.conf["component_parameters"]["role"]["local"] = {"0": {}}
    return Spoiled(docs, "role-without-parties", "conf", ("/component_parameters/role/local",))


def _name_with_a_space(draw: Draw, docs: Documents) -> Spoiled:
    name = draw(st.sampled_from(["a b", "a.b", "ä+"]))
    docs.components[name] = {"module": "Reader"}
    return Spoiled(docs, "bad-component-name", "dsl", (f"/components/{name}",))


SPOILS: dict[str, Spoil] = {
    "drop a component": _drop_component,
    "rename an output": _rename_output,
    "misspell a reference": _misspell_reference,
    "point an index past the end": _index_past_the_end,
    "close a cycle": _close_a_cycle,
    "make a party id a text": _party_as_text,
    "move the initiator away": _initiator_away,
    "give the initiator another role": _initiator_of_another_role,
    "take a key away": _key_away,
    "take a module away": _module_away,
    "give an output twice": _duplicate_output,
    "take a table away": _table_away,
    "write inputs as a text": _inputs_as_text,
    "take all inputs away": _unfed,
    "misspell a module": _module_misspelt,
    "set parameters of nobody": _parameters_for_nobody,
    "write a truth value as a text": _truth_as_text,
    "predict without a model": _predict_without_model,
    "set parameters of a role that nobody has": _role_of_nobody,
    "name a component with a space": _name_with_a_space,
}
