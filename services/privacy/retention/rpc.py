"""Retention: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from kontor.privacy.v1 import retention_pb2, retention_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.privacy.retention.model import STOP_PERCENT, Result, Run
from services.privacy.retention.service import RetentionService


class RetentionRpc(retention_pb2_grpc.RetentionServicer):
    """The Retention service of the contract."""

    def __init__(self, retention: RetentionService, pages: Pages) -> None:
        self._retention = retention
        self._pages = pages

    async def PreviewRun(
        self, request: retention_pb2.PreviewRunRequest, context: Any
    ) -> retention_pb2.RunPreview:
        preview = await self._retention.preview_run()
        return retention_pb2.RunPreview(
            as_of=to_timestamp(preview.at),
            holders=[
                retention_pb2.HolderPreview(holder=holder, problem=problem, datasets=datasets)
                for holder, problem, datasets in preview.holders
            ],
            exempt_contacts=preview.exempt,
            stop_percent=STOP_PERCENT,
        )

    async def ListRuns(
        self, request: retention_pb2.ListRunsRequest, context: Any
    ) -> retention_pb2.ListRunsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        before = date.fromisoformat(position[0]) if position else None
        runs = await self._retention.list_runs(before=before, limit=size)
        response = retention_pb2.ListRunsResponse(runs=map(_run, runs[:size]))
        if len(runs) > size:
            response.next_page_token = self._pages.token(request, [runs[size - 1].day.isoformat()])
        return response

    async def ApproveDeletion(
        self, request: retention_pb2.ApproveDeletionRequest, context: Any
    ) -> retention_pb2.Run:
        return _run(
            await self._retention.approve_deletion(
                uuid.UUID(request.run_id), holder=request.holder, dataset=request.dataset
            )
        )


def _run(run: Run) -> retention_pb2.Run:
    return retention_pb2.Run(
        id=str(run.id),
        start_time=to_timestamp(run.started_at),
        finish_time=to_timestamp(run.finished_at),
        waiting_for=run.waiting_for,
        results=map(_result, run.results),
    )


def _result(result: Result) -> retention_pb2.RunResult:
    return retention_pb2.RunResult(
        holder=result.holder,
        dataset=result.dataset,
        deletion_class=result.deletion_class,
        outcome=retention_pb2.RunOutcome.ValueType(result.outcome),
        rows=result.rows,
        overdue_rows=result.overdue,
        exempt_rows=result.exempt,
        total_rows=result.total,
        oldest_time=to_timestamp(result.oldest),
        newest_time=to_timestamp(result.newest),
        seconds=result.seconds,
        approve_time=to_timestamp(result.approved_at),
    )
