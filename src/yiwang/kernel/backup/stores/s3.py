"""An S3-compatible store (MinIO, Ceph, OSS, the cloud of the province). Keys come from the environment, as boto3 reads
them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); YIWANG_BACKUP_S3_ENDPOINT names a store that is not Amazon's."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from yiwang.kernel.backup.crypto import Writable
from yiwang.kernel.backup.errors import NoSuchBackup, StoreUnfit

PART = 8 * 2**20
LARGE_PART = 64 * 2**20  # from part 1,000 on: S3 allows 10,000 parts


class _Parts:
    """A writable that sends parts as they fill, or one small object at the end."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self.client, self.where = client, {"Bucket": bucket, "Key": key}
        self.buffer = bytearray()
        self.upload = ""
        self.parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        self.buffer += data
        if len(self.buffer) >= (PART if len(self.parts) < 1000 else LARGE_PART):
            self._send()
        return len(data)

    def _send(self) -> None:
        if not self.upload:
            self.upload = self.client.create_multipart_upload(**self.where)["UploadId"]
        number = len(self.parts) + 1
        answer = self.client.upload_part(
            **self.where, UploadId=self.upload, PartNumber=number, Body=bytes(self.buffer)
        )
        self.parts.append({"ETag": answer["ETag"], "PartNumber": number})
        self.buffer.clear()

    def finish(self) -> None:
        if not self.upload:
            self.client.put_object(**self.where, Body=bytes(self.buffer))
            return
        if self.buffer:
            self._send()
        self.client.complete_multipart_upload(**self.where, UploadId=self.upload, MultipartUpload={"Parts": self.parts})

    def abandon(self) -> None:
        if self.upload:
            self.client.abort_multipart_upload(**self.where, UploadId=self.upload)


class S3Store:
    """Objects below one prefix of one bucket."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.bucket, self.prefix = parts.netloc, parts.path.strip("/")
        self.prefix += "/" if self.prefix else ""
        self.client: Any = boto3.client(
            "s3", endpoint_url=settings.BACKUP_S3_ENDPOINT or None, region_name=settings.BACKUP_S3_REGION,
            config=Config(
                connect_timeout=10, read_timeout=120, retries={"max_attempts": 5, "mode": "standard"}, s3={"addressing_style": "path"},
                # Other stores than Amazon's know no checksums in trailers; the manifest has our own.
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
            ),
        )  # fmt: skip

    @property
    def label(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("NoSuchKey", "404"):
                raise NoSuchBackup(backup=name) from error
            raise StoreUnfit(where=self.label, why=code or str(error)) from error
        except BotoCoreError as error:
            raise StoreUnfit(where=self.label, why=str(error)) from error

    @contextmanager
    def writer(self, name: str) -> Iterator[Writable]:
        parts = _Parts(self.client, self.bucket, self.prefix + name)
        with self._told(name):
            try:
                yield parts
                parts.finish()
            except BaseException:
                parts.abandon()
                raise

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with self._told(name):
            body = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"]
            try:
                yield body
            finally:
                body.close()

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        with self._told():
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self.prefix), int(entry["Size"])

    def folders(self, prefix: str) -> Iterator[str]:
        with self._told():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix, Delimiter="/"
            )
            for page in pages:
                for entry in page.get("CommonPrefixes", ()):
                    yield entry["Prefix"].removeprefix(self.prefix + prefix).strip("/")

    def delete(self, names: Iterable[str]) -> int:
        batch, count = [], 0
        for name in names:
            batch.append({"Key": self.prefix + name})
            if len(batch) == 1000:
                count += self._delete(batch)
                batch = []
        return count + self._delete(batch)

    def _delete(self, batch: Any) -> int:
        if batch:
            with self._told():
                self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})
        return len(batch)

    def settle(self) -> None:
        return None  # an answered request is kept
