"""The service `kontor.contacts.v1.Imports`: messages to values and back."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.contacts.v1 import imports_pb2, imports_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.contacts.imports.model import ImportView, RowView
from services.contacts.imports.service import ImportsService

_ROWS_BY_DEFAULT = 200


class ImportsRpc(imports_pb2_grpc.ImportsServicer):
    """Handlers of the imports' RPCs."""

    def __init__(self, service: ImportsService, pages: Pages) -> None:
        self._imports = service
        self._pages = pages

    async def CreateImport(
        self, request: imports_pb2.CreateImportRequest, context: Any
    ) -> imports_pb2.Import:
        return _message(
            await self._imports.create_import(
                file_name=request.file_name, content=request.content, country=request.country
            )
        )

    async def GetImport(self, request: imports_pb2.GetImportRequest, context: Any) -> imports_pb2.Import:
        return _message(await self._imports.get_import(uuid.UUID(request.import_id)))

    async def ListImports(
        self, request: imports_pb2.ListImportsRequest, context: Any
    ) -> imports_pb2.ListImportsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        found = await self._imports.list_imports(
            after=uuid.UUID(position[0]) if position else None, limit=size
        )
        answer = imports_pb2.ListImportsResponse(imports=[_message(view) for view in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1].id)])
        return answer

    async def CommitImport(
        self, request: imports_pb2.CommitImportRequest, context: Any
    ) -> imports_pb2.Import:
        return _message(await self._imports.commit_import(uuid.UUID(request.import_id)))

    async def DiscardImport(
        self, request: imports_pb2.DiscardImportRequest, context: Any
    ) -> imports_pb2.DiscardImportResponse:
        await self._imports.discard_import(uuid.UUID(request.import_id))
        return imports_pb2.DiscardImportResponse()

    async def ListImportRows(
        self, request: imports_pb2.ListImportRowsRequest, context: Any
    ) -> imports_pb2.ListImportRowsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size, default=_ROWS_BY_DEFAULT)
        found = await self._imports.list_import_rows(
            uuid.UUID(request.import_id),
            outcomes=frozenset(request.outcomes),
            after=int(position[0]) if position else 0,
            limit=size,
        )
        answer = imports_pb2.ListImportRowsResponse(rows=[_row(row) for row in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [found[size - 1].line])
        return answer


def _message(view: ImportView) -> imports_pb2.Import:
    return imports_pb2.Import(
        id=str(view.id),
        file_name=view.file_name,
        state=view.state,  # type: ignore[arg-type]
        layout=view.layout,
        encoding=view.encoding,
        delimiter=view.delimiter,
        counts=imports_pb2.ImportCounts(
            rows=view.rows,
            new=view.new,
            update=view.update,
            duplicate=view.duplicate,
            suppressed=view.suppressed,
            invalid=view.invalid,
        ),
        create_time=to_timestamp(view.created_at),
        commit_time=to_timestamp(view.committed_at),
    )


def _row(view: RowView) -> imports_pb2.ImportRow:
    return imports_pb2.ImportRow(
        line=view.line,
        outcome=view.outcome,  # type: ignore[arg-type]
        reason=view.reason,
        cells=view.cells,
        contact_id=str(view.contact_id) if view.contact_id else "",
    )
