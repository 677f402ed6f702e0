"""What people are asked: topics, their texts in versions, drafts and their approval."""

from services.gateway.consent_texts.views import blueprint

__all__ = ["blueprint"]
