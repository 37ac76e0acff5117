"""Parts of the one sentence that an HTTP error is."""

from glassbox.http.sentences import on_one_line, sentence_for

SENTENCES = ((KeyError, "a key"), (LookupError, "a lookup"))


def caught(outer, inner):
    try:
        try:
            raise inner
        except type(inner) as error:
            raise outer from error
    except type(outer) as error:
        return error


def test_the_sentence_is_that_of_the_first_type_among_the_causes():
    assert sentence_for(caught(OSError(), KeyError()), SENTENCES, "lost") == "a key"
    assert sentence_for(caught(IndexError(), KeyError()), SENTENCES, "lost") == "a key"
    assert sentence_for(IndexError(), SENTENCES, "lost") == "a lookup"
    assert sentence_for(OSError(), SENTENCES, "lost") == "lost"


def test_the_text_of_a_server_is_one_short_line():
    assert on_one_line(" a\r\n\tb.\n") == "a b"
    assert len(on_one_line("x" * 1000)) == 300
