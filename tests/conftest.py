import pytest

from noticeguard import Classifier


@pytest.fixture(scope="session")
def classifier():
    return Classifier.load()
