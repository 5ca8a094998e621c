"""Where a reader may pause: how well the text breaks after each word."""

import re
from collections.abc import Sequence

from models.timeline import WordTiming

SENTENCE_END = re.compile(r"[.!?…。！？؟।]+[\"'”’»)\]]*$")
CLAUSE_END = re.compile(r"([,;:،؛，、；：—–]+[\"'”’»)\]]*|[”»)\]])$")
ABBREVIATION = re.compile(r"^(mr|mrs|ms|dr|st|vs|prof|z\.b|d\.h|bzw|e\.g|i\.e|[a-z])\.$", re.IGNORECASE)
PAUSE_MS = 350

BEST, GOOD, FAIR, PLAIN, BAD = 0.0, 0.35, 1.0, 1.6, 5.0

# Words that open a phrase: good to break before, bad to leave at the end.
_OPENERS = {
    "en": "and or but nor so because although though while when where if unless until since that which who whose than "
    "as of in on at by for from with without into onto over under about after before between through during against "
    "to like via per",
    "de": "und oder aber denn sondern weil dass ob wenn als obwohl während damit in im an am auf aus bei mit nach von "
    "vom zu zum zur für durch gegen ohne um über unter vor hinter neben zwischen seit bis wie",
    "es": "y e o u pero sino porque aunque cuando donde si que de del en con sin por para desde hasta sobre entre "
    "contra según como a al",
    "fr": "et ou mais donc car ni que qui quand si comme parce puisque de du des en dans sur sous avec sans pour par "
    "chez vers entre depuis à au aux",
    "it": "e ed o ma però perché che chi quando se come di del della in nel nella con su sul per tra fra da dal dalla "
    "a al alla",
    "pt": "e ou mas porque que quem quando se como de do da em no na com sem por para desde até sobre entre a ao",
}
# Words that lean on the next one without opening a phrase.
_LEANERS = {
    "en": "a an the my your his her its our their this these those every each some any no not very too is are was were "
    "be been has have had do does did can could will would shall should may might must i he she we they",
    "de": "der die das den dem des ein eine einen einem einer eines mein dein sein ihr unser kein keine nicht sehr ist "
    "sind war waren hat haben wird werden kann ich du er sie es wir",
    "es": "el la los las un una unos unas mi tu su sus este esta no muy es son era ha han se lo me te",
    "fr": "le la les l un une mon ma mes ton ta tes son sa ses ce cette ces ne pas très est sont a ont je tu il elle "
    "on nous vous ils elles se",
    "it": "il lo la i gli le un uno una mio tuo suo questo questa non molto è sono ha hanno si",
    "pt": "o a os as um uma meu minha seu sua este esta não muito é são foi tem se",
}


def break_cost(words: Sequence[WordTiming], index: int, *, language: str) -> float:
    """Return how bad a break after `words[index]` reads: 0 at a sentence's end, 5 where it tears a phrase."""
    if index == len(words) - 1:
        return BEST
    text, following = words[index].text, words[index + 1]
    if SENTENCE_END.search(text) and not ABBREVIATION.match(text):
        return BEST
    if CLAUSE_END.search(text):
        return GOOD
    if following.start_ms - words[index].end_ms >= PAUSE_MS:
        return GOOD
    if leans_on_next(text, language=language):
        return BAD
    return FAIR if _bare(following.text) in _words(_OPENERS, language) else PLAIN


def leans_on_next(text: str, *, language: str) -> bool:
    """Tell whether a word should not be the last of a line or page: an article, a preposition, an abbreviation."""
    bare = _bare(text)
    return (
        bare in _words(_OPENERS, language) or bare in _words(_LEANERS, language) or bool(ABBREVIATION.match(text))
    ) and not CLAUSE_END.search(text)


def _bare(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text).lower()


def _words(table: dict[str, str], language: str) -> frozenset[str]:
    return frozenset(table.get(language.split("-")[0].lower(), "").split())
