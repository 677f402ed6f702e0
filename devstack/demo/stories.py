"""What customers of a furniture house write, and what the house answers."""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER, STAFF, NOTE = "customer", "staff", "note"


@dataclass(frozen=True)
class Story:
    """A conversation: the opening, and who says what afterwards; several people have the same trouble, each in
    their own words.
    """

    subjects: tuple[str, ...]
    opening: str
    turns: tuple[tuple[str, str], ...] = ()


STORIES = (
    Story(
        (
            "Tisch mit Kratzer geliefert",
            "Kratzer auf der neuen Tischplatte",
            "Esstisch Linde: Schaden beim Transport",
            "Platte verkratzt angekommen",
            "Neuer Tisch, tiefer Kratzer",
        ),
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
        (
            "Liefertermin Sofa",
            "Wo bleibt unser Sofa?",
            "Sofa überfällig",
            "Neuer Termin für das Sofa?",
            "Sofa: Auftragsbestätigung und kein Wagen",
        ),
        "Hallo, in der Auftragsbestätigung steht die vergangene Woche für das Sofa, und kein Wagen kam. Wann kommt es?",
        (
            (NOTE, "Polsterei hat Verzug, Stoff fehlt noch bis Dienstag."),
            (STAFF, "Guten Tag,\n\nder Stoff kam eine Woche zu spät in die Polsterei. Neuer Termin ist der "
                    "Donnerstag kommender Woche, "
                    "zwischen 9 und 12 Uhr. Passt Ihnen das?"),
            (CUSTOMER, "Der Donnerstag passt. Bitte vorher kurz anrufen."),
        ),
    ),
    Story(
        (
            "Rechnung doppelt erhalten",
            "Zwei Rechnungen für einen Auftrag",
            "Welche Rechnung gilt?",
            "Rechnung kam per Post und per Mail",
            "Doppelte Rechnung, verschiedene Nummern",
        ),
        "Sehr geehrte Damen und Herren,\n\nich habe die Rechnung zweimal bekommen, einmal per Post und "
        "einmal per "
        "Mail, mit "
        "verschiedenen Nummern. Welche soll ich bezahlen?",
        (
            (STAFF, "Guten Tag,\n\nbitte bezahlen Sie die Rechnung mit der kleineren Nummer. Die andere ist "
                    "storniert, die "
                    "Gutschrift ist unterwegs."),
            (CUSTOMER, "Danke, erledigt."),
        ),
    ),
    Story(
        (
            "Stühle nachbestellen",
            "Gibt es „Kante“ noch in Nussbaum?",
            "Zwei weitere Stühle „Kante“",
            "Nachkauf: Stühle von vor zwei Jahren",
            "Stuhl „Kante“, Preis und Lieferzeit",
        ),
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
        (
            "Schranktür schließt nicht mehr",
            "Kleiderschrank: linke Tür hängt",
            "Tür am Schrank einstellen lassen",
            "Nach dem Umzug schließt der Schrank nicht",
            "Scharnier am Kleiderschrank",
        ),
        "Die linke Tür des Kleiderschranks hängt seit dem Umzug. Kann jemand vorbeikommen und das "
        "einstellen?",
    ),
    Story(
        (
            "Pflege geölte Eiche",
            "Öl oder Wachs für die Platte?",
            "Womit pflege ich geölte Eiche?",
            "Pflegehinweis widersprüchlich",
            "Hartwachsöl nachbestellen?",
        ),
        "Womit pflege ich die geölte Platte am besten? Auf der Seite steht einmal Öl und einmal Wachs.",
        (
            (STAFF, "Guten Tag,\n\nfür Ihre Platte bitte nur das Hartwachsöl, zweimal im Jahr, dünn "
                    "aufgetragen. Das "
                    "Wachs ist für lackierte Flächen. Ich lege Ihnen die Anleitung in die nächste Sendung."),
            (CUSTOMER, "Super, vielen Dank für die schnelle Antwort!"),
        ),
    ),
    Story(
        (
            "Beratung Büroausstattung",
            "Zwölf Arbeitsplätze zum März",
            "Angebot für unser neues Büro",
            "Aufmaß vor dem Umzug",
            "Besprechungstisch und Arbeitsplätze",
        ),
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
        (
            "Falsche Leuchte im Karton",
            "Klares Glas statt Rauchglas",
            "Pendelleuchte vertauscht",
            "Falsche Lieferung: Leuchte",
            "Bitte Leuchte abholen und tauschen",
        ),
        "Bestellt hatte ich die Pendelleuchte in Rauchglas, gekommen ist klares Glas. Bitte um Abholung.",
        (
            (STAFF, "Guten Tag,\n\ndas war unser Fehler beim Packen. Die richtige Leuchte geht heute "
                    "hinaus, die "
                    "falsche "
                    "holt der Fahrer dabei ab. Sie müssen nichts tun."),
        ),
    ),
    Story(
        (
            "Newsletter kommt an alte Adresse",
            "Neue E-Mail-Adresse für den Newsletter",
            "Adresse ändern",
            "Newsletter umstellen",
            "Alte Mailadresse wird abgeschaltet",
        ),
        "Ich bekomme den Newsletter noch an meine alte Adresse. Wie ändere ich das?",
        (
            (STAFF, "Guten Tag,\n\nich habe Ihre neue Adresse eingetragen. Sie bekommen gleich eine Mail "
                    "mit einem "
                    "Link zur "
                    "Bestätigung. Bitte klicken Sie ihn an, sonst dürfen wir Ihnen nicht schreiben."),
        ),
    ),
    Story(
        (
            "Gutschein lässt sich nicht einlösen",
            "Adventsgutschein an der Kasse abgelehnt",
            "Gilt der Gutschein auch im Netz?",
            "Gutscheincode ungültig",
            "Problem mit dem Gutschein",
        ),
        "Der Gutschein aus der Adventsausgabe wird an der Kasse nicht angenommen. Gilt er nur im "
        "Ausstellungshaus?",
    ),
    Story(
        (
            "Regal zu breit für die Nische",
            "Regal kürzen lassen?",
            "Vier Zentimeter zu breit",
            "Umtausch Regal, Karton ungeöffnet",
            "Regal passt nicht",
        ),
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
        (
            "Beschwerde: dreimal verschoben",
            "Beschwerde über abgesagte Termine",
            "Schon wieder kein Liefertermin",
            "Drei Absagen in Folge",
            "So geht es nicht: Termin verschoben",
        ),
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
