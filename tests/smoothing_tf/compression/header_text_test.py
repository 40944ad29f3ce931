"""The text of a header takes few bytes and comes back."""

import pytest

from smoothing_tf.compression.header_text import deflate, inflate

_USUAL = (
    '{"stage":"baseline","model":"NStlI1CwLFl8fFqW","library":"0.1.0","constriction":'
    '"0.5.0","tensorflow":"2.21.0","numpy":"2.4.6","device":"CPU x86_64 avx2","threads"'
    ':1,"dtype":"float32","shape":[1797,8,8,1],"levels":17,"batch":100}'
)
# `_USUAL` as files of format version 2 hold it. Another zlib may deflate it otherwise.
_STORED = bytes.fromhex(
    "c3eb35bfe0921c4f43e7721fb71c8b34b7c270ba79d588783f9a5b9a13f22300"
)


@pytest.mark.parametrize("text", ["", _USUAL, '{"model":"é"}'])
def test_the_text_comes_back_with_what_follows_it(text):
    for rest in (b"", b"\0", b"index"):
        assert inflate(deflate(text) + rest) == (text, rest)


def test_the_text_of_a_file_that_exists_can_be_read():
    assert inflate(_STORED + b"index") == (_USUAL, b"index")


def test_the_usual_facts_take_few_bytes():
    assert len(_USUAL) > 200
    assert len(deflate(_USUAL)) < 50


def test_what_is_not_the_text_of_a_header_is_refused():
    for data in (b"", b"\xff" * 9, deflate(_USUAL)[:-1], deflate(" " * 20_000)):
        with pytest.raises(ValueError, match=r"The text (cannot|is truncated or too)"):
            inflate(data)
