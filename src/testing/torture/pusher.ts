import { randomFillSync } from "node:crypto";
import type { Random } from "../seeded-random.ts";
import { digestOf, type RegistryClient } from "./client.ts";
import { REPOSITORIES } from "./installation.ts";
import type { CutUpload, Ledger, PushedImage } from "./ledger.ts";

interface PushParts {
  readonly client: RegistryClient;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Tells pushers apart: each has a tag of its own. */
  readonly number: number;
  readonly life: number;
}

/** The registry gave an answer that it must not give. */
export class WrongAnswerError extends Error {}

/** Pushes image after image, and deletes some, until a request fails; or until it is enough. */
export async function pushImages(parts: PushParts, enough: () => boolean = () => false): Promise<void> {
  while (!enough()) {
    await pushImage(parts);
    if (parts.random.chance(0.2)) await deleteOne(parts);
  }
}

async function pushImage({ client, ledger, random, number, life }: PushParts): Promise<void> {
  const repository = random.pick(REPOSITORIES);
  const layers = Array.from({ length: random.between(1, 2) }, () => newBlob(random));
  const config = newBlob(random, 400);
  const blobs = [config, ...layers];
  await Promise.all(blobs.map((bytes) => pushBlob({ client, ledger, random }, repository, bytes)));
  const described = (bytes: Buffer, mediaType: string): object => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: described(config, "application/vnd.oci.image.config.v1+json"),
      layers: layers.map((bytes) => described(bytes, "application/vnd.oci.image.layer.v1.tar")),
    }),
  );
  const digest = digestOf(manifest);
  const image: PushedImage = { repository, digest, manifest, blobs: blobs.map(digestOf), status: "pushing", life };
  const tag = `latest-${number}`;
  ledger.images.push(image);
  ledger.beginTag(`${repository}:${tag}`, digest);
  const type = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  expect(await client.send("PUT", `/v2/${repository}/manifests/${tag}`, manifest, type), 201);
  image.status = "pushed";
  ledger.acknowledgeTag(`${repository}:${tag}`, digest);
}

/** Small ones, ones of several chunks, ones of exactly a chunk. */
function newBlob(
  random: Random,
  size = random.pick([
    random.between(10, 5000),
    random.between(10, 5000),
    random.between(10, 400_000),
    262_144,
    random.between(500_000, 1_500_000),
  ]),
): Buffer {
  return randomFillSync(Buffer.allocUnsafe(size));
}

async function pushBlob({ client, ledger, random }: Omit<PushParts, "number" | "life">, repository: string, bytes: Buffer): Promise<void> {
  const digest = digestOf(bytes);
  const uploads = `/v2/${repository}/blobs/uploads/`;
  if (random.chance(0.3)) {
    expect(await client.send("POST", `${uploads}?digest=${digest}`, bytes), 201);
    return;
  }
  const started = await client.send("POST", uploads);
  expect(started, 202);
  const location = started.headers.location ?? "";
  const parts = random.between(1, 3);
  let acknowledged = 0;
  try {
    for (let part = 1; part <= parts; part += 1) {
      const end = Math.floor((bytes.length * part) / parts);
      expect(await client.send("PATCH", location, bytes.subarray(acknowledged, end)), 202);
      acknowledged = end;
    }
    expect(await client.send("PUT", `${location}?digest=${digest}`), 201);
  } catch (cause) {
    ledger.uploads.push({ repository, location, bytes, digest, acknowledged });
    throw cause;
  }
}

async function deleteOne({ client, ledger, random, life }: PushParts): Promise<void> {
  const tagged = new Set([...ledger.tags.values()].flatMap(({ acknowledged, begun }) => [acknowledged, ...begun]));
  const free = ledger.images.filter(({ status, digest }) => status === "pushed" && !tagged.has(digest));
  if (free.length === 0) return;
  const image = random.pick(free);
  image.status = "deleting";
  image.life = life;
  expect(await client.send("DELETE", `/v2/${image.repository}/manifests/${image.digest}`), 202);
  image.status = "deleted";
}

/** Goes on with an upload of an earlier life, from where the registry says that it stands. */
export async function resume(client: RegistryClient, { location, bytes, digest, acknowledged, repository }: CutUpload): Promise<void> {
  const asked = await client.send("GET", location);
  if (asked.status === 404) {
    // The commit was done, only its answer was not: then the blob is there. Or the upload's last life ended before its first byte.
    const there = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
    if (there.status === 200 && digestOf(there.body) !== digest) throw new WrongAnswerError(`${digest} has other bytes`);
    if (there.status !== 200 && there.status !== 404) throw new WrongAnswerError(`${digest} is answered with ${there.status}`);
    return;
  }
  expect(asked, 204);
  const last = Number(/^0-(\d+)$/.exec(String(asked.headers.range))?.[1]);
  // `0-0` stands for nothing and for one byte; no part has one byte.
  const size = last === 0 ? 0 : last + 1;
  if (!(size <= bytes.length)) throw new WrongAnswerError(`the upload has ${size} bytes of ${bytes.length}`);
  if (size < acknowledged) throw new WrongAnswerError(`of ${acknowledged} bytes that were acknowledged, the upload has ${size}`);
  if (size < bytes.length) expect(await client.send("PATCH", location, bytes.subarray(size)), 202);
  expect(await client.send("PUT", `${location}?digest=${digest}`), 201);
}

function expect({ status, body }: { readonly status: number; readonly body: Buffer }, wanted: number): void {
  if (status !== wanted) throw new WrongAnswerError(`answered with ${status} where ${wanted} is right: ${body.toString().slice(0, 300)}`);
}
