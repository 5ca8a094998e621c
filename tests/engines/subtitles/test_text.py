import pytest

from engines.subtitles.text import display_text
from models.caption_settings import CaptionCase


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("δρόμο", "ΔΡΟΜΟ"),
        ("Ήταν", "ΗΤΑΝ"),
        ("Μαΐου", "ΜΑΪΟΥ"),
        ("ρολόι", "ΡΟΛΟΪ"),
        ("μαϊμού", "ΜΑΪΜΟΥ"),
        ("ὁ ἄνθρωπος", "Ο ΑΝΘΡΩΠΟΣ"),
        ("εύκολο ή όχι", "ΕΥΚΟΛΟ Ή ΟΧΙ"),
    ],
)
def test_greek_capitals_have_no_accents(text, shown):
    assert display_text(text, case=CaptionCase.UPPER, language="en") == shown


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [("naïve café", "fr", "NAÏVE CAFÉ"), ("istanbul", "tr", "İSTANBUL"), ("istanbul", "de", "ISTANBUL")],
)
def test_other_capitals_keep_theirs(text, language, shown):
    assert display_text(text, case=CaptionCase.UPPER, language=language) == shown
