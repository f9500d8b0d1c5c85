import { createHash } from "node:crypto";
import type { Connection, Received } from "./connection.ts";
import { manifestType, type Content, type Image } from "./image.ts";

/** Pushes an image with the requests that docker makes: is it there, begin, send, end; the manifest under its tag last. */
export async function pushImage(connection: Connection, repository: string, image: Image): Promise<void> {
  for (const blob of [...image.layers, image.config]) await pushBlob(connection, repository, blob);
  const { pieces, digest } = image.manifest;
  const headers = { "content-type": manifestType };
  const pushed = await connection.send({ method: "PUT", path: `/v2/${repository}/manifests/${image.tag}`, headers, body: pieces });
  expect(pushed, 201, `the manifest ${digest}`);
}

export async function pushBlob(connection: Connection, repository: string, { pieces, digest }: Content): Promise<void> {
  expect(await connection.send({ method: "HEAD", path: `/v2/${repository}/blobs/${digest}` }), 404, `the blob ${digest} before its push`);
  const begun = await connection.send({ method: "POST", path: `/v2/${repository}/blobs/uploads/` });
  const started = locationOf(expect(begun, 202, "an upload"));
  const headers = { "content-type": "application/octet-stream" };
  const sent = await connection.send({ method: "PATCH", path: started, headers, body: pieces });
  const next = locationOf(expect(sent, 202, `the bytes of ${digest}`));
  const end = `${next}${next.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
  expect(await connection.send({ method: "PUT", path: end }), 201, `the blob ${digest}`);
}

/** Pulls an image by its tag and throws it away. With `verify`, what came is hashed: not while anything is measured. */
export async function pullImage(connection: Connection, repository: string, image: Image, verify = false): Promise<void> {
  const headers = { accept: manifestType };
  const manifest = await connection.send({ method: "GET", path: `/v2/${repository}/manifests/${image.tag}`, headers, keep: true });
  expect(manifest, 200, `the manifest of ${image.tag}`);
  const { config, layers } = JSON.parse(manifest.body.toString()) as Record<"config", Described> & Record<"layers", readonly Described[]>;
  for (const blob of [config, ...layers]) await pullBlob(connection, repository, blob, verify);
}

interface Described {
  readonly digest: string;
  readonly size: number;
}

export async function pullBlob(connection: Connection, repository: string, { digest, size }: Described, verify = false): Promise<void> {
  const hash = verify ? createHash("sha256") : undefined;
  const got = await connection.send({ method: "GET", path: `/v2/${repository}/blobs/${digest}`, ...(hash && { hash }) });
  expect(got, 200, `the blob ${digest}`);
  if (got.size !== size) throw new Error(`the blob ${digest} came with ${got.size} bytes, not ${size}`);
  if (hash && `sha256:${hash.digest("hex")}` !== digest) throw new Error(`the blob ${digest} came with other bytes`);
}

function expect(received: Received, status: number, what: string): Received {
  if (received.status !== status) throw new Error(`${what} was answered with ${received.status}, not ${status}`);
  return received;
}

/** The path of a Location, which may be a whole address. */
function locationOf({ headers }: Received): string {
  const { pathname, search } = new URL(headers["location"] ?? "", "http://registry");
  return pathname + search;
}
