"""Where a reader may pause: how well the text breaks after each word."""

import re
from collections.abc import Sequence

from engines.clusters import is_emoji, is_invisible
from models.captions import WordPart
from models.timeline import WordTiming

SENTENCE_END = re.compile(r"[.!?…。！？؟।]+[\"'”’»)\]]*$")
CLAUSE_END = re.compile(r"([,;:،؛，、；：—–]+[\"'”’»)\]]*|[”»)\]])$")
ABBREVIATION = re.compile(r"^(mr|mrs|ms|dr|st|vs|prof|z\.b|d\.h|bzw|e\.g|i\.e|[a-z])\.$", re.IGNORECASE)
PAUSE_MS = 350
_MARKS = frozenset("–—-…!?.,;:。！？、，»”’)]}")

BEST, GOOD, FAIR, PLAIN, BAD = 0.0, 0.35, 1.0, 1.6, 5.0
TORN = 9.0  # inside a word: a reader should have all of it on one page

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
    "nl": "en of maar want omdat dat als wanneer terwijl hoewel om van in op aan bij met naar uit voor door over tegen "
    "tussen tot zonder onder sinds zoals",
    "sv": "och eller men för att som när om medan fast i på av till från med utan vid över under genom mellan mot hos",
    "pl": "i a ale lub albo oraz że bo ponieważ gdy kiedy jeśli który która które w we na z ze do od po za przez przy "
    "pod nad dla bez o u",
    "ru": "и а но или что чтобы если когда пока как который которая которые потому в во на с со к ко у о об от до из "
    "за для без под над при про по через между",
    "uk": "і й та а але або що щоб якщо коли поки як який яка які бо в у на з із зі до від по за для без під над при "
    "про через між",
    "el": "και ή αλλά ότι πως αν όταν ενώ που να για με σε από προς χωρίς μετά πριν κατά μέχρι στο στη στην στον στα",
    "hi": "और या लेकिन पर कि क्योंकि जो जब अगर जबकि इसलिए",
    "ar": "أو ثم لكن أن إن إذا حين لأن في من إلى على عن مع بين حتى منذ بعد قبل",
    "he": "או אבל כי אם כש של על אל עם בין לפני אחרי עד בלי מן",
    "tr": "ve veya ama fakat çünkü ki eğer",
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
    "nl": "de het een mijn je zijn haar ons hun deze dit die niet heel is was heeft wordt kan ik hij zij ze we",
    "sv": "en ett den det de min din sin vår inte mycket är var har kan jag du han hon vi",
    "pl": "nie się jest są był była było to ten ta te mój twój jego jej",
    "ru": "не ни это этот эта эти мой твой его её их наш ваш очень я ты он она оно мы вы они",
    "uk": "не ні це цей ця ці мій твій його її їх наш ваш дуже я ти він вона воно ми ви вони",
    "el": "ο η το οι τα τον την του της των ένας μια ένα δεν θα μην είναι",
    "ar": "لا لم لن ما هذا هذه ذلك تلك قد هو هي كان",
    "he": "לא את זה זו הוא היא הם הן אני יש אין כל",
    "tr": "bir bu şu çok en",
}
# Words that lean on the one before.
_TRAILERS = {
    "hi": "का की के को से में पर ने तक है हैं था थी थे हूँ हो गा गी गे",
    "tr": "de da mi mı mu mü ile için",
}
# Pronouns that may end a phrase, but not where they begin one: "see it", but "and it".
_CONJUNCTIONS = {
    "en": "and or but so because although though while when where if unless until since that which who as than"
}
_SUBJECTS = {"en": "it you this that these those there what one"}


def break_cost(words: Sequence[WordTiming], index: int, *, language: str) -> float:
    """Return how bad a break after `words[index]` reads: 0 at a sentence's end, 5 where it tears a phrase,
    9 inside a word."""
    if index == len(words) - 1:
        return BEST
    text, following = words[index].text, words[index + 1]
    if isinstance(words[index], WordPart):
        return TORN
    if is_mark(following.text) or text.endswith("-"):
        return BAD
    if is_mark(text) and index > 0 and not CLAUSE_END.search(text):
        text = words[index - 1].text
    if SENTENCE_END.search(text) and not ABBREVIATION.match(text):
        return BEST
    if CLAUSE_END.search(text):
        return GOOD
    if following.start_ms - words[index].end_ms >= PAUSE_MS:
        return GOOD
    if leans_on_next(text, language=language) or _bare(following.text) in _words(_TRAILERS, language):
        return BAD
    if _bare(text) in _words(_SUBJECTS, language) and (index == 0 or _opens_after(words, index - 1, language)):
        return BAD
    return FAIR if _bare(following.text) in _words(_OPENERS, language) else PLAIN


def leans_on_next(text: str, *, language: str) -> bool:
    """Tell whether a word should not be the last of a line or page: an article, a preposition, an abbreviation."""
    bare = _bare(text)
    return (
        bare in _words(_OPENERS, language) or bare in _words(_LEANERS, language) or bool(ABBREVIATION.match(text))
    ) and not CLAUSE_END.search(text)


def is_mark(text: str) -> bool:
    """Tell whether a word is none, but an emoji or a dash that belongs to what is before it."""
    return all(char in _MARKS or is_emoji(char) or is_invisible(char) for char in text)


def _opens_after(words: Sequence[WordTiming], index: int, language: str) -> bool:
    """Tell whether a clause begins behind a word."""
    text = words[index].text
    return bool(SENTENCE_END.search(text) or CLAUSE_END.search(text) or _bare(text) in _words(_CONJUNCTIONS, language))


def _bare(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text).lower()


def _words(table: dict[str, str], language: str) -> frozenset[str]:
    return frozenset(table.get(language.split("-")[0].lower(), "").split())
