"""Uploads too large for memory are spooled into a file without a name, so that a killed worker leaves none behind.

Django's own handler gives the file a name and deletes it when the request ends; a worker that is killed, or out of
memory, does not, and people's files would stay in the temporary folder for ever.
"""

import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class UnnamedFileUploadHandler(FileUploadHandler):
    """Spool an upload into an unnamed file; the system frees it when the last process closes it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the file for what follows."""
        super().new_file(*args, **kwargs)
        # The caller reads it after the request's body has ended; closing the upload closes it.
        spooled = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        self.file = UploadedFile(
            spooled, self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a part of the file."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """Return the whole file, to be read from its beginning."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        """Close a file whose upload was interrupted."""
        if hasattr(self, "file"):
            self.file.close()
