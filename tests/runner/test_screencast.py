"""A frame's size as the picture itself states it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from jobhunter_runner.screencast import jpeg_size


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(1280, 900), (1, 1), (300, 3000)])
def test_a_pictures_size_is_read(size: tuple[int, int], progressive: bool) -> None:
    data = io.BytesIO()
    Image.new("RGB", size).save(data, "JPEG", progressive=progressive, comment=b"x" * 5000)
    assert jpeg_size(data.getvalue()) == size


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n" + b"x" * 40, b"\xff\xd8\xff\xe0\x00\x04ab"])
def test_what_is_no_picture_has_no_size(data: bytes) -> None:
    assert jpeg_size(data) == (0, 0)
