import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { packTar, type TarHeader } from "modern-tar";

/** What a layer has at a path: a text file, or another kind of entry. */
export type LayerContent = string | { readonly type: "directory" } | { readonly type: "symlink" | "link"; readonly linkname: string };

export interface BuiltImage {
  readonly manifest: string;
  readonly digest: string;
  readonly layerDigests: readonly string[];
  /** Configuration and layers, by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Of all files: one layer has one digest, whichever second it is made in. */
const MTIME = new Date(0);

/** A layer of these paths, in their order. */
export async function tarLayer(content: Readonly<Record<string, LayerContent>>): Promise<Buffer> {
  const entries = Object.entries(content).map(([name, what]) => {
    if (typeof what === "string") return { header: { name, size: Buffer.byteLength(what), mtime: MTIME }, body: what };
    const header: TarHeader = { name, size: 0, mtime: MTIME, ...what };
    return { header };
  });
  return Buffer.from(await packTar(entries));
}

/** An OCI image of these layers, which are compressed where they are given as paths. */
export async function builtImage(...layers: readonly (Buffer | Readonly<Record<string, LayerContent>>)[]): Promise<BuiltImage> {
  const bytes = await Promise.all(layers.map(async (layer) => (Buffer.isBuffer(layer) ? layer : gzipSync(await tarLayer(layer)))));
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", layers: bytes.map(digestOf) }));
  const descriptor = (mediaType: string, blob: Buffer) => ({ mediaType, digest: digestOf(blob), size: blob.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: bytes.map((layer) => descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)),
  });
  return {
    manifest,
    digest: digestOf(manifest),
    layerDigests: bytes.map(digestOf),
    blobs: new Map([config, ...bytes].map((blob) => [digestOf(blob), blob])),
  };
}
