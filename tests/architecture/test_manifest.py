"""The napari manifest: every command it names exists, and lives in the viewer."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

import pytest
from npe2 import PluginManifest


@pytest.fixture(scope="module")
def manifest(package) -> PluginManifest:
    return PluginManifest.from_file(package / "napari.yaml")


def test_entry_point_leads_to_the_manifest(package):
    (entry,) = entry_points(group="napari.manifest", name="napari-hipspine")
    assert entry.value == "napari_hipspine:napari.yaml"
    assert PluginManifest.from_distribution("napari-hipspine").name == "napari-hipspine"


def test_each_command_resolves(manifest):
    assert manifest.contributions.commands
    for command in manifest.contributions.commands:
        module, _, name = str(command.python_name).partition(":")
        assert module.startswith("napari_hipspine.viewer."), command.id
        assert callable(getattr(import_module(module), name)), command.id


def test_manifest_validates_with_imports(manifest):
    manifest.validate_imports()


def test_each_contribution_names_a_command(manifest):
    contributions = manifest.contributions
    known = {command.id for command in contributions.commands}
    used = {
        item.command
        for items in (contributions.readers, contributions.writers, contributions.widgets)
        for item in items or []
    }
    used |= {item.command for item in contributions.sample_data or [] if hasattr(item, "command")}
    assert used <= known
    asked = {command.id: command.python_name for command in contributions.commands if command.id not in used}
    assert {str(name).partition(":")[0] for name in asked.values()} == {"napari_hipspine.viewer.commands"}
    in_menus = {item.command for items in contributions.menus.values() for item in items}
    assert in_menus <= known


def test_everything_that_can_be_asked_for_stands_in_the_palette(manifest):
    from napari_hipspine.viewer import commands

    offered = {str(command.python_name).partition(":")[2] for command in manifest.contributions.commands}
    own = [name for name, one in vars(commands).items() if getattr(one, "__module__", "") == commands.__name__]
    assert {name for name in own if not name.startswith("_")} <= offered


def test_all_kinds_are_contributed(manifest):
    contributions = manifest.contributions
    assert contributions.readers
    assert contributions.writers
    assert contributions.sample_data
    assert {widget.display_name for widget in contributions.widgets} >= {
        "Hip-spine muscles",
        "Lumbar-hip correlations",
    }
