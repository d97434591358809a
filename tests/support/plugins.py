"""Packages with sensor models, as pip leaves them behind: on the path, with their record beside them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "lamppost-driver-si7021"


def record(folder: Path, package: str, *, version: str = "1.0", models: Mapping[str, str]) -> None:
    """Write what says that a package is installed in a folder of the path, and which models it brings."""
    info = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [f"{name} = {module}" for name, module in models.items()]
    (info / "entry_points.txt").write_text("\n".join(["[lamppost.drivers]", *lines, ""]))


def install(folder: Path, package: str, code: str, *, model: str, version: str = "1.0") -> None:
    """Put a package of one module into a folder of the path."""
    module = package.replace("-", "_")
    record(folder, package, version=version, models={model: module})
    (folder / f"{module}.py").write_text(code)


def install_example(folder: Path) -> str:
    """Put the example's package there, by the entry points of its own pyproject.toml; return its name and version."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    models = project["entry-points"]["lamppost.drivers"]
    record(folder, project["name"], version=project["version"], models=models)
    for module in models.values():
        (folder / module).symlink_to(EXAMPLE / module)
    return f"{project['name']} {project['version']}"
