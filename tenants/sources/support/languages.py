"""The languages whose sentences can be compared: small words, denials and number words. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# A word of any script, with apostrophes and hyphens inside, or a number.
WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’-][^\W_]+)*|\d[\d.,]*")
LONGEST_WORD = 60
HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff]")
HYPHENS = re.compile("[\u2010-\u2012\u2212]")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The words of one language. ``numbers`` maps number words to their values."""

    name: str
    small: frozenset[str]
    denials: frozenset[str]
    numbers: Mapping[str, int]


def word_table(text: str) -> frozenset[str]:
    """Return the words of a text separated by blanks, for a table."""
    return frozenset(text.split())


def _counted(text: str, start: int = 2) -> dict[str, int]:
    return {word: value for value, word in enumerate(text.split(), start)}


SMALL = word_table(
    "a an and are as at be been but by can did do does for from had has have he her him his i i'm "
    "i've if in is it its it's me my no not of on or our she so such than that the their them then "
    "there these they this those to up us was we we'll we've were what when which who will with "
    "would you your you're also any just may must should could shall am being been"
)
ENGLISH = Language(
    "english",
    SMALL,
    word_table("no not never none nobody nothing neither nor without cannot nowhere hardly non"),
    _counted("one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
             "fifteen sixteen seventeen eighteen nineteen twenty", 1)
    | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
       "ninety": 90, "hundred": 100, "thousand": 1000, "dozen": 12, "once": 1, "twice": 2,
       "thrice": 3, "single": 1, "both": 2, "double": 2, "triple": 3, "fortnight": 14},
)  # fmt: skip
GERMAN = Language(
    "german",
    word_table(
        "der die das den dem des ein eine einer eines einem einen und oder aber wir sie ihr ihre "
        "ihren ihnen ich ist sind war wird werden wurde wurden hat haben für von vom zum zur zu "
        "mit auf aus bei nach innerhalb im in am an es er uns unser unsere nur auch als wie wenn "
        "kann können muss müssen darf dürfen soll sollen über unter so dass"
    ),
    word_table(
        "nicht kein keine keinen keiner keinem keines nie niemals ohne nichts niemand weder"
    ),
    _counted("zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn")
    | {"zwanzig": 20, "dreißig": 30, "dreissig": 30, "hundert": 100, "tausend": 1000},
)
FRENCH = Language(
    "french",
    word_table(
        "le la les un une des du de et ou mais nous vous votre vos notre nos il elle ils elles est "
        "sont a ont été sera seront dans sur pour par avec au aux ce cette ces que qui en se si "
        "son sa ses peut peuvent doit doivent"
    ),
    word_table("ne pas n jamais aucun aucune sans rien personne ni non"),
    _counted("deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze")
    | {"vingt": 20, "trente": 30, "cent": 100, "mille": 1000},
)
SPANISH = Language(
    "spanish",
    word_table(
        "el la los las un una unos unas de del y o pero nosotros usted ustedes su sus nuestro "
        "nuestra es son fue será serán ha han en con por para al que se si lo le les este esta "
        "puede pueden debe deben"
    ),
    word_table("no nunca jamás ningún ninguna ninguno sin nada nadie ni tampoco"),
    _counted("dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince")
    | {"veinte": 20, "treinta": 30, "cien": 100, "mil": 1000},
)
ITALIAN = Language(
    "italian",
    word_table(
        "il lo la i gli le un uno una di del della dei delle e o ma noi voi suo sua loro nostro è "
        "sono è stato sarà saranno ha hanno in con per da dal al alla che si se questo questa può "
        "possono deve devono nel nella entro"
    ),
    word_table("non mai nessun nessuna nessuno senza niente nulla né"),
    _counted("due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
             "quindici") | {"venti": 20, "trenta": 30, "cento": 100, "mille": 1000},
)  # fmt: skip
DUTCH = Language(
    "dutch",
    word_table(
        "de het een en of maar wij we u uw ons onze zij ze is zijn was wordt worden werd heeft "
        "hebben voor van met op uit bij na binnen in aan te er dat die dit deze als kan kunnen "
        "moet moeten mag mogen ook"
    ),
    word_table("niet geen nooit zonder niets niemand noch"),
    _counted("twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien")
    | {"twintig": 20, "dertig": 30, "honderd": 100, "duizend": 1000},
)
PORTUGUESE = Language(
    "portuguese",
    word_table(
        "o a os as um uma de do da dos das e ou mas nós você vocês seu sua nosso nossa é são foi "
        "será serão tem têm em no na nos nas com por para ao que se este esta pode podem deve devem"
    ),
    word_table("não nunca jamais nenhum nenhuma sem nada ninguém nem"),
    _counted("dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze")
    | {"duas": 2, "vinte": 20, "trinta": 30, "cem": 100, "mil": 1000},
)
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE)
# The words that tell each language.
TELLING = {language: language.small | language.denials for language in LANGUAGES}


def folded(text: str) -> str:
    """Return a text in one spelling: NFKC, lower case, straight apostrophes."""
    text = unicodedata.normalize("NFKC", without_hidden(text)).casefold().replace("’", "'")
    return HYPHENS.sub("-", text)


def without_hidden(text: str) -> str:
    """Return a text without invisible characters, such as soft hyphens."""
    return HIDDEN.sub("", text)


def language_of(words: Iterable[str], *likely: Language | None) -> Language | None:
    """Return the language with the most small words among folded words; None without any.

    Of several languages with as many, one of the ``likely`` goes first.
    """
    found = list(words)
    plain = [word for word in found if not word.endswith("n't")]  # the others count for each
    counts = {
        language: sum(map(known.__contains__, plain)) + len(found) - len(plain)
        for language, known in TELLING.items()
    }
    best = max(LANGUAGES, key=lambda language: (counts[language], language in likely))
    return best if counts[best] else None


def is_latin(text: str) -> bool:
    """Return whether at least half of a text's letters are Latin, or it has none."""
    if text.isascii():
        return True
    letters = [c for c in text if c.isalpha()]
    latin = sum(_is_latin_letter(c) for c in letters)
    return latin * 2 >= len(letters)


@lru_cache(maxsize=4096)
def _is_latin_letter(character: str) -> bool:
    return "LATIN" in unicodedata.name(character, "")


@lru_cache(maxsize=16_384)
def stem(word: str, language: str = "english") -> str:
    """Return the word without its ending, by the Snowball stemmer of its language."""
    if len(word) > LONGEST_WORD:
        return word
    stemmed: str = snowballstemmer.stemmer(language).stemWord(word.removesuffix("'s"))
    return stemmed
