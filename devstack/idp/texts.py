"""Every sentence of the provider's pages and mails, in German and English."""

from collections.abc import Mapping

Texts = Mapping[str, str]

_DE: Texts = {
    "language": "de",
    "sign_in": "Anmelden",
    "sign_in_to": "Bei „{client}“ anmelden",
    "login": "E-Mail-Adresse",
    "password": "Passwort",
    "wrong": "E-Mail-Adresse oder Passwort stimmt nicht.",
    "throttled": "Zu viele Fehlversuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal.",
    "factor_title": "Zweiter Faktor",
    "factor_text": "Bitte geben Sie den Code ein, den Ihre Authenticator-App gerade zeigt.",
    "factor_code": "Code aus der App",
    "factor_wrong": "Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten.",
    "factor_expired": "Das hat zu lange gedauert. Bitte melden Sie sich noch einmal an.",
    "factor_setup_title": "Zweiten Faktor einrichten",
    "factor_setup_text": (
        "Ihre Rolle verlangt einen zweiten Faktor. Tragen Sie diesen Schlüssel in eine Authenticator-App ein:"
    ),
    "factor_setup": "Einrichten",
    "new_here": "Noch kein Konto?",
    "register": "Registrieren",
    "register_title": "Konto anlegen",
    "first_name": "Vorname",
    "last_name": "Nachname",
    "password_again": "Passwort wiederholen",
    "password_hint": "Mindestens {shortest} Zeichen.",
    "incomplete": "Bitte füllen Sie alle Felder aus.",
    "bad_email": "Das ist keine gültige E-Mail-Adresse.",
    "passwords_differ": "Die beiden Passwörter sind verschieden.",
    "bad_password": "Das Passwort braucht mindestens {shortest} Zeichen und darf nicht Ihre E-Mail-Adresse sein.",
    "check_mail": "Bitte sehen Sie in Ihr Postfach",
    "check_mail_text": "Wir haben Ihnen eine E-Mail geschickt. Mit dem Link darin bestätigen Sie Ihre Adresse.",
    "mail_failed": "Die E-Mail ging nicht hinaus",
    "mail_failed_text": (
        "Ihr Konto ist angelegt. Melden Sie sich in ein paar Minuten an, dann schicken wir den Link erneut."
    ),
    "verify_subject": "Bitte bestätigen Sie Ihre E-Mail-Adresse",
    "verify_mail": (
        "Guten Tag {name},\n\nmit diesem Link bestätigen Sie, dass diese Adresse Ihnen gehört:\n\n{link}\n\n"
        "Haben Sie kein Konto angelegt? Dann müssen Sie nichts tun.\n"
    ),
    "known_subject": "Sie haben bereits ein Konto",
    "known_mail": (
        "Guten Tag {name},\n\njemand wollte mit dieser Adresse ein Konto anlegen. Sie haben schon eines; es ist "
        "unverändert.\n\nWaren Sie das nicht? Dann müssen Sie nichts tun.\n"
    ),
    "confirm_title": "E-Mail-Adresse bestätigen",
    "confirm_text": "Gehört Ihnen die Adresse {email}?",
    "confirm": "Ja, bestätigen",
    "confirmed": "Ihre Adresse ist bestätigt",
    "confirmed_text": "Sie können sich jetzt anmelden.",
    "onward": "Weiter",
    "link_dead": "Dieser Link gilt nicht mehr",
    "link_dead_text": "Melden Sie sich an, dann schicken wir Ihnen einen neuen.",
    "sign_out": "Abmelden",
    "sign_out_text": "Möchten Sie sich abmelden?",
    "signed_out": "Sie sind abgemeldet",
    "signed_out_text": "Sie können dieses Fenster schließen.",
    "refused": "So geht es nicht weiter",
    "refused_text": "Die Anwendung, von der Sie kommen, hat eine Anfrage gestellt, die wir nicht annehmen.",
    "no_registration": "Hier kann man sich nicht selbst registrieren.",
}

_EN: Texts = {
    "language": "en",
    "sign_in": "Sign in",
    "sign_in_to": "Sign in to “{client}”",
    "login": "E-mail address",
    "password": "Password",
    "wrong": "The e-mail address or the password is wrong.",
    "throttled": "Too many failed attempts. Please try again in {seconds} seconds.",
    "factor_title": "Second factor",
    "factor_text": "Please enter the code that your authenticator app shows now.",
    "factor_code": "Code from the app",
    "factor_wrong": "This code is wrong or has been used already. Please wait for the next one.",
    "factor_expired": "That took too long. Please sign in again.",
    "factor_setup_title": "Set up a second factor",
    "factor_setup_text": "Your role demands a second factor. Enter this key into an authenticator app:",
    "factor_setup": "Set up",
    "new_here": "No account yet?",
    "register": "Register",
    "register_title": "Create an account",
    "first_name": "First name",
    "last_name": "Last name",
    "password_again": "Repeat the password",
    "password_hint": "At least {shortest} characters.",
    "incomplete": "Please fill in every field.",
    "bad_email": "This is not a valid e-mail address.",
    "passwords_differ": "The two passwords differ.",
    "bad_password": "The password needs at least {shortest} characters and must not be your e-mail address.",
    "check_mail": "Please look into your mailbox",
    "check_mail_text": "We have sent you an e-mail. The link in it confirms your address.",
    "mail_failed": "The e-mail could not be sent",
    "mail_failed_text": "Your account exists. Sign in in a few minutes and we will send the link again.",
    "verify_subject": "Please confirm your e-mail address",
    "verify_mail": (
        "Hello {name},\n\nthis link confirms that this address is yours:\n\n{link}\n\n"
        "You did not create an account? Then there is nothing to do.\n"
    ),
    "known_subject": "You already have an account",
    "known_mail": (
        "Hello {name},\n\nsomebody wanted to create an account with this address. You have one already; it is "
        "unchanged.\n\nThat was not you? Then there is nothing to do.\n"
    ),
    "confirm_title": "Confirm your e-mail address",
    "confirm_text": "Is the address {email} yours?",
    "confirm": "Yes, confirm",
    "confirmed": "Your address is confirmed",
    "confirmed_text": "You can sign in now.",
    "onward": "Continue",
    "link_dead": "This link is no longer valid",
    "link_dead_text": "Sign in and we will send you a new one.",
    "sign_out": "Sign out",
    "sign_out_text": "Do you want to sign out?",
    "signed_out": "You are signed out",
    "signed_out_text": "You can close this window.",
    "refused": "This cannot go on",
    "refused_text": "The application that you come from has made a request that we do not accept.",
    "no_registration": "There is no self-registration here.",
}

TEXTS: Mapping[str, Texts] = {"de": _DE, "en": _EN}
