import { createHmac, timingSafeEqual } from "node:crypto";
import { BlobDigestError, BlobRangeError, BlobUploadMissingError, isStoreFull, type Blobs, type BlobUpload } from "../ports/blob-store.ts";
import { isDigest } from "../domain/image-reference.ts";
import { repositoryKey } from "../state/ecr.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import { linkLayer } from "../state/ecr-images.ts";
import { NoRoomError } from "../state/state.ts";
import { createOnPush } from "./create-on-push.ts";
import { answer, repositoryBlobs, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";
import { mountBlob } from "./mounts.ts";
import { readContentRange } from "./ranges.ts";
import { releasing } from "./pieces.ts";

/** A connection that delivers nothing for this long is given up, so that the upload can go on over another one. */
const IDLE_MS = 120_000;
/** The algorithms that the OCI image specification registers. A client names its own with `digest-algorithm` before it sends anything. */
const DIGEST_ALGORITHMS = ["sha256", "sha512"];

/** `POST /v2/<name>/blobs/uploads/`: starts an upload, takes a whole blob, or mounts one of another repository. */
export async function startUpload(call: RegistryCall, name: string): Promise<void> {
  createOnPush(call, name);
  const blobs = repositoryBlobs(call, requireRepository(call, name));
  const mounted = await mountBlob(call, name);
  if (mounted !== undefined) {
    answer(call, 201, created(name, mounted));
    return;
  }
  const [digest, algorithm] = [call.query.get("digest"), call.query.get("digest-algorithm")];
  if (digest !== null && !isDigest(digest)) throw invalidDigest();
  if (algorithm !== null && !DIGEST_ALGORITHMS.includes(algorithm))
    throw new RegistryError(400, "DIGEST_INVALID", `blobs may have digests of ${DIGEST_ALGORITHMS.join(" or ")}, not of ${algorithm}`);
  const id = signedUploadId(call, name, call.platform.ids.hex(32));
  await blobs.startUpload(id);
  if (digest === null) {
    answer(call, 202, progress(name, id, 0));
    return;
  }
  try {
    await receive(call, blobs, id, 0);
    await finish(call, blobs, name, id, digest);
  } catch (cause) {
    // Nobody knows its id, so nobody can go on with it.
    await blobs.abort(id);
    throw cause;
  }
}

/**
 * `GET`, `PATCH`, `PUT` and `DELETE /v2/<name>/blobs/uploads/<id>`. An upload for which there is no room is over: clients begin a new one, and what lay
 * here of the old one would keep theirs from ending well.
 */
export async function continueUpload(call: RegistryCall, name: string, id: string): Promise<void> {
  const blobs = repositoryBlobs(call, requireRepository(call, name));
  const upload = belongsTo(call, name, id) ? await blobs.upload(id) : undefined;
  if (!upload) throw unknownUpload();
  try {
    await carryOn(call, blobs, name, upload);
  } catch (cause) {
    if (isStoreFull(cause)) await blobs.abort(id);
    throw cause;
  }
}

async function carryOn(call: RegistryCall, blobs: Blobs, name: string, { id, size }: BlobUpload): Promise<void> {
  switch (call.method) {
    case "GET":
    case "HEAD":
      answer(call, 204, progress(name, id, size));
      return;
    case "PATCH": {
      const received = await receive(call, blobs, id, size);
      answer(call, 202, progress(name, id, received.size));
      return;
    }
    case "PUT": {
      const digest = call.query.get("digest");
      if (digest === null || !isDigest(digest)) throw invalidDigest();
      await receive(call, blobs, id, size);
      await finish(call, blobs, name, id, digest);
      return;
    }
    case "DELETE":
      await blobs.abort(id);
      answer(call, 204, {});
  }
}

/** Appends the body of the request, if it has one, where its `Content-Range` says, or at the end where it does not say. */
async function receive(call: RegistryCall, blobs: Blobs, id: string, size: number): Promise<{ readonly size: number }> {
  const { request } = call;
  const length = request.headers["content-length"];
  const header = request.headers["content-range"];
  if (length === "0" || (length === undefined && request.headers["transfer-encoding"] === undefined)) return { size };
  const range = header === undefined ? undefined : readContentRange(header);
  if (header !== undefined && !range)
    throw new RegistryError(400, "BLOB_UPLOAD_INVALID", `Content-Range must read <start>-<end>, not ${header}`);
  if (range && length !== undefined && range.end - range.start + 1 !== Number(length))
    throw new RegistryError(400, "SIZE_INVALID", "Content-Range and Content-Length differ");
  request.setTimeout(IDLE_MS, () => request.destroy());
  return blobs.append(id, range?.start ?? size, releasing(request.iterator({ destroyOnReturn: false })));
}

async function finish(call: RegistryCall, blobs: Blobs, name: string, id: string, digest: string): Promise<void> {
  const { state, clock } = call.platform;
  const { size } = await blobs.commit(id, digest);
  const repository = requireRepository(call, name);
  // It was deleted and made anew with other keys meanwhile: this one has not got the blob.
  if (blobDomain(repository) !== blobs.domain) throw unknownUpload();
  linkLayer(state, { repository: repositoryKey(repository, name), digest, size, usedAt: clock.now() });
  await state.durable();
  answer(call, 201, created(name, digest));
}

/** What the blob store refuses, in the words of the distribution API; anything else as it is. */
export function uploadRefusal(cause: unknown, call: Pick<RegistryCall, "request">): unknown {
  if (cause instanceof BlobRangeError) {
    const headers = { range: receivedRange(cause.size), location: (call.request.url ?? "").replace(/\?.*/s, "") };
    return new RegistryError(416, "RANGE_INVALID", cause.message, headers);
  }
  if (cause instanceof BlobDigestError)
    return new RegistryError(400, "DIGEST_INVALID", `provided digest did not match uploaded content: ${cause.message}`);
  if (cause instanceof BlobUploadMissingError) return unknownUpload();
  if (isStoreFull(cause))
    return new RegistryError(507, "UNKNOWN", "the registry's disk is full: free some space and push again", { connection: "close" });
  if (cause instanceof NoRoomError)
    return new RegistryError(503, "UNAVAILABLE", "the registry has no room to record anything: free some space and try again", {
      connection: "close",
    });
  return cause;
}

function unknownUpload(): RegistryError {
  return new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
}

function invalidDigest(): RegistryError {
  return new RegistryError(400, "DIGEST_INVALID", "the query must have digest=<algorithm>:<hex>, with sha256 or sha512");
}

function progress(name: string, id: string, size: number): Record<string, string> {
  return { location: `/v2/${name}/blobs/uploads/${id}`, range: receivedRange(size), "docker-upload-uuid": id };
}

/** Both ends are inclusive, so an upload of nothing and one of one byte look alike; Docker's registry does the same. */
function receivedRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}

function created(name: string, digest: string): Record<string, string> {
  return { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest };
}

/** Ids carry the proof of their repository, so that an upload needs no record and nobody continues another account's. */
function signedUploadId(call: RegistryCall, name: string, nonce: string): string {
  const key = call.platform.secrets.derive("registry-upload");
  const proof = createHmac("sha256", key)
    .update(`${nonce}/${repositoryKey(call.scope, name)}`)
    .digest("hex");
  return nonce + proof.slice(0, 32);
}

function belongsTo(call: RegistryCall, name: string, id: string): boolean {
  const expected = Buffer.from(signedUploadId(call, name, id.slice(0, 32)));
  const given = Buffer.from(id);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
