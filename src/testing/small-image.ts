import { createHash } from "node:crypto";
import type { RegistryWorld } from "./registry-world.ts";

export const OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

export interface SmallImage {
  readonly digest: string;
  /** The manifest, as it was pushed. */
  readonly text: string;
  /** Configuration first. */
  readonly blobs: readonly { readonly digest: string; readonly bytes: Buffer }[];
}

export interface SmallImageOptions {
  /** What makes it another image than the next one. */
  readonly content?: string;
  readonly layers?: readonly Buffer[];
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** An image whose layers are whatever bytes: registries do not look into them. */
export function smallImage(options: SmallImageOptions = {}): SmallImage {
  const { content = "content", layers = [Buffer.from(content)], platform = { os: "linux", architecture: "amd64" } } = options;
  const config = { ...platform, rootfs: { type: "layers", diff_ids: layers.map(digestOf) }, config: { Labels: { content } } };
  const blobs = [Buffer.from(JSON.stringify(config)), ...layers].map((bytes) => ({ digest: digestOf(bytes), bytes }));
  const [configuration, ...rest] = blobs.map(({ digest, bytes }) => ({ digest, size: bytes.length }));
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_IMAGE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...configuration },
    layers: rest.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer })),
  });
  return { digest: digestOf(text), text, blobs };
}

/** An index of images, as `docker buildx` makes it. */
export function smallIndex(images: readonly SmallImage[], architectures: readonly string[]): Pick<SmallImage, "digest" | "text"> {
  const manifests = images.map(({ digest, text }, at) => ({
    mediaType: OCI_IMAGE,
    digest,
    size: text.length,
    platform: { os: "linux", architecture: architectures[at] ?? "amd64" },
  }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  return { digest: digestOf(text), text };
}

interface PushOptions {
  /** The `Authorization` header; root's of the default account and region where absent. */
  readonly authorization?: string;
}

/** Pushes an image as a client does: blobs first. Throws the registry's answer where it refuses. */
export async function pushImageTo(
  world: Pick<RegistryWorld, "fetch">,
  repository: string,
  reference: string,
  image: SmallImage,
  { authorization }: PushOptions = {},
): Promise<void> {
  const headers = authorization === undefined ? {} : { authorization };
  for (const { digest, bytes } of image.blobs)
    await must(world, `/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes, headers });
  await pushManifestTo(world, repository, reference, image.text, OCI_IMAGE, { ...(authorization === undefined ? {} : { authorization }) });
}

export async function pushManifestTo(
  world: Pick<RegistryWorld, "fetch">,
  repository: string,
  reference: string,
  text: string,
  type: string,
  { authorization }: PushOptions = {},
): Promise<void> {
  const headers = { "content-type": type, ...(authorization === undefined ? {} : { authorization }) };
  await must(world, `/v2/${repository}/manifests/${reference}`, { method: "PUT", body: text, headers });
}

async function must(world: Pick<RegistryWorld, "fetch">, path: string, init: RequestInit): Promise<void> {
  const answer = await world.fetch(path, init);
  if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}

/** The password that goes with the user `AWS` in the header of a token. */
export function passwordIn(authorization: string): string {
  return Buffer.from(authorization.replace(/^Basic /, ""), "base64")
    .toString()
    .replace(/^AWS:/, "");
}
