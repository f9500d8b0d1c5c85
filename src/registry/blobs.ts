import { BlobCorruptError, BlobMissingError } from "../ports/blob-store.ts";
import { imageKey, images, layers } from "../state/ecr.ts";
import { touchLayer } from "../state/ecr-images.ts";
import { answer, findLayer, repositoryBlobs, requireRepository, type OpenCall, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";
import { sendPieces } from "./pieces.ts";
import { readRange } from "./ranges.ts";

/** `HEAD` and `GET /v2/<name>/blobs/<digest>`. */
export async function getBlob(call: OpenCall, name: string, digest: string): Promise<void> {
  const blobs = repositoryBlobs(call, requireRepository(call, name));
  const { state, clock } = call.platform;
  const layer = findLayer(call, name, digest);
  if (!layer) throw unknownBlob();
  const { size } = layer;
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    "cache-control": "max-age=31536000",
    etag: `"${digest}"`,
  };
  if (call.method === "HEAD") {
    const found = await blobs.stat(digest);
    if (!found) throw unknownBlob();
    if (found.size !== size) throw new BlobCorruptError(`the blob ${digest} has ${found.size} bytes in the store, not ${size}`);
    // A push asks so, and counts on what it hears.
    touchLayer(state, layer, clock.now());
    answer(call, 200, { ...headers, "content-length": size });
    return;
  }
  const range = readRange(call.request.headers.range, size);
  if (range === "unsatisfiable")
    throw new RegistryError(416, "RANGE_INVALID", `the blob has ${size} bytes`, { "content-range": `bytes */${size}` });
  const stream = await blobs.read(digest, range, size).catch((cause: unknown) => {
    throw cause instanceof BlobMissingError ? unknownBlob() : cause;
  });
  if (range) {
    const part = { "content-range": `bytes ${range.start}-${range.end}/${size}`, "content-length": range.end - range.start + 1 };
    call.response.writeHead(206, { ...headers, ...part });
  } else call.response.writeHead(200, { ...headers, "content-length": size });
  await sendPieces(stream, call.response);
}

/** `DELETE /v2/<name>/blobs/<digest>`: takes it from this repository. The bytes go when no other one has it. */
export async function deleteBlob(call: RegistryCall, name: string, digest: string): Promise<void> {
  requireRepository(call, name);
  const { state } = call.platform;
  const layer = findLayer(call, name, digest);
  if (!layer) throw unknownBlob();
  const key = imageKey(layer.repository, digest);
  const [user] = state.table(images).by("blob", key);
  if (user) throw new RegistryError(405, "UNSUPPORTED", `the image ${user.digest} needs this blob`);
  state.commit(() => void state.table(layers).delete(key));
  await state.durable();
  answer(call, 202, {});
}

function unknownBlob(): RegistryError {
  return new RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry");
}
