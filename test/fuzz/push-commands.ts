// oxlint-disable vitest/no-standalone-expect -- commands are defined here and run by the test that imports them

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import type { RawAnswer, RawRequest } from "./raw-request.ts";

type Algorithm = "sha256" | "sha512";

function digestOf(bytes: Uint8Array | string, algorithm: Algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

interface Upload {
  readonly location: string;
  bytes: Buffer;
  open: boolean;
}

/** What a registry that loses nothing would have. */
export class Model {
  readonly uploads: Upload[] = [];
  /** By digest: those that the repository has. */
  readonly blobs = new Map<string, Buffer>();
  /** By digest: the text of each manifest and the blobs that it needs. */
  readonly manifests = new Map<string, { readonly text: string; readonly needs: readonly string[] }>();
  readonly tags = new Map<string, string>();

  isNeeded(digest: string): boolean {
    return [...this.manifests.values()].some(({ needs }) => needs.includes(digest));
  }
}

/** The registry under test, in a repository of its own for each run. */
export interface Real {
  readonly repository: string;
  send(request: Omit<RawRequest, "headers"> & { readonly headers?: RawRequest["headers"] }): Promise<RawAnswer>;
  collect(): Promise<void>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command that a run can always do; it says by itself what a wrong choice must be answered. */
function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

function pick<T>(from: readonly T[], at: number): T | undefined {
  return from[at % Math.max(1, from.length)];
}

const range = (size: number): string => `0-${Math.max(0, size - 1)}`;
/** The bytes of a chunk: few different ones, so that the same blob is brought again. */
const chunk = fc
  .oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...["", "a", "layer"].map((text) => Buffer.from(text))))
  .map((bytes) => Buffer.from(bytes));
const algorithm = fc.constantFrom<Algorithm>("sha256", "sha512");

const start = fc.constant(
  command("start", async (model, real) => {
    const { status, headers } = await real.send({ method: "POST", path: `/v2/${real.repository}/blobs/uploads/` });
    expect([status, headers.range]).toEqual([202, "0-0"]);
    model.uploads.push({ location: String(headers.location), bytes: Buffer.alloc(0), open: true });
  }),
);

/** `shift` puts the chunk beside its place; without a declared range it goes to the end. */
const patch = fc.tuple(fc.nat(), chunk, fc.constantFrom(0, 0, 0, -1, 1, 7), fc.boolean()).map(([at, bytes, shift, declared]) =>
  command(`patch ${at} ${bytes.length} bytes ${declared ? `shifted by ${shift}` : ""}`, async (model, real) => {
    const upload = pick(model.uploads, at);
    if (!upload) return;
    const from = upload.bytes.length + shift;
    const says = declared && bytes.length > 0 && from >= 0;
    const contentRange = says ? { "content-range": `${from}-${from + bytes.length - 1}` } : {};
    const { status, headers } = await real.send({ method: "PATCH", path: upload.location, headers: contentRange, body: bytes });
    const misplaced = says && shift !== 0;
    if (upload.open && !misplaced) upload.bytes = Buffer.concat([upload.bytes, bytes]);
    const told = [misplaced ? 416 : 202, range(upload.bytes.length), upload.location];
    expect([status, headers.range, headers.location]).toEqual(upload.open ? told : [404, undefined, undefined]);
  }),
);

/** Two chunks for one place at once: one of them gets it. */
const race = fc.tuple(fc.nat(), chunk, chunk).map(([at, one, two]) =>
  command(`race ${at}`, async (model, real) => {
    const upload = pick(model.uploads, at);
    if (!upload?.open || one.length === 0 || two.length === 0) return;
    const from = upload.bytes.length;
    const answers = await Promise.all(
      [one, two].map((bytes) => {
        const headers = { "content-range": `${from}-${from + bytes.length - 1}` };
        return real.send({ method: "PATCH", path: upload.location, headers, body: bytes });
      }),
    );
    const [first, second] = answers.map((answer) => answer.status);
    expect([first, second]).toEqual(first === 202 ? [202, 416] : [416, 202]);
    upload.bytes = Buffer.concat([upload.bytes, first === 202 ? one : two]);
  }),
);

const status = fc.nat().map((at) =>
  command(`status ${at}`, async (model, real) => {
    const upload = pick(model.uploads, at);
    if (!upload) return;
    const answer = await real.send({ method: "GET", path: upload.location });
    expect([answer.status, answer.headers.range]).toEqual(upload.open ? [204, range(upload.bytes.length)] : [404, undefined]);
  }),
);

const cancel = fc.nat().map((at) =>
  command(`cancel ${at}`, async (model, real) => {
    const upload = pick(model.uploads, at);
    if (!upload) return;
    expect((await real.send({ method: "DELETE", path: upload.location })).status).toBe(upload.open ? 204 : 404);
    upload.open = false;
  }),
);

