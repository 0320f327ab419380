"""Compile the kernels into the wheel, or leave them out where that is impossible."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["CompileHook"]

NAME = "detectk.kernels._sliding"
PACKAGE = "src/detectk/kernels"
REQUIRED = "DETECTK_KERNELS_REQUIRED"
# The buffer protocol is in the limited API from this version of CPython on.
LIMITED = (3, 11)
# A fused multiply-add or reordered sum would give other bits than the pure-Python engine.
UNIX_FLAGS = ["-O3", "-ffp-contract=off", "-fvisibility=hidden"]
MICROSOFT_FLAGS = ["/O2", "/fp:precise"]


class CompileHook(BuildHookInterface[Any]):
    """Build one extension from every C file, before hatchling collects the wheel's files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile for this interpreter.

        A wheel gets the extension and a tag that says where it runs; an editable installation
        gets it beside the Python modules. If compiling fails, the wheel is one of pure Python.

        Raises:
            RuntimeError: compiling failed, and ``DETECTK_KERNELS_REQUIRED`` is ``1``.
        """
        with tempfile.TemporaryDirectory() as folder:
            try:
                built = self._compile(Path(folder))
            except Exception as error:
                if os.environ.get(REQUIRED) == "1":
                    raise RuntimeError(f"{NAME} cannot be compiled: {error}") from error
                if version == "editable":
                    self._remove()
                self.app.display_warning(f"{NAME} is left out, it cannot be compiled: {error}")
                return
            if version == "editable":
                self._place(built)
                return
            # Hatchling reads the file after this folder is gone.
            kept = Path(tempfile.mkdtemp(), built.name)
            shutil.move(built, kept)
        build_data["force_include"][str(kept)] = f"detectk/kernels/{kept.name}"
        build_data["pure_python"] = False
        if is_limited():
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"cp{LIMITED[0]}{LIMITED[1]}-abi3-{platform}"
        else:
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled for the wheel."""
        del version, artifact_path
        for source, target in build_data["force_include"].items():
            if target.startswith("detectk/kernels/_sliding."):
                shutil.rmtree(Path(source).parent, ignore_errors=True)

    def _compile(self, folder: Path) -> Path:
        """Return the extension, built somewhere in ``folder``."""
        from setuptools import Distribution, Extension

        sources = sorted(Path(self.root, PACKAGE, "c").glob("*.c"))
        microsoft = sysconfig.get_platform().startswith("win")
        flags = MICROSOFT_FLAGS if microsoft else UNIX_FLAGS
        if not microsoft and "CFLAGS" not in os.environ:
            flags = [*flags, "-g0"]
        extension = Extension(
            NAME,
            [os.path.relpath(source, self.root) for source in sources],
            depends=[str(header) for header in sources[0].parent.glob("*.h")],
            define_macros=[("Py_LIMITED_API", f"0x{LIMITED[0]:02X}{LIMITED[1]:02X}0000")]
            if is_limited()
            else [],
            extra_compile_args=flags,
            py_limited_api=is_limited(),
        )
        command = Distribution({"name": NAME, "ext_modules": [extension]}).get_command_obj(
            "build_ext"
        )
        command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "temp")
        command.ensure_finalized()
        before = Path.cwd()
        os.chdir(self.root)
        try:
            command.run()
        finally:
            os.chdir(before)
        return Path(command.get_ext_fullpath(NAME))

    def _place(self, built: Path) -> None:
        """Put ``built`` beside the modules in one step: a process may have the old one open."""
        target = Path(self.root, PACKAGE, built.name)
        arriving = target.with_name(f"{target.name}.{os.getpid()}.so")
        shutil.copyfile(built, arriving)
        arriving.replace(target)

    def _remove(self) -> None:
        """Remove what an earlier installation compiled: it may be of older files."""
        for suffix in EXTENSION_SUFFIXES:
            Path(self.root, PACKAGE, f"_sliding{suffix}").unlink(missing_ok=True)


def is_limited() -> bool:
    """Return whether one extension serves this interpreter and all later ones."""
    return (
        sys.implementation.name == "cpython"
        and sys.version_info >= LIMITED
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
    )
