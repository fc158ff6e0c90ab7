"""Here so that the project is on the path and its servers are up before Django is set up."""

pytest_plugins = ["tests.servers"]
