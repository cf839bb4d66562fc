"""How Sphinx makes these pages: the reference comes out of the code.

Three directives, so that nobody keeps lists: ``group`` shows the calls of a group, ``classes`` what
modules define, ``input`` what an argument takes. Types are shown as the source spells them: at
run time many are validators, which say nothing to a reader.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from enum import Enum
from importlib import import_module
from importlib.metadata import version as installed
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

from docutils import nodes
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import stringify_annotation

sys.path.insert(0, str(Path(__file__).parents[1]))

import fateflow_client
from fateflow_client import types
from fateflow_client.domain._base import MappingResult, Request, Result, Returns, RowsResult
from fateflow_client.groups._base import Group

project = "fateflow-client"
author = "the authors of fateflow-client"
release = version = installed("fateflow-client")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_show_copyright = False
html_title = f"{project} {release}"
myst_heading_anchors = 3
nitpicky = True
nitpick_ignore_regex = [
    # Only names of this package have to lead somewhere; its inner ones and type variables do not.
    (r"py:.*", r"(?!fateflow_client\.).*"),
    (r"py:.*", r"fateflow_client\._core\..*|.*\.(R_co|Row)"),
]
add_module_names = False
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

PUBLIC = fateflow_client.__name__
MACHINERY = {"from_envelope", "local_fields", "wire_json", "wire_members", "with_envelope"}
"""What requests and results have for the library and not for its callers."""


def _input_types() -> dict[str, str]:
    """What a type checker sees of the types of arguments."""
    tree = ast.parse(inspect.getsource(types))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        ast.unparse(node.target): ast.unparse(node.value)
        for node in blocks[0].body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }


INPUTS = _input_types()
HOMES = {name: f"{types.__name__}.{name}" for name in (*INPUTS, "Exist")} | {
    name: f"{PUBLIC}.{name}" for name in fateflow_client.__all__
}
"""Names to link, wherever they stand in a type."""


def _linked(annotation: object, module: Any = types) -> str:
    """A type as the source spells it, with names that lead somewhere."""
    text = annotation if isinstance(annotation, str) else stringify_annotation(annotation, "smart")
    text = re.sub(r"\b(ep\.)?Progress\b", "Callable[[int, int | None], None]", text)
    # A group's own name for a result that one of its methods hides.
    text = re.sub(r"\b_[A-Z]\w+", lambda found: getattr(module, found[0]).__name__, text)
    return re.sub(
        r"(?<![\w.~])[A-Z]\w+",
        lambda found: f"~{HOMES[found[0]]}" if found[0] in HOMES else found[0],
        text,
    )


def _signature(function: Any) -> tuple[str, str | None]:
    """The signature of a function, with types as the source spells them."""
    signature = inspect.signature(function)
    module = inspect.getmodule(function)
    empty = inspect.Parameter.empty
    spelled = []
    for place, parameter in enumerate(signature.parameters.values()):
        if place == 0 and parameter.name in ("self", "cls"):
            continue
        text = str(parameter.replace(annotation=empty, default=empty))
        if parameter.annotation is not empty:
            text += f": {_linked(parameter.annotation, module)}"
        if parameter.default is not empty:
            text += f" = {parameter.default!r}".replace("<factory>", "...")
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in "".join(spelled):
            spelled.append("*")
        spelled.append(text)
    answer = signature.return_annotation
    return f"({', '.join(spelled)})", None if answer is empty else _linked(answer, module)


def _modules(name: str) -> list[Any]:
    module = import_module(name)
    inside = iter_modules(module.__path__, f"{name}.") if hasattr(module, "__path__") else ()
    return [module, *(import_module(found.name) for found in inside)]


for _package in ("domain", "jobconf"):
    # Now, for autodoc leaves annotations on pydantic's BaseModel that no new model can be made of.
    _modules(f"{PUBLIC}.{_package}")


def _classes(module: Any) -> list[Any]:
    return [
        value
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and name == value.__name__
        and not name.startswith("_")
        and "[" not in name
    ]


def _fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model with their types, defaults and the texts below them."""
    lines: list[str] = []
    for name, field in model.model_fields.items():
        owner = next(cls for cls in model.__mro__ if name in vars(cls).get("__annotations__", {}))
        owner = getattr(owner, "__pydantic_generic_metadata__", {}).get("origin") or owner
        generic = owner in (RowsResult, MappingResult) and model is not owner
        kind = field.annotation if generic else owner.__annotations__[name]
        texts = ModuleAnalyzer.for_module(owner.__module__).find_attr_docs()
        lines += [f".. py:attribute:: {name}", f"   :type: {_linked(kind)}"]
        if field.default is not PydanticUndefined:
            lines += [f"   :value: {field.default!r}"]
        lines += ["", *(f"   {line}" for line in texts[owner.__name__, name]), ""]
    return lines


