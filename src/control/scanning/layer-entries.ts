import { errorText } from "../../domain/error-text.ts";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import type { Blobs } from "../../ports/blob-store.ts";
import { UnreadableImageError, type ReadingBudget } from "./reading-budget.ts";

export interface LayerEntry {
  /** Without a leading `./` or `/`. */
  readonly path: string;
  readonly kind: "directory" | "file" | "hard-link" | "other";
  /** Of a hard link: the path that it is another name of. */
  readonly target?: string;
  /** In bytes. */
  readonly size: number;
  /** The content as text; may be called once, before the next entry is asked for. */
  text(): Promise<string>;
}

/** The entries of a layer, in their order. @throws UnreadableImageError where it is no tar file, is damaged, or takes too much */
export async function* layerEntries(blobs: Blobs, digest: string, budget: ReadingBudget): AsyncIterable<LayerEntry> {
  try {
    const size = (await blobs.stat(digest))?.size;
    // A layer of nothing, not even the end that tar files have, is what some builders make of an empty one.
    if (size === 0) return;
    const compression = compressionOf(await head(blobs, digest, Math.min(size ?? 4, 4)));
    if (compression === "zstd")
      throw new UnreadableImageError(`the layer ${digest} is compressed with zstd; gzip and plain layers can be read`);
    const bytes = metered(Readable.from(await blobs.read(digest)), compression === "gzip", budget);
    for await (const { header, body } of ReadableStream.from(bytes).pipeThrough(createTarDecoder({ strict: true }))) {
      budget.readEntry();
      let taken = false;
      const path = normalized(header.name);
      yield {
        path,
        kind: kindOf(header.type),
        ...(header.type === "link" && { target: normalized(header.linkname ?? "") }),
        size: header.size,
        async text() {
          taken = true;
          budget.keepBytes(header.size);
          const chunks: Uint8Array[] = [];
          try {
            for await (const chunk of body) chunks.push(chunk);
          } catch (cause) {
            throw unreadable(digest, cause, budget);
          }
          return Buffer.concat(chunks).toString();
        },
      };
      if (!taken) await body.cancel();
    }
  } catch (cause) {
    throw unreadable(digest, cause, budget);
  }
}

/** What goes wrong with a layer is its own fault, unless reading it was stopped. */
function unreadable(digest: string, cause: unknown, { stop }: ReadingBudget): unknown {
  if (cause instanceof UnreadableImageError || stop.aborted) return cause;
  return new UnreadableImageError(`the layer ${digest} cannot be read: ${errorText(cause)}`, {
    cause,
  });
}

async function head(blobs: Blobs, digest: string, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await blobs.read(digest, { start: 0, end: count - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** By the first bytes: media types are what a client says. */
function compressionOf(first: Buffer): "gzip" | "zstd" | "none" {
  const magic = first.toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  return magic === "28b52ffd" ? "zstd" : "none";
}

async function* metered(source: Readable, gzipped: boolean, budget: ReadingBudget): AsyncIterable<Uint8Array> {
  let stream = source;
  if (gzipped) {
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    // What goes wrong shows in `gunzip`, which is read below.
    pipeline(source, gunzip).catch(() => undefined);
    stream = gunzip;
  }
  for await (const chunk of stream) {
    budget.readBytes((chunk as Uint8Array).length);
    yield chunk as Uint8Array;
  }
}

function kindOf(type: string | undefined): LayerEntry["kind"] {
  if (type === undefined || type === "file") return "file";
  if (type === "link") return "hard-link";
  return type === "directory" ? "directory" : "other";
}

function normalized(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
