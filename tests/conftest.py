"""Shared fixtures live in `tests/fixtures/`, one module for each thing; every module there is found by itself."""

from pathlib import Path

pytest_plugins = [
    f"tests.fixtures.{module.stem}" for module in sorted((Path(__file__).parent / "fixtures").glob("[!_]*.py"))
]