/** With the right digest or another one; either way the upload is over. */
const finish = fc.tuple(fc.nat(), chunk, algorithm, fc.integer({ max: 4, min: 0 })).map(([at, tail, by, wrong]) =>
  command(`finish ${at} ${by} ${wrong === 0 ? "wrongly" : ""}`, async (model, real) => {
    const upload = pick(model.uploads, at);
    if (!upload) return;
    const bytes = Buffer.concat([upload.bytes, tail]);
    const digest = digestOf(wrong === 0 ? `not ${bytes.toString("hex")}` : bytes, by);
    const answer = await real.send({ method: "PUT", path: `${upload.location}?digest=${digest}`, body: tail });
    expect(answer.status).toBe(!upload.open ? 404 : wrong === 0 ? 400 : 201);
    if (answer.status === 201) model.blobs.set(digest, bytes);
    upload.open = false;
  }),
);

const pushWhole = fc.tuple(chunk, algorithm).map(([bytes, by]) =>
  command(`push ${bytes.length} bytes`, async (model, real) => {
    const digest = digestOf(bytes, by);
    const { status: got } = await real.send({
      method: "POST",
      path: `/v2/${real.repository}/blobs/uploads/?digest=${digest}`,
      body: bytes,
    });
    expect(got).toBe(201);
    model.blobs.set(digest, bytes);
  }),
);

const pull = fc.nat().map((at) =>
  command(`pull ${at}`, async (model, real) => {
    const [digest, bytes] = pick([...model.blobs], at) ?? [digestOf("never pushed"), undefined];
    const answer = await real.send({ method: "GET", path: `/v2/${real.repository}/blobs/${digest}` });
    expect(answer.status).toBe(bytes ? 200 : 404);
    expect(!bytes || answer.body.equals(bytes)).toBe(true);
  }),
);

const deleteBlob = fc.nat().map((at) =>
  command(`delete blob ${at}`, async (model, real) => {
    const digest = pick([...model.blobs.keys()], at) ?? digestOf("never pushed");
    const answer = await real.send({ method: "DELETE", path: `/v2/${real.repository}/blobs/${digest}` });
    expect(answer.status).toBe(!model.blobs.has(digest) ? 404 : model.isNeeded(digest) ? 405 : 202);
    if (answer.status === 202) model.blobs.delete(digest);
  }),
);

const IMAGE = "application/vnd.oci.image.manifest.v1+json";

const putManifest = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("a", "b", "c"), fc.boolean()).map(([config, layer, tag, incomplete]) =>
  command(`put manifest ${tag} ${incomplete ? "incomplete" : ""}`, async (model, real) => {
    const needs = [config, layer].map((at) => pick([...model.blobs.keys()], at) ?? digestOf("never pushed"));
    if (incomplete) needs.push(digestOf("never pushed either"));
    const [first, ...layers] = needs.map((digest) => ({ mediaType: "application/x", digest, size: model.blobs.get(digest)?.length ?? 0 }));
    const text = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: first, layers });
    const whole = needs.every((digest) => model.blobs.has(digest));
    const path = `/v2/${real.repository}/manifests/${tag}`;
    const answer = await real.send({ method: "PUT", path, headers: { "content-type": IMAGE }, body: Buffer.from(text) });
    expect(answer.status).toBe(whole ? 201 : 404);
    if (!whole) return;
    model.manifests.set(digestOf(text), { text, needs });
    model.tags.set(tag, digestOf(text));
  }),
);

const deleteManifest = fc.nat().map((at) =>
  command(`delete manifest ${at}`, async (model, real) => {
    const digest = pick([...model.manifests.keys()], at) ?? digestOf("never pushed");
    const answer = await real.send({ method: "DELETE", path: `/v2/${real.repository}/manifests/${digest}` });
    expect(answer.status).toBe(model.manifests.delete(digest) ? 202 : 404);
    for (const [tag, of] of model.tags) if (of === digest) model.tags.delete(tag);
  }),
);

const deleteTag = fc.constantFrom("a", "b", "c").map((tag) =>
  command(`delete tag ${tag}`, async (model, real) => {
    const answer = await real.send({ method: "DELETE", path: `/v2/${real.repository}/manifests/${tag}` });
    expect(answer.status).toBe(model.tags.delete(tag) ? 202 : 404);
  }),
);

/** The collector takes what no manifest needs, and no more. */
const collect = fc.constant(
  command("collect", async (model, real) => {
    await real.collect();
    for (const digest of model.blobs.keys()) if (!model.isNeeded(digest)) model.blobs.delete(digest);
    for (const upload of model.uploads) upload.open = false;
  }),
);

/** All that the model has is there, and no tag besides. */
export async function expectAll(model: Model, real: Real): Promise<void> {
  for (const [digest, bytes] of model.blobs)
    expect((await real.send({ method: "GET", path: `/v2/${real.repository}/blobs/${digest}` })).body.equals(bytes)).toBe(true);
  for (const [digest, { text }] of model.manifests)
    expect((await real.send({ method: "GET", path: `/v2/${real.repository}/manifests/${digest}` })).body.toString()).toBe(text);
  const { body } = await real.send({ method: "GET", path: `/v2/${real.repository}/tags/list` });
  expect(JSON.parse(body.toString())).toEqual({ name: real.repository, tags: [...model.tags.keys()].toSorted() });
}

/** Sequences of everything that a client and the collector may do. */
export const commands = fc.commands(
  [start, patch, patch, race, status, cancel, finish, pushWhole, pull, deleteBlob, putManifest, deleteManifest, deleteTag, collect],
  { maxCommands: 30 },
);
