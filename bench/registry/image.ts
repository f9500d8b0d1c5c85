import { createHash, randomBytes } from "node:crypto";

/** Something to push: its bytes in pieces, its digest computed before anything is measured. */
export interface Content {
  readonly pieces: readonly Uint8Array[];
  readonly size: number;
  readonly digest: string;
}

export interface Image {
  readonly tag: string;
  readonly layers: readonly Content[];
  readonly config: Content;
  readonly manifest: Content;
}

export const MEBIBYTE = 1024 * 1024;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** Bytes that no compression, and no file system, can make less of. Layers are parts of them with a first piece of their own. */
const noise = randomBytes(32 * MEBIBYTE);

/** An image that nobody pushed before, of so many bytes in so many layers of one size. */
export function newImage(size: number, layerCount: number): Image {
  const unique = randomBytes(8).toString("hex");
  const layers = Array.from({ length: layerCount }, () => newLayer(Math.floor(size / layerCount)));
  const config = json({
    architecture: "amd64",
    os: "linux",
    author: unique,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  });
  const described = (mediaType: string, content: Content): object => ({ mediaType, size: content.size, digest: content.digest });
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: described(CONFIG, config),
    layers: layers.map((layer) => described(LAYER, layer)),
  });
  return { tag: `t${unique}`, layers, config, manifest };
}

function newLayer(size: number): Content {
  const pieces: Uint8Array[] = [randomBytes(Math.min(32, size))];
  for (let rest = size - (pieces[0]?.length ?? 0), at = 0; rest > 0; at = (at + MEBIBYTE) % noise.length) {
    const piece = noise.subarray(at, at + Math.min(MEBIBYTE, rest));
    pieces.push(piece);
    rest -= piece.length;
  }
  return content(pieces);
}

function json(value: object): Content {
  return content([Buffer.from(JSON.stringify(value))]);
}

function content(pieces: readonly Uint8Array[]): Content {
  const hash = createHash("sha256");
  let size = 0;
  for (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { pieces, size, digest: `sha256:${hash.digest("hex")}` };
}

export const manifestType = MANIFEST;
