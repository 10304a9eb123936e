"""The same sentence in four languages is the same form."""

import pytest

from tocsin.errors import WrongUse
from tocsin.evidence import LANGUAGES, understand
from tocsin.evidence.tongues import words_of
from tocsin.model import VOCABULARY

CAMERA = {
    "en": "2-4km SE, recorded about 45 explosions and 36 projectiles in flight"
    " (mostly W to E), 2 flares",
    "fr": "2 à 4 km SE, enregistré environ 45 explosions et 36 projectiles en vol"
    " (surtout d'O vers E), 2 fusées éclairantes",
    "uk": "2-4км ПдСх, зафіксовано близько 45 вибухів та 36 снарядів у польоті"
    " (переважно із Зх на Сх), 2 освітлювальні ракети",
    "ru": "2-4км ЮВ, зафиксировано около 45 взрывов и 36 снарядов в полёте"
    " (преимущественно с запада на восток), 2 осветительные ракеты",
}
LIST = {
    "en": "heard 23 explosions assessed as outgoing, nine as impacts, two as"
    " undetermined, 2 to 4 km SSW",
    "fr": "entendu 23 explosions évaluées comme sortantes, neuf comme impacts, deux"
    " comme indéterminées, de 2 à 4 km SSO",
    "uk": "чули 23 вибухи, оцінені як вихідні, дев'ять як влучання, два як"
    " невизначені, від 2 до 4 км ПдПдЗх",
    "ru": "слышали 23 взрыва, оценены как исходящие, девять как попадания, два как"
    " неопределённые, от 2 до 4 км ЮЮЗ",
}
NIGHT = {
    "en": "between 21:10 and 23:40 heard over twenty shots of small-arms fire 2.5km SW",
    "fr": "entre 21h10 et 23h40 entendu plus de vingt tirs d'armes légères à 2,5 km au"
    " sud-ouest",
    "uk": "з 21:10 до 23:40 чули понад двадцять пострілів зі стрілецької зброї на"
    " відстані 2,5 км на південний захід",
    "ru": "с 21:10 до 23:40 слышали более двадцати выстрелов из стрелкового оружия на"
    " расстоянии 2,5 км на юго-запад",
}
MORTAR = {
    "en": "12 explosions (nine impacts) of a mortar of 82 mm, 3 km N",
    "fr": "12 explosions (neuf impacts) d'un mortier de 82 mm, 3 km nord",
    "uk": "12 вибухів (дев’ять влучань) з міномета 82 мм, 3 км Пн",
    "ru": "12 взрывов (девять попаданий) из миномёта 82 мм, 3 км С",
}
BOMBS = {
    "en": "heard two explosions of aerial bombs, 5-6km E",
    "fr": "entendu deux explosions de bombes aériennes, 5-6 km à l'est",
    "uk": "чули два вибухи авіабомб, 5-6 км схід",
    "ru": "слышали два взрыва авиабомб, 5-6 км восток",
}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
@pytest.mark.parametrize("said", [CAMERA, LIST, NIGHT, MORTAR, BOMBS])
def test_a_sentence_says_the_same_in_every_language(said, language):
    english, other = (
        understand(said["en"]),
        understand(said[language], language=language),
    )
    assert other.items == english.items
    assert other.times == english.times
    assert other.not_understood == other.open == ()


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("fr", "entendu 3 trucmuches et 2 tirs 1 km N", ("trucmuches",)),
        ("uk", "чули 3 бабабахи та 2 постріли 1 км Пн", ("бабабахи",)),
        ("ru", "слышали 3 бабаха и 2 выстрела 1 км С", ("бабаха",)),
        ("fr", "aucune explosion, 2 fusées", ("no explosion",)),
    ],
)
def test_what_is_not_understood_is_handed_back(language, text, words):
    said = understand(text, language=language)
    assert said.not_understood == words
    assert said.items[-1].count == 2


def test_a_small_russian_word_is_no_wind():
    said = understand("В 21:10 слышали 3 взрыва с 2-4 км СЗ", language="ru")
    [item] = said.items
    assert item.place.bearing_deg == 315.0
    assert said.not_understood == ()


def test_french_no_is_north_west_and_english_no_is_none():
    assert understand("3 tirs 1 km NO", language="fr").items[0].place.bearing_deg == 315
    assert understand("no shots").not_understood == ("no shots",)


def test_no_language_is_guessed():
    assert understand("чули 3 вибухи").items == ()
    with pytest.raises(WrongUse, match="en, fr, uk, ru"):
        understand("3 Schüsse", language="de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_stands_for_a_word_of_the_vocabulary(language):
    tables = words_of(language)
    columns = {
        "means": "means", "qualifier": "count_qualifier", "kind": "kind",
        "assessment": "assessment", "setting": "setting", "weapon": "weapon",
    }  # fmt: skip
    for part, column in columns.items():
        assert set(tables[part]) <= set(VOCABULARY[column]), part
        assert set(tables[part]) >= set(words_of("en")[part]), part
