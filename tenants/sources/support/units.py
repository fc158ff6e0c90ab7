"""Words and signs that give a number its unit, in the languages of the support check. Pure."""

from tenants.sources.support.languages import word_table

MONEY = {
    "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR",
    "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP",
    "¥": "JPY", "jpy": "JPY", "yen": "JPY", "chf": "CHF", "franken": "CHF", "₹": "INR",
    "inr": "INR", "rupees": "INR", "cad": "CAD", "aud": "AUD", "sek": "SEK", "pln": "PLN",
}  # fmt: skip
CENTS = word_table("cent cents penny pence")
PERCENT = word_table("% percent prozent percento procent percentage pourcent porciento")
DAY = 24 * 60
MINUTES = {
    word: minutes
    for minutes, words in (
        (1, "minute minutes min mins minuten minuto minutos minuti minuut"),
        (60, "hour hours hr hrs h stunde stunden heure heures hora horas ora ore uur uren"),
        (DAY, "day days tag tage tagen jour jours día días giorno giorni dag dagen dia dias"),
        (7 * DAY, "week weeks woche wochen semaine semaines semana semanas settimana settimane "
                  "weken"),
        (14 * DAY, "fortnight fortnights"),
    )
    for word in words.split()
}  # fmt: skip
MONTHS = {
    word: months
    for months, words in (
        (1, "month months monat monate monaten mois mes meses mese mesi maand maanden mês"),
        (3, "quarter quarters"),
        (12, "year years yr yrs jahr jahre jahren an ans année années año años anno anni jaar "
             "jaren ano anos"),
    )
    for word in words.split()
}  # fmt: skip
UNITS = frozenset([*MINUTES, *MONTHS, *MONEY, *CENTS, *PERCENT])
WORKING = word_table("business working work trading werk")
WORKDAYS = frozenset(
    ["werktag", "werktage", "werktagen", "arbeitstag", "arbeitstage", "arbeitstagen", "weekdays"]
)
DATES = {
    name: number
    for number, names in enumerate(
        ("january jan januar janvier enero gennaio januari janeiro",
         "february feb februar février febrero febbraio februari fevereiro",
         "march mar märz mars marzo maart março", "april apr avril abril aprile",
         "may mai mayo maggio mei maio", "june jun juni juin junio giugno junho",
         "july jul juli juillet julio luglio julho", "august aug août agosto augustus",
         "september sep sept septembre septiembre settembre setembro",
         "october oct oktober octobre octubre ottobre outubro",
         "november nov novembre noviembre novembro",
         "december dec dezember décembre diciembre dicembre dezembro"), 1)
    for name in names.split()
}  # fmt: skip
# Words after a number that are not its unit.
LOOSE = word_table("within per each during until by via vom innerhalb pro par por")
RANGE = word_table("to and or bis und à et a y e o oder ou of tot en")
