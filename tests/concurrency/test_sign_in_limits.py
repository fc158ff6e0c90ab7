"""Tries to sign in are counted by all processes together."""

import os
import subprocess
import sys

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.usefixtures("committed")


def test_one_process_sees_the_tries_that_another_counted() -> None:
    cache.set("tried", [1.0], 60)
    code = (
        "import django; django.setup(); from django.core.cache import cache; "
        "print(cache.get('tried'), cache.add('tried', 2))"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert done.stdout.split() == ["[1.0]", "False"], done.stderr
