import { createHash } from "node:crypto";
import { isDigest, isImageTag } from "../domain/image-reference.ts";
import { LARGEST_MANIFEST, MANIFEST_TYPES, readManifest, type ImageManifest } from "../domain/image-manifest.ts";
import type { ImageRecord } from "../state/ecr.ts";
import { repositoryKey } from "../state/ecr.ts";
import { deleteImage, findImage, listedBy, putImage, refuseImage, removeTag, type ImageRefusal } from "../state/ecr-images.ts";
import { readManifestText, storeManifest } from "../state/ecr-manifests.ts";
import { answer, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/** `HEAD` and `GET /v2/<name>/manifests/<tag or digest>`. */
export async function getManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  const { state, blobs } = call.platform;
  const key = repositoryKey(requireRepository(call, name), name);
  const found = findImage(state, key, reference);
  if (!found) throw unknownManifest();
  const image = acceptable(call, found);
  const headers = { "content-type": image.mediaType, "docker-content-digest": image.digest, etag: `"${image.digest}"` };
  if (call.method === "HEAD") {
    answer(call, 200, { ...headers, "content-length": image.manifestSize });
    return;
  }
  answer(call, 200, headers, await readManifestText(blobs, image.digest));
}

/** `PUT /v2/<name>/manifests/<tag or digest>`. */
export async function pushManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  requireRepository(call, name);
  const { state, clock } = call.platform;
  const bytes = await readBody(call);
  const algorithm = isDigest(reference) && reference.startsWith("sha512:") ? "sha512" : "sha256";
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  if (isDigest(reference)) {
    if (reference !== digest) throw new RegistryError(400, "DIGEST_INVALID", `the manifest has the digest ${digest}, not ${reference}`);
  } else if (!isImageTag(reference))
    throw new RegistryError(
      400,
      "TAG_INVALID",
      `Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''`,
    );
  const manifest = readPushed(bytes, call.request.headers["content-type"]);
  const image = { digest, manifest, manifestSize: bytes.length, ...(isDigest(reference) ? {} : { tag: reference }) };
  refuse(name, refuseImage(state, requireRepository(call, name), image));
  await storeManifest(call.platform, bytes, digest);
  // The world may have changed while the bytes went to disk: look again, and write in the same step.
  const repository = requireRepository(call, name);
  refuse(name, refuseImage(state, repository, image));
  putImage(state, repository, { ...image, now: clock.now() });
  await state.durable();
  const subject = manifest.subject === undefined ? {} : { "oci-subject": manifest.subject };
  answer(call, 201, { location: `/v2/${name}/manifests/${digest}`, "docker-content-digest": digest, ...subject });
}

/** `DELETE /v2/<name>/manifests/<tag or digest>`: a tag goes alone while the image has others. */
export async function deleteManifest(call: RegistryCall, name: string, reference: string): Promise<void> {
  const { state } = call.platform;
  const image = findImage(state, repositoryKey(requireRepository(call, name), name), reference);
  if (!image) throw unknownManifest();
  const lists = listedBy(state, image);
  if (lists.length > 0 && (isDigest(reference) || image.tags.length === 1))
    throw new RegistryError(405, "UNSUPPORTED", `Requested image referenced by manifest list: [${lists.join(", ")}]`);
  if (isDigest(reference)) deleteImage(state, image);
  else removeTag(state, image, reference);
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

/**
 * The manifest in a form that the client takes. An old client that knows no indexes gets the one for linux/amd64, as from
 * Docker's registry; a single manifest is never turned into another form, since its digest is its name.
 */
function acceptable(call: RegistryCall, image: ImageRecord): ImageRecord {
  const accepted = acceptedTypes(call.request.headers.accept);
  if (!accepted || accepted.has(image.mediaType)) return image;
  if (image.kind === "index" && Object.entries(MANIFEST_TYPES).some(([type, kind]) => kind === "image" && accepted.has(type))) {
    const listed = image.manifests.find(({ os, architecture }) => os === "linux" && architecture === "amd64");
    const child = listed && findImage(call.platform.state, image.repository, listed.digest);
    if (child && accepted.has(child.mediaType)) return child;
  }
  throw new RegistryError(404, "MANIFEST_UNKNOWN", `the manifest is ${image.mediaType}, which the Accept header does not name`);
}

/** `undefined` where everything is welcome. */
function acceptedTypes(header: string | undefined): ReadonlySet<string> | undefined {
  const types = (header ?? "").split(",").flatMap((entry) => entry.split(";")[0]?.trim() || []);
  return types.length === 0 || types.includes("*/*") || types.includes("application/*") ? undefined : new Set(types);
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

function unknownManifest(): RegistryError {
  return new RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found");
}
