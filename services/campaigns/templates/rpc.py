"""Templates on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import campaigns_pb2, campaigns_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.campaigns.templates.model import Draft, Saved
from services.campaigns.templates.service import TemplatesService


class TemplatesRpc(campaigns_pb2_grpc.TemplatesServicer):
    """kontor.campaigns.v1.Templates"""

    def __init__(self, templates: TemplatesService, pages: Pages) -> None:
        self._templates = templates
        self._pages = pages

    async def CreateTemplate(
        self, request: campaigns_pb2.CreateTemplateRequest, context: Any
    ) -> campaigns_pb2.Template:
        return _to_proto(await self._templates.create_template(_draft(request.template)))

    async def GetTemplate(
        self, request: campaigns_pb2.GetTemplateRequest, context: Any
    ) -> campaigns_pb2.Template:
        return _to_proto(await self._templates.get_template(uuid.UUID(request.template_id)))

    async def ListTemplates(
        self, request: campaigns_pb2.ListTemplatesRequest, context: Any
    ) -> campaigns_pb2.ListTemplatesResponse:
        size = page_size(request.page_size)
        position = self._pages.position(request)
        found = await self._templates.list_templates(
            after=uuid.UUID(position[0]) if position else None, limit=size + 1
        )
        answer = campaigns_pb2.ListTemplatesResponse(templates=[_to_proto(one) for one in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1].id)])
        return answer

    async def PreviewTemplate(
        self, request: campaigns_pb2.PreviewTemplateRequest, context: Any
    ) -> campaigns_pb2.PreviewTemplateResponse:
        rendered = await self._templates.preview_template(_draft(request.template))
        return campaigns_pb2.PreviewTemplateResponse(
            subject=rendered.subject, html=rendered.html, text=rendered.text
        )


def _draft(template: campaigns_pb2.Template) -> Draft:
    return Draft(name=template.name, subject=template.subject, mjml=template.mjml, language=template.language)


def _to_proto(saved: Saved) -> campaigns_pb2.Template:
    return campaigns_pb2.Template(
        id=str(saved.id),
        name=saved.draft.name,
        subject=saved.draft.subject,
        mjml=saved.draft.mjml,
        language=saved.draft.language,
        create_time=to_timestamp(saved.created_at),
    )
