"""A plugin of somebody else's, installed beside Engine."""

from __future__ import annotations

from pathlib import Path

from shop import Shop


def install(folder: Path, name: str, module: str) -> Shop:
    """Installs a module as a plugin of that name, into a folder of its own, and gives a shop whose Python finds it."""
    site = folder / "site"
    info = site / f"engine_sms_{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"engine_{name}.py").write_text(module)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: engine-sms-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[engine]\n{name} = engine_{name}\n")
    return Shop(folder, {"PYTHONPATH": str(site)})


def name_it(shop: Shop, name: str) -> None:
    """Writes the plugin into engine.yaml."""
    engine_yaml = shop.folder / "config/engine.yaml"
    engine_yaml.write_text(engine_yaml.read_text().replace("[sandbox", f"[{name}, sandbox"))
