"""How components are found: the door for plugin authors."""

from detectk.plugin.catalogue import Catalogue
from detectk.plugin.component import Component, Kind
from detectk.plugin.discovery import Plugin, discover
from detectk.plugin.hookspecs import hookimpl, hookspec

__all__ = ["Catalogue", "Component", "Kind", "Plugin", "discover", "hookimpl", "hookspec"]
