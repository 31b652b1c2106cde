"""Renews the charts' library in `zoo_bench/page/vendor` from the npm registry: `make vega`."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parent / "zoo_bench" / "page" / "vendor"
# in the order in which they must be loaded
BUILDS = {
    "vega": "build/vega.min.js",
    "vega-lite": "build/vega-lite.min.js",
    "vega-interpreter": "build/vega-interpreter.js",
}
_IMPORT = re.compile(r"^import (\{[^}]+\}) from 'vega-util';$", re.MULTILINE)
_EXPORT = re.compile(r"^export \{ (\w+) as (\w+) \};$", re.MULTILINE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$\n?", re.MULTILINE)


def main() -> None:
    """Write the newest builds, or those of `name@version` arguments, and what they are."""
    wanted = sys.argv[1:] or list(BUILDS)
    lines = []
    with tempfile.TemporaryDirectory() as place:
        command = ["npm", "pack", "--silent", "--pack-destination", place, *wanted]
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for archive in names:
            name, version = archive.removesuffix(".tgz").rsplit("-", 1)
            content = (Path(place) / archive).read_bytes()
            script = _renew(name, Path(place) / archive)
            lines.append(
                f"{name} {version}\n"
                f"  package sha512 {hashlib.sha512(content).hexdigest()}\n"
                f"  {name}.js sha256 {hashlib.sha256(script).hexdigest()}\n"
            )
    (VENDOR / "VERSIONS").write_text("".join(lines), encoding="utf-8")


def _renew(name: str, archive: Path) -> bytes:
    with tarfile.open(archive) as files:
        script, licence = (_read(files, path) for path in (BUILDS[name], "LICENSE"))
    if name == "vega-interpreter":
        script = _as_plain_script(script)
    # a source map would be asked for from the network
    content = _SOURCE_MAP.sub("", script).rstrip().encode() + b"\n"
    (VENDOR / f"{name}.js").write_bytes(content)
    (VENDOR / f"LICENSE-{name}").write_text(licence, encoding="utf-8")
    return content


def _read(files: tarfile.TarFile, path: str) -> str:
    file = files.extractfile(f"package/{path}")
    assert file is not None
    return file.read().decode("utf-8")


def _as_plain_script(module: str) -> str:
    """A module that imports from vega-util as a script that takes that from `vega`."""
    # published as a module alone, and an inlined module cannot import
    opened, imports = _IMPORT.subn(r"(() => {\nconst \1 = vega;", module)
    closed, exports = _EXPORT.subn(r"globalThis.vegaInterpreter = { \2: \1 };\n})();", opened)
    if (imports, exports) != (1, 1):
        sys.exit("vega-interpreter is built in another way than it was: see renew_vega.py")
    return closed


if __name__ == "__main__":
    main()
