"""Reads and checks a workspace's folder of YAML, and writes a new one."""

from itda.workspace.definition import Workspace
from itda.workspace.load import check, load
from itda.workspace.start import init

__all__ = ["Workspace", "check", "init", "load"]
