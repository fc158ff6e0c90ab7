import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import F

# Letters of scripts that set no blanks between words, or few: Thai to Tibetan, Burmese, Khmer,
# Japanese, Chinese, Korean.
UNSPACED = (
    r"\u0E00-\u0FFF\u1000-\u109F\u1780-\u17FF\u3005\u3040-\u30FF\u31F0-\u31FF"
    r"\u3400-\u9FFF\uAC00-\uD7AF\U00020000-\U0003FFFF"
)
LETTER, OTHER = f"[{UNSPACED}]", f"[^{UNSPACED}]"
# Accents and vowel signs that are left out, and characters that nobody sees.
MARKS = r"[\u0300-\u036F\u0591-\u05C7\u0640\u064B-\u0652\u0670\u00AD\u200B\u2060\uFEFF]"

# Signs between words, also in addresses, tags and codes. Of these Postgres would make one word each
# ("shop.example/gift-cards"), a signed number ("ABC-12") or nothing ("<del>"). A decimal point
# stays.
SIGNS = r"(?<![0-9])\.|\.(?![0-9])|[!-\-/:-@\[-`{-~]"

# What a text is searched by: without accents, in one form of each letter, and where there are no
# blanks between words with every two neighbours as a word. First the pairs that begin at the
# first, third, fifth letter, then those in between. Its time is in proportion to the text.
FOLDED = f"""
    replace(replace(replace(replace(replace(replace(
        translate(
            normalize(regexp_replace(normalize(given, NFKD), '{MARKS}', '', 'g'), NFKC),
            'øØłŁđĐðÐıħĦς', 'oOlLdDdDihHσ'),
        'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE'), 'œ', 'oe'), 'Œ', 'OE')
"""


def function(folded: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION search_text(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT CASE WHEN folded !~ '{LETTER}' THEN folded ELSE
        regexp_replace(folded, '({LETTER})({LETTER})', ' \\1\\2 ', 'g') || ' ' ||
        regexp_replace(
            regexp_replace(
                regexp_replace(folded, '(^|{OTHER}){LETTER}', ' ', 'g'), '{OTHER}+', ' ', 'g'),
            '({LETTER})({LETTER})', ' \\1\\2 ', 'g')
        END
    FROM (SELECT {folded} AS folded) AS one
)
"""


FUNCTION = function(f"regexp_replace({FOLDED}, '{SIGNS}', ' ', 'g')")
FORMER = function(FOLDED)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0015_source_readings")]

    operations = [
        migrations.RunSQL(FUNCTION, FORMER),
        migrations.RemoveIndex(model_name="passage", name="passage_search"),
        migrations.RemoveField(model_name="passage", name="search"),
        migrations.AddField(
            model_name="passage",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector(
                    models.Func(
                        django.db.models.functions.text.Concat(
                            "heading",
                            models.Value(" "),
                            "text",
                            output_field=models.TextField(),
                        ),
                        function="search_text",
                        output_field=models.TextField(),
                    ),
                    config="english",
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="passage",
            index=django.contrib.postgres.indexes.GinIndex(
                F("tenant_id"), F("search"), name="passage_search"
            ),
        ),
    ]
