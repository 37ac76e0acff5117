"""Parts of the one sentence that an HTTP error is."""

from glassbox.http.sentences import causes, masked, on_one_line


def caught(outer, inner):
    try:
        try:
            raise inner
        except type(inner) as error:
            raise outer from error
    except type(outer) as error:
        return error


def test_the_causes_are_the_error_and_what_led_to_it():
    assert [type(error) for error in causes(caught(OSError(), KeyError()))] == [OSError, KeyError]
    assert [type(error) for error in causes(IndexError())] == [IndexError]
    assert list(causes(None)) == []


def test_the_text_of_a_server_is_one_short_line():
    assert on_one_line(" a\r\n\tb.\n") == "a b"
    assert len(on_one_line("x" * 1000)) == 300


def test_secrets_that_a_server_repeats_are_masked():
    assert masked("no user me with a:b, nor a:b", ("a:b",)) == "no user me with ***, nor ***"
