import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fakeai.cli import FAILURE, complain
from fakeai.config.errors import ConfigError
from fakeai.config.loading import load
from fakeai.core.catalog import Catalog
from fakeai.core.catalog_file import load_file
from fakeai.core.rows_file import RowsFileError
from fakeai.core.specs import ModelSpec
from fakeai_api.catalog import MODELS

_HEADINGS = ("MODEL", "OWNER", "CONTEXT", "OUTPUT", "$/M IN", "$/M OUT", "ALIASES")
_ALIGNMENT = "<<>>>><"


def models(
    *,
    models: Annotated[Path | None, Parameter(help="Catalog file with more models.", metavar="FILE")] = None,
    search: Annotated[
        str,
        Parameter(help="Only models with this in name, alias, owner or family.", metavar="TEXT", show_default=False),
    ] = "",
    as_json: Annotated[
        bool, Parameter(name="--json", negative="", show_default=False, help="Everything known, as JSON.")
    ] = False,
) -> int:
    """Context and output in tokens, prices in USD per million tokens."""
    try:
        specs = _catalog(models)
    except (ConfigError, RowsFileError) as error:
        return complain(str(error))
    found = [spec for spec in specs if search.lower() in _searched(spec)]
    if not found:
        return complain(f"no model matches {search!r}", FAILURE)
    print(json.dumps([asdict(spec) for spec in found], indent=2) if as_json else "\n".join(_table(found)))
    return 0


def _catalog(file: Path | None) -> list[ModelSpec]:
    """The rows that a server in the same place would have."""
    given = {} if file is None else {"models.file": file}
    config = load(given, flags={"models.file": "--models"}).config.models
    return Catalog([*MODELS.values(), *(load_file(config.file) if config.file else [])]).specs()


def _searched(spec: ModelSpec) -> str:
    return "\n".join((spec.id, *spec.aliases, spec.owned_by, spec.family)).lower()


def _table(specs: Iterable[ModelSpec]) -> Iterator[str]:
    rows = [_HEADINGS, *map(_row, specs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        aligned = zip(row, widths, _ALIGNMENT, strict=True)
        yield "  ".join(f"{cell:{side}{width}}" for cell, width, side in aligned).rstrip()


def _row(spec: ModelSpec) -> tuple[str, ...]:
    counts = (spec.context_window, spec.max_output_tokens)
    usd = (spec.prices.input, spec.prices.output)
    figures = (*(_cell(count, ",") for count in counts), *(_cell(price, "g") for price in usd))
    return spec.id, spec.owned_by, *figures, " ".join(spec.aliases)


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
