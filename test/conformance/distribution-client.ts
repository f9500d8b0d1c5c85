import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { registryWorld, type RegistryWorld } from "../../src/testing/registry-world.ts";

export type Algorithm = "sha256" | "sha512";

export function digestOf(bytes: Uint8Array | string, algorithm: Algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** The two repositories of the suite. */
export const [FIRST, SECOND] = ["conformance/repo1", "conformance/repo2"] as const;

/** A registry with the suite's repositories, both empty. */
export async function conformanceWorld(): Promise<RegistryWorld> {
  const world = await registryWorld();
  for (const repositoryName of [FIRST, SECOND]) await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName }));
  return world;
}

/** The least size of a chunk that the suite sends. */
const CHUNK = 1024;
/** Three chunks, the last of which is not whole. */
export const THREE_CHUNKS = 3 * CHUNK - 5;
const OCTETS = { "content-type": "application/octet-stream" };

interface BlobPush {
  readonly world: RegistryWorld;
  readonly repository: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Brings a blob in one way; resolves with the answer that ends it, whatever it is, and checks those before. */
export type BlobUpload = (push: BlobPush) => Promise<Response>;

export const UPLOADS: Readonly<Record<string, { readonly size: number; readonly upload: BlobUpload }>> = {
  "post only": { size: 512, upload: postOnly },
  "post+put": { size: 512, upload: postPut },
  "chunked single": { size: 512, upload: chunked({}) },
  stream: { size: 512, upload: stream },
  "chunked multi": { size: THREE_CHUNKS, upload: chunked({}) },
  "chunked multi and put chunk": { size: THREE_CHUNKS, upload: chunked({ putLast: true }) },
  "chunked out-of-order": { size: THREE_CHUNKS, upload: chunked({ outOfOrder: true }) },
  "chunked out-of-order and put chunk": { size: THREE_CHUNKS, upload: chunked({ outOfOrder: true, putLast: true }) },
};

function postOnly({ world, repository, bytes, digest }: BlobPush): Promise<Response> {
  return world.fetch(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes, headers: OCTETS });
}

async function postPut(push: BlobPush): Promise<Response> {
  const location = await startUpload(push);
  return push.world.fetch(`${location}?digest=${push.digest}`, { method: "PUT", body: push.bytes, headers: OCTETS });
}

async function stream(push: BlobPush): Promise<Response> {
  const location = await startUpload(push);
  const body = new ReadableStream({
    start(controller) {
      if (push.bytes.length > 0) controller.enqueue(push.bytes);
      controller.close();
    },
  });
  const sent = await push.world.fetch(location, { method: "PATCH", body, duplex: "half", headers: OCTETS });
  expect(sent.status).toBe(202);
  return push.world.fetch(`${locationOf(sent)}?digest=${push.digest}`, { method: "PUT", headers: OCTETS });
}

function chunked({ putLast = false, outOfOrder = false }: { readonly putLast?: boolean; readonly outOfOrder?: boolean }): BlobUpload {
  return async (push) => {
    const { world, bytes, digest } = push;
    let location = await startUpload(push);
    const send = (start: number, last: boolean): Promise<Response> => {
      const chunk = bytes.subarray(start, start + CHUNK);
      return world.fetch(last ? `${location}?digest=${digest}` : location, {
        method: last ? "PUT" : "PATCH",
        body: chunk,
        headers: { ...OCTETS, "content-range": `${start}-${start + chunk.length - 1}` },
      });
    };
    for (let start = 0; start < bytes.length; start += CHUNK) {
      if (outOfOrder) {
        const wrong = start + CHUNK < bytes.length ? start + CHUNK : 0;
        const refused = await send(wrong, putLast && wrong + CHUNK >= bytes.length);
        expect(refused.status).toBe(416);
        location = locationOf(refused);
        const status = await world.fetch(location);
        expect([status.status, status.headers.get("range")]).toEqual([204, `0-${Math.max(0, start - 1)}`]);
        location = locationOf(status);
      }
      const last = putLast && start + CHUNK >= bytes.length;
      const sent = await send(start, last);
      if (last) return sent;
      expect([sent.status, sent.headers.get("range")]).toEqual([202, `0-${Math.min(start + CHUNK, bytes.length) - 1}`]);
      location = locationOf(sent);
    }
    return world.fetch(`${location}?digest=${digest}`, { method: "PUT", headers: { ...OCTETS, "content-length": "0" } });
  };
}

export async function startUpload({ world, repository }: Pick<BlobPush, "world" | "repository">): Promise<string> {
  const started = await world.fetch(`/v2/${repository}/blobs/uploads/`, { method: "POST" });
  expect(started.status).toBe(202);
  return locationOf(started);
}

/** Clients append `?digest=` to it, some without looking: it must have no query of its own. */
export function locationOf(answer: Response): string {
  const location = answer.headers.get("location") ?? "";
  expect(location).toMatch(/^\/v2\/[^?]+$/);
  return location;
}

export async function pushBlob(push: Omit<BlobPush, "digest"> & { readonly digest?: string }): Promise<string> {
  const digest = push.digest ?? digestOf(push.bytes);
  expectCreated(await postOnly({ ...push, digest }), digest);
  return digest;
}

export function expectCreated(answer: Response, digest: string): void {
  expect([answer.status, answer.headers.get("docker-content-digest")]).toEqual([201, digest]);
}

export async function expectBlob({ world, repository, bytes, digest }: BlobPush, location?: string): Promise<void> {
  const path = `/v2/${repository}/blobs/${digest}`;
  for (const [url, method] of [...(location === undefined ? [] : [[location, "GET"] as const]), [path, "HEAD"], [path, "GET"]] as const) {
    const answer = await world.fetch(url, { method });
    const body = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, answer.headers.get("content-length"), answer.headers.get("docker-content-digest")]).toEqual([
      200,
      String(bytes.length),
      digest,
    ]);
    expect(body.equals(method === "HEAD" ? Buffer.alloc(0) : bytes)).toBe(true);
  }
}

/** Gone at once, not only some time after. */
export async function expectDeleted(world: RegistryWorld, path: string): Promise<void> {
  const answer = await world.fetch(path, { method: "DELETE" });
  expect([202, 404]).toContain(answer.status);
  expect((await world.fetch(path, { method: "HEAD" })).status).toBe(404);
}

export function randomBlob(size: number): Buffer {
  return randomBytes(size);
}
