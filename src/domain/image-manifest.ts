import { isDigest } from "./image-reference.ts";

/**
 * What a registry must know of a manifest: Docker's schema 2 and the OCI image specification 1.1, images and indexes alike.
 */
export interface ImageManifest {
  readonly kind: "image" | "index";
  readonly mediaType: string;
  /** The blobs that it is made of, configuration first; without those that are to be fetched from elsewhere. */
  readonly blobs: readonly Descriptor[];
  /** The manifests that an index lists. */
  readonly manifests: readonly PlatformDescriptor[];
  /** Of its configuration and layers, in bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly subject?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface PlatformDescriptor extends Descriptor {
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export const MANIFEST_TYPES = {
  "application/vnd.docker.distribution.manifest.v2+json": "image",
  "application/vnd.oci.image.manifest.v1+json": "image",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
  "application/vnd.oci.image.index.v1+json": "index",
} as const satisfies Readonly<Record<string, ImageManifest["kind"]>>;

type ManifestType = keyof typeof MANIFEST_TYPES;

function isManifestType(text: string): text is ManifestType {
  return Object.hasOwn(MANIFEST_TYPES, text);
}

/** Manifests that no registry needs to take: the OCI specification recommends at least this. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

export type ManifestReading =
  | { readonly manifest: ImageManifest }
  /** What is wrong, as a sentence. */
  | { readonly invalid: string }
  /** A manifest, but of a kind that is not served here, such as Docker's schema 1. */
  | { readonly unsupported: string };

/** @param contentType what the client says that it is; where absent, what the manifest says itself */
export function readManifest(text: string, contentType: string | undefined): ManifestReading {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { invalid: "the manifest is not JSON" };
  }
  if (!isObject(json)) return { invalid: "the manifest is not a JSON object" };
  if (json["schemaVersion"] !== 2) return { unsupported: "only manifests with schemaVersion 2 are supported" };
  const own = json["mediaType"];
  if (own !== undefined && typeof own !== "string") return { invalid: "mediaType is not a string" };
  if (own !== undefined && contentType !== undefined && own !== contentType)
    return { invalid: `the manifest says that it is ${own}, its Content-Type that it is ${contentType}` };
  const mediaType = own ?? contentType ?? guessType(json);
  if (!isManifestType(mediaType)) return { unsupported: `manifests of type ${mediaType} are not supported` };
  const image = MANIFEST_TYPES[mediaType] === "image";
  // Source: OCI image specification 1.1: a document that can be read as both must be read as neither.
  const alien = (image ? ["manifests"] : ["config", "layers"]).find((field) => field in json);
  if (alien !== undefined) return { invalid: `${mediaType} must not have ${alien}` };
  return image ? readImage(json, mediaType) : readIndex(json, mediaType);
}

/** OCI manifests need not name their type. */
function guessType(json: Readonly<Record<string, unknown>>): ManifestType {
  return "manifests" in json ? "application/vnd.oci.image.index.v1+json" : "application/vnd.oci.image.manifest.v1+json";
}

function readImage(json: Readonly<Record<string, unknown>>, mediaType: ManifestType): ManifestReading {
  const config = readDescriptor(json["config"]);
  if (!config) return { invalid: "config is missing or no descriptor" };
  const layers = readDescriptors(json["layers"]);
  if (!layers) return { invalid: "layers is missing, or one of them is no descriptor" };
  const blobs = [config, ...layers.filter((layer) => !isForeign(layer))];
  const size = [config, ...layers].reduce((sum, { size: bytes }) => sum + bytes, 0);
  if (!Number.isSafeInteger(size)) return { invalid: "config and layers are larger than can be counted" };
  const artifactType = readArtifactType(json) ?? config.mediaType;
  return finish(json, { kind: "image", mediaType, blobs, manifests: [], size, artifactType });
}

function readIndex(json: Readonly<Record<string, unknown>>, mediaType: ManifestType): ManifestReading {
  const manifests = readDescriptors(json["manifests"]);
  if (!manifests) return { invalid: "manifests is missing, or one of them is no descriptor" };
  const artifactType = readArtifactType(json);
  return finish(json, { kind: "index", mediaType, blobs: [], manifests, size: 0, ...(artifactType !== undefined && { artifactType }) });
}

/** An empty one is none: then the type of the configuration stands for it. */
function readArtifactType({ artifactType }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof artifactType === "string" && artifactType !== "" ? artifactType : undefined;
}

function finish(json: Readonly<Record<string, unknown>>, manifest: ImageManifest): ManifestReading {
  const subject = json["subject"] === undefined ? undefined : readDescriptor(json["subject"]);
  if (json["subject"] !== undefined && !subject) return { invalid: "subject is no descriptor" };
  const annotations = json["annotations"];
  if (annotations !== undefined && !isTextMap(annotations)) return { invalid: "annotations is not a map of strings" };
  return { manifest: { ...manifest, ...(subject && { subject: subject.digest }), ...(annotations && { annotations }) } };
}

/** A layer that lies elsewhere, as the base layers of Windows do; a registry need not have it. */
function isForeign(layer: Descriptor & { readonly urls?: boolean }): boolean {
  return layer.urls === true;
}

function readDescriptors(json: unknown): readonly PlatformDescriptor[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const read = json.map(readDescriptor);
  return read.every((descriptor) => descriptor !== undefined) ? read : undefined;
}

function readDescriptor(json: unknown): (PlatformDescriptor & { readonly urls?: boolean }) | undefined {
  if (!isObject(json)) return undefined;
  const { mediaType, digest, size, platform, urls } = json;
  if (typeof mediaType !== "string" || typeof digest !== "string" || typeof size !== "number") return undefined;
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0) return undefined;
  const { os, architecture } = isObject(platform) ? platform : {};
  return {
    mediaType,
    digest,
    size,
    ...(typeof os === "string" && typeof architecture === "string" && { platform: { os, architecture } }),
    ...(Array.isArray(urls) && urls.length > 0 && { urls: true }),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((entry) => typeof entry === "string");
}
