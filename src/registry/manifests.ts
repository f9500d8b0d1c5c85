import { createHash } from "node:crypto";
import { isDigest, isImageTag } from "../domain/image-reference.ts";
import { LARGEST_MANIFEST, readManifest, type ImageManifest } from "../domain/image-manifest.ts";
import { repositoryKey } from "../state/ecr.ts";
import { ARCHIVED_IMAGE } from "../state/ecr-archive.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import { deleteImage, findImage, listedBy, putImage, refuseImage, untagImage, type ImageRefusal } from "../state/ecr-images.ts";
import { findImporting } from "../state/ecr-imports.ts";
import { readManifestText, storeManifest } from "../state/ecr-manifests.ts";
import { notePull } from "../state/ecr-pulls.ts";
import { acceptableManifest } from "./accept.ts";
import { answer, repositoryBlobs, requireRepository, warning, type RegistryCall } from "./call.ts";
import { createOnPush } from "./create-on-push.ts";
import { RegistryError } from "./errors.ts";

/** `HEAD` and `GET /v2/<name>/manifests/<tag or digest>`. */
export async function getManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  const { state, clock } = call.platform;
  const repository = requireRepository(call, name);
  const key = repositoryKey(repository, name);
  const found = findImporting(state, key, reference) ?? findImage(state, key, reference);
  if (!found) throw unknownManifest();
  const image = acceptableManifest(call, found, reference);
  if (image.status !== undefined) throw new RegistryError(404, "MANIFEST_UNKNOWN", ARCHIVED_IMAGE);
  const headers = {
    "content-type": image.mediaType,
    "docker-content-digest": image.digest,
    etag: `"${image.digest}"`,
    vary: "accept",
    ...(image !== found && warning(`${reference} is an index, which the Accept header does not name: this is its image for linux/amd64`)),
  };
  if (call.method === "HEAD") {
    answer(call, 200, { ...headers, "content-length": image.manifestSize });
    return;
  }
  const text = await readManifestText(repositoryBlobs(call, repository), image.digest);
  notePull(state, repository, image, call.holder.kind === "principal" ? call.holder.principal : undefined, clock.now());
  answer(call, 200, headers, text);
}

/** `PUT /v2/<name>/manifests/<tag or digest>`, and by digest with any number of tags, `?tag=<tag>&tag=<tag>`: all of them move to it, or none. */
export async function pushManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  createOnPush(call, name);
  requireRepository(call, name);
  const { state, clock, ids } = call.platform;
  const byDigest = reference.includes(":");
  if (byDigest && !isDigest(reference)) throw new RegistryError(400, "DIGEST_INVALID", `${reference} is no digest of sha256 or sha512`);
  const tags = byDigest ? [...new Set(call.query.getAll("tag"))] : [reference];
  if (!tags.every(isImageTag)) throw invalidTag();
  const bytes = await readBody(call);
  const algorithm = reference.startsWith("sha512:") ? "sha512" : "sha256";
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  if (byDigest && reference !== digest)
    throw new RegistryError(400, "DIGEST_INVALID", `the manifest has the digest ${digest}, not ${reference}`);
  const manifest = readPushed(bytes, call.request.headers["content-type"]);
  const image = { digest, manifest, manifestSize: bytes.length, moreTags: tags };
  const before = requireRepository(call, name);
  refuse(name, refuseImage(state, before, image));
  const blobs = repositoryBlobs(call, before);
  await storeManifest({ blobs, ids }, bytes, digest);
  // The world may have changed while the bytes went to disk: look again, and write in the same step.
  const repository = requireRepository(call, name);
  if (blobDomain(repository) !== blobs.domain)
    throw new RegistryError(404, "NAME_UNKNOWN", `the repository '${name}' was made anew meanwhile`);
  refuse(name, refuseImage(state, repository, image));
  putImage(state, repository, { ...image, now: clock.now() });
  const { subject } = manifest;
  const lonely = subject !== undefined && !findImage(state, repositoryKey(repository, name), subject);
  await state.durable();
  answer(call, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject !== undefined && { "oci-subject": subject }),
    ...(byDigest && tags.length > 0 && { "oci-tag": tags }),
    ...(lonely && warning(`the subject ${subject} is not in this repository`)),
  });
}

/**
 * `DELETE /v2/<name>/manifests/<tag or digest>`. By tag, only the tag goes; by digest, the manifest with all of its tags, but not while an
 * index lists it. Source: OCI distribution specification 1.1, "Content Management"; the refusal is ECR's.
 */
export async function deleteManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  const { state } = call.platform;
  const image = findImage(state, repositoryKey(requireRepository(call, name), name), reference);
  if (!image) throw unknownManifest();
  if (isDigest(reference)) {
    const lists = listedBy(state, image);
    if (lists.length > 0) throw new RegistryError(405, "UNSUPPORTED", `Requested image referenced by manifest list: [${lists.join(", ")}]`);
    deleteImage(state, image);
  } else untagImage(state, image, reference);
  await state.durable();
  answer(call, 202, {});
}

function readPushed(bytes: Buffer, contentType: string | undefined): ImageManifest {
  const reading = readManifest(bytes.toString(), contentType?.split(";")[0]?.trim());
  if ("invalid" in reading) throw new RegistryError(400, "MANIFEST_INVALID", `manifest invalid: ${reading.invalid}`);
  if ("unsupported" in reading) throw new RegistryError(405, "UNSUPPORTED", reading.unsupported);
  return reading.manifest;
}

function refuse(name: string, refusal: ImageRefusal | undefined): void {
  switch (refusal?.kind) {
    case undefined:
      return;
    case "layers-missing":
      throw new RegistryError(
        404,
        "MANIFEST_BLOB_UNKNOWN",
        `Layers with digests '[${refusal.digests.join(", ")}]' required for pushing image into repository with name '${name}' do not exist`,
      );
    case "images-missing":
      throw new RegistryError(
        404,
        "MANIFEST_BLOB_UNKNOWN",
        `Images with digests '[${refusal.digests.join(", ")}]' required for pushing image into repository with name '${name}' do not exist`,
      );
    case "tag-immutable":
      throw new RegistryError(
        400,
        "TAG_INVALID",
        `The image tag '${refusal.tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
      );
  }
}

async function readBody({ request }: RegistryCall): Promise<Buffer> {
  const tooLarge = (): RegistryError =>
    new RegistryError(413, "SIZE_INVALID", `a manifest may have ${LARGEST_MANIFEST} bytes`, { connection: "close" });
  if (Number(request.headers["content-length"] ?? 0) > LARGEST_MANIFEST) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_MANIFEST) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function invalidTag(): RegistryError {
  return new RegistryError(
    400,
    "TAG_INVALID",
    `Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''`,
  );
}

function unknownManifest(): RegistryError {
  return new RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found");
}
