"""Tests of the room `tracking`; a package, so that its conftest does not hide the one above."""
