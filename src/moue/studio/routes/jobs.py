"""Start, list and stop jobs; upload pictures for the job `collect`."""

from __future__ import annotations

from moue.files import absolute
from moue.http_api.endpoint import Empty, Endpoint, Raw
from moue.http_api.errors import ApiError, _
from moue.studio.endpoint import Call
from moue.studio.jobs.arguments import arguments
from moue.studio.jobs.job import Job
from moue.studio.schema import JobList, JobRequest, LockHolder
from moue.studio.schema_uploads import FileQuery, Upload, UploadedFile
from moue.studio.state import lock_holder

FILE_LIMIT = 64 << 20
"""Maximum size of one uploaded file, in bytes."""


def jobs(call: Call[Empty, None]) -> JobList:
    """Return all jobs."""
    return JobList(call.studio.jobs.all())


def start(call: Call[Empty, JobRequest]) -> Job:
    """Start a command as a child process."""
    studio, command = call.studio, call.body.command
    words = arguments(command, call.body.options, studio.sources)
    for holder in (lock_holder(studio.workspace), _training(call) if command == "train" else None):
        if holder is not None:
            text = _("{command} (process {pid}) is running; wait until it has finished, or stop it")
            raise ApiError(409, "busy", text, command=holder.command or "moue", pid=holder.pid)
    # Reports and contact sheets have the language of the page.
    wanted = call.request.headers.get("accept-language", "").lower()
    flags = [
        f"--workspace={absolute(studio.workspace.root)}",
        f"--lang={'zh' if wanted.startswith('zh') else 'en'}",
    ]
    at = words.index("--") if "--" in words else len(words)
    return studio.jobs.start(command, call.body.options, [*words[:at], *flags, *words[at:]])


def _training(call: Call[Empty, JobRequest]) -> LockHolder | None:
    return lock_holder(call.studio.workspace, training=True)


def stop(call: Call[Empty, None]) -> Job:
    """Ask a job to stop."""
    return call.studio.jobs.stop(call.path["id"])


def create_upload(call: Call[Empty, None]) -> Upload:
    """Create an empty upload."""
    return Upload(call.studio.uploads.create())


async def add_file(call: Call[FileQuery, None]) -> UploadedFile:
    """Add a file to an upload."""
    upload, query = call.path["id"], call.query
    path = await call.studio.uploads.add(upload, query.folder, query.name, call.chunks())
    return UploadedFile(upload, path.name)


ROUTES = (
    Endpoint(
        method="GET", path="/jobs", handler=jobs, response=JobList,
        summary="All jobs, the newest first.",
    ),
    Endpoint(
        method="POST", path="/jobs", handler=start, body=JobRequest, response=Job,
        errors=(403, 404, 409, 422), summary="Start a command as a child process.",
    ),
    Endpoint(
        method="POST", path="/jobs/{id}/stop", handler=stop, response=Job, errors=(404,),
        summary="Ask a job to stop, as Ctrl-C does.",
    ),
    Endpoint(
        method="POST", path="/uploads", handler=create_upload, response=Upload,
        summary="Create an upload for dropped pictures.",
    ),
    Endpoint(
        method="POST", path="/uploads/{id}/files", handler=add_file, query=FileQuery,
        body=Raw(("*/*",), FILE_LIMIT, streamed=True), response=UploadedFile,
        errors=(404, 413, 422), summary="Add a picture or video to an upload.",
    ),
)  # fmt: skip
