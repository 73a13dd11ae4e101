"""A cluster of the tests' own, beside the main one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from second_cluster import SecondCluster

from jobhunter_dev.home import Home


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondCluster]:
    """A cluster beside the main one, in a home that borrows what that has built. What is left of it is taken down."""
    main = Home.of_environment()
    main.prepare()
    path = tmp_path_factory.mktemp("second-cluster")
    for borrowed in ("builds", "images"):
        (path / borrowed).symlink_to(main.path / borrowed)
    cluster = SecondCluster(Home(path.resolve()))
    yield cluster
    cluster.run("down")
