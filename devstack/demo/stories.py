"""What customers of a furniture house write, and what the house answers."""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER, STAFF, NOTE = "customer", "staff", "note"


@dataclass(frozen=True)
class Story:
    """A conversation: the opening, and who says what afterwards."""

    subject: str
    opening: str
    turns: tuple[tuple[str, str], ...] = ()


STORIES = (
    Story(
        "Tisch mit Kratzer geliefert",
        "Guten Tag,\n\nder Esstisch „Linde“ kam gestern an, aber quer über die Platte läuft ein Kratzer von "
        "etwa 20 "
        "cm. "
        "Die Spedition hat das Paket nur abgestellt. Was machen wir jetzt?",
        (
            (STAFF, "Guten Tag,\n\ndas tut mir leid. Können Sie mir ein Foto vom Kratzer und vom Karton "
                    "schicken? "
                    "Dann "
                    "melde ich den Schaden der Spedition, und wir finden eine Lösung."),
            (CUSTOMER, "Das Foto habe ich eben im Ausstellungshaus abgegeben, per Mail war es zu groß."),
            (NOTE, "Foto liegt vor, klarer Transportschaden. Neue Platte bei Brinkmann angefragt, "
                   "Lieferzeit 3 "
                   "Wochen."),
            (STAFF, "Vielen Dank. Wir tauschen die Platte aus. Die Werkstatt meldet sich wegen eines "
                    "Termins."),
        ),
    ),
    Story(
        "Liefertermin Sofa",
        "Hallo, in der Auftragsbestätigung steht „KW 46“ für das Sofa. Jetzt ist KW 47. Wann kommt es?",
        (
            (NOTE, "Polsterei hat Verzug, Stoff fehlt noch bis Dienstag."),
            (STAFF, "Guten Tag,\n\nder Stoff kam eine Woche zu spät in die Polsterei. Neuer Termin ist der "
                    "3. "
                    "Dezember, "
                    "zwischen 9 und 12 Uhr. Passt Ihnen das?"),
            (CUSTOMER, "Der 3. passt. Bitte vorher kurz anrufen."),
        ),
    ),
    Story(
        "Rechnung 2026-1187 doppelt erhalten",
        "Sehr geehrte Damen und Herren,\n\nich habe die Rechnung zweimal bekommen, einmal per Post und "
        "einmal per "
        "Mail, mit "
        "verschiedenen Nummern. Welche soll ich bezahlen?",
        (
            (STAFF, "Guten Tag,\n\nbitte bezahlen Sie die Rechnung vom 4. November. Die andere ist "
                    "storniert, die "
                    "Gutschrift ist unterwegs."),
            (CUSTOMER, "Danke, erledigt."),
        ),
    ),
    Story(
        "Stühle nachbestellen",
        "Wir haben vor zwei Jahren sechs Stühle „Kante“ in Nussbaum gekauft und brauchen zwei weitere. Gibt "
        "es die "
        "noch?",
        (
            (STAFF, "Guten Tag,\n\nja, in Nussbaum auf Bestellung, etwa sechs Wochen. Der Preis liegt heute "
                    "bei 389 "
                    "Euro "
                    "je Stuhl. Soll ich zwei für Sie bestellen?"),
        ),
    ),
    Story(
        "Schranktür schließt nicht mehr",
        "Die linke Tür des Kleiderschranks hängt seit dem Umzug. Kann jemand vorbeikommen und das "
        "einstellen?",
    ),
    Story(
        "Pflege geölte Eiche",
        "Womit pflege ich die geölte Platte am besten? Auf der Seite steht einmal Öl und einmal Wachs.",
        (
            (STAFF, "Guten Tag,\n\nfür Ihre Platte bitte nur das Hartwachsöl, zweimal im Jahr, dünn "
                    "aufgetragen. Das "
                    "Wachs ist für lackierte Flächen. Ich lege Ihnen die Anleitung in die nächste Sendung."),
            (CUSTOMER, "Super, vielen Dank für die schnelle Antwort!"),
        ),
    ),
    Story(
        "Beratung Büroausstattung",
        "Wir ziehen im März um und brauchen zwölf Arbeitsplätze und einen Besprechungstisch. Können Sie ein "
        "Angebot "
        "machen "
        "und vorher vorbeikommen?",
        (
            (NOTE, "Größerer Auftrag, Leitung informiert. Aufmaß am besten mit Frau Hoffmann."),
            (STAFF, "Guten Tag,\n\ngern. Ich schlage ein Aufmaß am Dienstag oder Mittwoch kommender Woche "
                    "vor. Wer "
                    "ist bei "
                    "Ihnen vor Ort?"),
        ),
    ),
    Story(
        "Falsche Leuchte im Karton",
        "Bestellt hatte ich die Pendelleuchte in Rauchglas, gekommen ist klares Glas. Bitte um Abholung.",
        (
            (STAFF, "Guten Tag,\n\ndas war unser Fehler beim Packen. Die richtige Leuchte geht heute "
                    "hinaus, die "
                    "falsche "
                    "holt der Fahrer dabei ab. Sie müssen nichts tun."),
        ),
    ),
    Story(
        "Newsletter kommt an alte Adresse",
        "Ich bekomme den Newsletter noch an meine alte Adresse. Wie ändere ich das?",
        (
            (STAFF, "Guten Tag,\n\nich habe Ihre neue Adresse eingetragen. Sie bekommen gleich eine Mail "
                    "mit einem "
                    "Link zur "
                    "Bestätigung. Bitte klicken Sie ihn an, sonst dürfen wir Ihnen nicht schreiben."),
        ),
    ),
    Story(
        "Gutschein lässt sich nicht einlösen",
        "Der Gutschein aus der Adventsausgabe wird an der Kasse nicht angenommen. Gilt er nur im "
        "Ausstellungshaus?",
    ),
    Story(
        "Regal zu breit für die Nische",
        "Leider habe ich mich vermessen: Das Regal ist 4 cm zu breit. Kann man es kürzen oder umtauschen?",
        (
            (NOTE, "Kürzen geht bei Massivholz, kostet etwa 90 Euro. Umtausch wäre kulant, Ware ist "
                   "ungeöffnet."),
            (STAFF, "Guten Tag,\n\nbeides geht. Kürzen kostet 90 Euro und dauert eine Woche, der Umtausch "
                    "ist "
                    "kostenlos, "
                    "wenn der Karton zu ist. Was ist Ihnen lieber?"),
            (CUSTOMER, "Dann bitte kürzen. Wann kann ich es bringen?"),
        ),
    ),
    Story(
        "Beschwerde: dreimal verschoben",
        "Zum dritten Mal wurde unser Liefertermin abgesagt, jedes Mal am Tag davor. Ich habe mir dafür "
        "Urlaub "
        "genommen. Das "
        "geht so nicht.",
        (
            (NOTE, "Bitte Leitung: Kunde ist zu Recht verärgert. Vorschlag: Lieferung am Samstag und "
                   "Montage ohne "
                   "Kosten."),
        ),
    ),
)  # fmt: skip
