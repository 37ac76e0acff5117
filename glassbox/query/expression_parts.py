"""The pieces that an expression is a row of: text, selectors, and what holds pieces of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from glassbox.query.selectors import Selector

# Distinguishes the engines of models.
ENGINE_LABEL = "inference_engine"


@dataclass(frozen=True)
class Recomputed:
    """A recorded series that is computed again where it is read: `recorded` is what content reads, `parts` are what Prometheus computes."""

    recorded: Selector
    parts: "tuple[Part, ...]"

    def __str__(self) -> str:
        return f"({''.join(map(str, self.parts))})"


@dataclass(frozen=True)
class AmongTargets:
    """Parts that are left out where one target is read alone: they compare it with others, or are of no target that is."""

    parts: "tuple[Part, ...]"

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True)
class Stamped:
    """Parts whose series are all of one engine, whatever the label of their target says."""

    parts: "tuple[Part, ...]"
    engine: str

    def __str__(self) -> str:
        return f'label_replace({"".join(map(str, self.parts))}, "{ENGINE_LABEL}", "{self.engine}", "", "")'


@dataclass(frozen=True)
class OfItsTarget:
    """Parts whose series name under the labels `of_others` what they measure. Where one of these tells services apart, that of their target is read.

    `target` has one series or more for each target, which `on` distinguishes. `binds_weakly` says that the parts need brackets
    in a product.
    """

    parts: "tuple[Part, ...]"
    of_others: tuple[str, ...]
    target: Selector
    on: tuple[str, ...]
    binds_weakly: bool

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True)
class LabelList:
    """The labels that an aggregation keeps, or that two sides are matched on."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.names)


_HOLDS_PARTS = (Recomputed, AmongTargets, Stamped, OfItsTarget)

Part = str | Selector | Recomputed | AmongTargets | Stamped | OfItsTarget | LabelList
Parts = tuple[Part, ...]


def selectors_of(parts: Parts) -> Iterator[Selector]:
    """Every selector in them, in the order of the text."""
    for part in parts:
        if isinstance(part, Selector):
            yield part
        elif isinstance(part, _HOLDS_PARTS):
            yield from selectors_of(part.parts)


def with_changed(parts: Parts, change: Callable[[Selector], Parts]) -> Iterator[Part]:
    """Them with what `change` makes of each selector in its place."""
    for part in parts:
        if isinstance(part, Selector):
            yield from change(part)
        elif isinstance(part, _HOLDS_PARTS):
            yield replace(part, parts=tuple(with_changed(part.parts, change)))
        else:
            yield part


def identified(part: Part, labels: Sequence[str]) -> Part:
    """The part with these labels in addition to `job`, wherever it names labels or has some."""
    match part:
        case LabelList():
            return LabelList(beside_job(part.names, labels))
        case Selector():
            rule = part.rule.identified(labels) if part.rule else None
            return replace(part, labels=_with(part.labels, labels), rule=rule)
        case Recomputed(recorded, parts):
            whole = identified(recorded, labels)
            return Recomputed(cast(Selector, whole), tuple(identified(each, labels) for each in parts))
        case AmongTargets(parts) | Stamped(parts):
            return replace(part, parts=tuple(identified(each, labels) for each in parts))
        case OfItsTarget():
            return _of_its_target(part, labels)
    return part


def _of_its_target(part: OfItsTarget, labels: Sequence[str]) -> OfItsTarget:
    lent = tuple(label for label in labels if label in part.of_others)
    kept = _without(tuple(labels), lent)
    parts = tuple(identified(each, kept) for each in part.parts)
    if not lent:
        return replace(part, parts=parts)
    # Who chooses a value of these chooses the target's.
    parts = tuple(with_changed(parts, lambda read: (replace(read, labels=_without(read.labels, lent)),)))
    on = LabelList(beside_job(part.on, kept))
    # Two targets may have one address, and differ in what is lent: either will do, where both would be an error.
    one = (
        "topk by (",
        on,
        ") (1, group by (",
        LabelList((*on.names, *lent)),
        ") (",
        identified(part.target, labels),
        "))",
    )
    left = ("(", *parts, ")") if part.binds_weakly else parts
    return replace(part, parts=("(", *left, " * on (", on, ") group_left (", LabelList(lent), ") ", *one, ")"))


def beside_job(names: tuple[str, ...], labels: Sequence[str]) -> tuple[str, ...]:
    """The names with these after `job`, or before the model where all jobs are taken together; unchanged without either."""
    if "job" in names:
        at = names.index("job") + 1
    elif "model_name" in names:
        at = names.index("model_name")
    else:
        return names
    return tuple(dict.fromkeys((*names[:at], *labels, *names[at:])))


def _with(names: tuple[str, ...], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *labels)))


def _without(names: tuple[str, ...], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in labels)