def _autoclass(cls: Any) -> list[str]:
    name = cls.__name__
    home = PUBLIC if getattr(fateflow_client, name, None) is cls else cls.__module__
    lines = [f".. autoclass:: {home}.{name}"]
    if not issubclass(cls, Request) and not {*cls.__bases__} & {object, BaseModel}:
        lines += ["   :show-inheritance:"]
    if not issubclass(cls, BaseModel):
        undocumented = ["   :undoc-members:"] if issubclass(cls, Enum) else []
        return [*lines, "   :members:", *undocumented, ""]
    if cls not in (Request, Result):
        own = [
            member
            for member, value in vars(cls).items()
            if not member.startswith(("_", "model_"))
            and member not in MACHINERY
            and (inspect.isfunction(value) or isinstance(value, property))
        ]
        lines += [f"   :members: {', '.join(own)}"] if own else []
    else:
        lines += ["   :members:", "   :exclude-members: model_config"]
    lines += [""]
    for base in getattr(cls, "__orig_bases__", ()):
        if getattr(base, "__origin__", None) is Returns:
            lines += [f"   Answered with :py:class:`{_linked(get_args(base)[0].__name__)}`.", ""]
    return [*lines, *(f"   {line}" for line in _fields(cls)), ""]


class Classes(SphinxDirective):
    """``classes:: MODULE ...``: what these modules and packages define, in their order."""

    required_arguments = 1
    optional_arguments = 20

    def run(self) -> list[nodes.Node]:
        """Write down what a person would have to keep up to date."""
        modules = [module for name in self.arguments for module in _modules(name)]
        lines = [line for m in modules for cls in _classes(m) for line in _autoclass(cls)]
        return self.parse_text_to_nodes("\n".join(lines))


class Calls(SphinxDirective):
    """``group:: job``: the calls of ``client.job``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write down the one group of the module."""
        module = import_module(f"{PUBLIC}.groups.{self.arguments[0]}")
        (group,) = (cls for cls in _classes(module) if issubclass(cls, Group))
        name = f"{module.__name__}.{group.__name__}"
        return self.parse_text_to_nodes(f".. autoclass:: {name}\n   :members:\n")


class Input(SphinxDirective):
    """``input:: JobIdIn``: what an argument of that type takes, with a text below it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Look up what a type checker is told."""
        name = self.arguments[0]
        head = [
            f".. py:type:: {name}",
            f"   :module: {types.__name__}",
            f"   :canonical: {_linked(INPUTS[name])}",
            "",
        ]
        body = [f"   {line}" for line in self.content]
        return self.parse_text_to_nodes("\n".join([*head, *body]))


def _spell(
    _: Sphinx, what: str, __: str, thing: Any, ___: Any, signature: str | None, answer: str | None
) -> tuple[str | None, str | None] | None:
    if what == "class" and issubclass(thing, BaseModel):
        if issubclass(thing, Result):
            return "", None
        names = (
            name if field.is_required() else f"{name}={field.default!r}"
            for name, field in thing.model_fields.items()
        )
        return (f"(*, {', '.join(names)})" if thing.model_fields else "()"), None
    if what == "class" and issubclass(thing, Group | Enum):
        return "", None
    if signature is not None and what in ("class", "exception", "method", "function"):
        spelled, answer = _signature(thing)
        return spelled, answer if what in ("method", "function") else None
    return signature, answer


SENTENCES: dict[str, list[str]] = {}


def _keep(_: Sphinx, what: str, name: str, __: Any, ___: Any, lines: list[str]) -> None:
    """Remember a property's text before napoleon takes what stands before a colon for a type."""
    if what in ("attribute", "property"):
        SENTENCES[name] = list(lines)


def _bases(_: Sphinx, __: str, ___: Any, ____: Any, bases: list[Any]) -> None:
    """Show what a generic base was made of, and of private bases what is behind them."""
    for place, base in enumerate(bases):
        made = getattr(base, "__pydantic_generic_metadata__", {})
        if made.get("args"):
            home, (of,) = made["origin"], made["args"]
            of = stringify_annotation(of, "smart").replace("~", "").replace("typing.", "")
            of = re.sub(r"\bfateflow_client[\w.]*\.", "", of)
            bases[place] = f":py:class:`~{home.__module__}.{home.__name__}` of ``{of}``"
        elif inspect.isclass(base) and base.__name__.startswith("_"):
            bases[place] = base.__base__


def _tidy(_: Sphinx, what: str, name: str, __: Any, ___: Any, lines: list[str]) -> None:
    """Put that text back; make literal blocks of the indented blocks in a module's docstring."""
    if name in SENTENCES:
        lines[:] = SENTENCES[name]
    if what == "module":
        for place in range(len(lines) - 1, 0, -1):
            if lines[place].startswith("    ") and not lines[place - 1].strip():
                lines[place:place] = ["::", ""]


def _no_overloads(_: Sphinx) -> None:
    """One signature per method: the one of its body, which says the same."""
    for module in _modules(f"{PUBLIC}.groups"):
        analyzer = ModuleAnalyzer.for_module(module.__name__)
        analyzer.analyze()
        analyzer.overloads.clear()


def setup(app: Sphinx) -> None:
    """Tell Sphinx of all this."""
    app.add_directive("classes", Classes)
    app.add_directive("group", Calls)
    app.add_directive("input", Input)
    app.connect("builder-inited", _no_overloads)
    app.connect("autodoc-process-signature", _spell)
    app.connect("autodoc-process-bases", _bases)
    app.connect("autodoc-process-docstring", _keep, priority=400)
    app.connect("autodoc-process-docstring", _tidy, priority=600)
