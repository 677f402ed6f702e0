"""Words for roles, services, purposes, scopes and categories of the contract."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.options.v1 import options_pb2 as options

from kernel.contract import CUSTOMER, Scope
from services.gateway import session
from services.gateway.labels import Label

ROLES = {
    **session.ROLES,
    CUSTOMER: _l("Customer"),
    "integrator": _l("Other system"),
    "service": _l("Service of Kontor"),
}
PARTS = {
    "Contacts": _l("Contacts and organisations"),
    "Logins": _l("Logins to the portal"),
    "Finding": _l("Whose an address is"),
    "Names": _l("Whether a word is the name of a contact"),
    "Imports": _l("Imports"),
    "Templates": _l("Templates"),
    "Audiences": _l("Audiences"),
    "Campaigns": _l("Campaigns"),
    "Forms": _l("Sign-up forms"),
    "Renewals": _l("Renewals of consents"),
    "Links": _l("Links in mails"),
    "Notices": _l("Mails about requests of data subjects"),
    "AskingMails": _l("Mails about rights without a login"),
    "Tickets": _l("Tickets"),
    "Consents": _l("Consents"),
    "ConsentTexts": _l("Texts of consents"),
    "ConsentLife": _l("Questions about consents"),
    "ConsentStandings": _l("List of consents"),
    "ConsentChains": _l("Records of a consent"),
    "ConsentProofs": _l("Proofs of consents"),
    "Suppressions": _l("Suppression list"),
    "OwnSuppressions": _l("Own entries of the suppression list"),
    "Permits": _l("Permits"),
    "Requests": _l("Requests of data subjects"),
    "Blackening": _l("Blackening of what copies say about others"),
    "IdentityChecks": _l("Checks of who asks"),
    "Farewells": _l("What is told after an erasure"),
    "Askings": _l("Rights without a login"),
    "Retention": _l("Deletion concept"),
    "ExistingCustomers": _l("Existing customers"),
    "Holds": _l("Legal holds"),
    "Restrictions": _l("Restrictions of processing"),
    "Breaches": _l("Breaches"),
    "Assessments": _l("Impact assessments"),
    "Registers": _l("Registers"),
    "ProcessingRecords": _l("Record of processing"),
    "DataHolder": _l("What each service holds"),
    "Audit": _l("Accesses to personal data"),
    "Bases": _l("People without a basis"),
    "SubjectBases": _l("On what each service holds people"),
    "AuditTrail": _l("The accesses that each service noted"),
}
PURPOSES = {
    options.PURPOSE_SERVICE: _l("Service"),
    options.PURPOSE_MARKETING: _l("Marketing"),
    options.PURPOSE_SALES: _l("Sales"),
    options.PURPOSE_CONTRACT: _l("Contract"),
    options.PURPOSE_LEGAL_DUTY: _l("Legal duty"),
    options.PURPOSE_SECURITY: _l("Security"),
}
SCOPES = {
    Scope.OWN: Label(_l("own"), "warn", "user"),
    Scope.ORGANISATION: Label(_l("own organisation"), "warn", "building"),
    Scope.TEAM: Label(_l("own team"), "info", "users-group"),
    Scope.ALL: Label(_l("all"), "good", "check"),
}
CATEGORIES = {
    options.CATEGORY_IDENTITY: _l("Identity"),
    options.CATEGORY_CONTACT_POINT: _l("How to reach"),
    options.CATEGORY_DEMOGRAPHIC: _l("About the person"),
    options.CATEGORY_COMMUNICATION: _l("Communication"),
    options.CATEGORY_BEHAVIOUR: _l("Behaviour"),
    options.CATEGORY_TRANSACTION: _l("Business"),
    options.CATEGORY_PREFERENCE: _l("Preferences"),
    options.CATEGORY_CREDENTIAL: _l("Credentials"),
    options.CATEGORY_FREE_TEXT: _l("Free text"),
    options.CATEGORY_SPECIAL: _l("Special categories (Art. 9)"),
}
