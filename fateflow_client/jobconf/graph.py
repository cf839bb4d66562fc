"""A DSL as a graph: components, what flows between them, and a picture as Mermaid text."""

from __future__ import annotations

from dataclasses import dataclass

from fateflow_client.jobconf.checks.base import Facts
from fateflow_client.jobconf.dsl import OUTPUT_OF_INPUT


@dataclass(frozen=True, slots=True)
class Node:
    """A component.

    Attributes:
        name: Its name.
        module: What it does; empty where the DSL does not say so.
    """

    name: str
    module: str


@dataclass(frozen=True, slots=True)
class Edge:
    """An output of a component that another one takes.

    Attributes:
        source: The component that gives it.
        target: The component that takes it.
        output: The name of the output.
        input: As what it is taken: ``data``, ``train_data``, ``model`` ...
    """

    source: str
    target: str
    output: str
    input: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Components and edges, in the order of the DSL. References that lead nowhere are left out.

    Attributes:
        nodes: The components.
        edges: What flows between them.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def mermaid(self, direction: str = "TD") -> str:
        """The graph as a Mermaid flowchart, for Markdown and documents.

        Args:
            direction: ``TD`` downwards, ``LR`` to the right.
        """
        ids = {node.name: f"n{number}" for number, node in enumerate(self.nodes)}
        lines = [f"flowchart {direction}"]
        for node in self.nodes:
            module = f"<br/>{_escape(node.module)}" if node.module else ""
            lines.append(f'    {ids[node.name]}["{_escape(node.name)}{module}"]')
        for edge in self.edges:
            # What goes from a data output to a data input needs no words.
            label = "" if edge.input == "data" else f'|"{_escape(edge.input)}"|'
            lines.append(f"    {ids[edge.source]} -->{label} {ids[edge.target]}")
        return "\n".join(lines) + "\n"


def graph_of(facts: Facts) -> Graph:
    """Read the graph out of a DSL."""
    nodes = tuple(
        Node(name, module if isinstance(module := component.get("module"), str) else "")
        for name, component in facts.components.items()
    )
    edges = tuple(
        Edge(ref.source, ref.component, ref.text.partition(".")[2], ref.input)
        for ref in facts.references
        if ref.kind in OUTPUT_OF_INPUT and ref.source in facts.components
    )
    return Graph(nodes, edges)


def _escape(text: str) -> str:
    """Mermaid's own escapes: the code of a character between # and ;."""
    return "".join(c if c.isalnum() or c in "_-. " else f"#{ord(c)};" for c in text)
