import type { Random } from "../seeded-random.ts";
import { digestOf, type RegistryClient } from "./client.ts";
import type { Ledger, PushedImage } from "./ledger.ts";
import { WrongAnswerError } from "./pusher.ts";

/** How many of those that were found right before are looked at again in each life. */
const SAMPLE = 4;

/**
 * Compares the registry with the ledger, and settles there what was not answered. All that the last life touched is read whole, and
 * a sample of the rest; everything with `all`.
 * @throws WrongAnswerError
 */
export async function check(client: RegistryClient, ledger: Ledger, random: Random, life: number, all = false): Promise<void> {
  const fresh = ledger.images.filter((image) => all || image.life >= life - 1);
  const old = ledger.images.filter((image) => !fresh.includes(image));
  const sample = old.length === 0 ? [] : Array.from({ length: SAMPLE }, () => random.pick(old));
  for (const image of new Set([...fresh, ...sample])) await checkImage(client, image);
  for (const [name, { acknowledged, begun }] of ledger.tags) {
    const [repository = "", tag = ""] = name.split(":");
    const { status, body } = await client.send("GET", `/v2/${repository}/manifests/${tag}`);
    const digest = status === 200 ? digestOf(body) : undefined;
    if (digest !== acknowledged && (digest === undefined || !begun.has(digest)))
      throw new WrongAnswerError(`${name} is ${digest ?? String(status)}, not ${acknowledged ?? "absent"}`);
    if (digest !== undefined) ledger.acknowledgeTag(name, digest);
  }
}

async function checkImage(client: RegistryClient, image: PushedImage): Promise<void> {
  const { repository, digest, manifest, blobs, status: expected } = image;
  const { status, body } = await client.send("GET", `/v2/${repository}/manifests/${digest}`);
  if (status === 404) {
    if (expected === "pushed") throw new WrongAnswerError(`the image ${digest} was acknowledged and is lost`);
    image.status = "deleted";
    return;
  }
  if (status !== 200 || !body.equals(manifest))
    throw new WrongAnswerError(`the manifest ${digest} is answered with ${status} and other bytes`);
  if (expected === "deleted") throw new WrongAnswerError(`the image ${digest} was deleted and is back`);
  image.status = "pushed";
  for (const blob of blobs) {
    const found = await client.send("GET", `/v2/${repository}/blobs/${blob}`);
    if (found.status !== 200)
      throw new WrongAnswerError(`the image ${digest} has lost ${blob}: ${found.status} ${found.body.toString().slice(0, 200)}`);
    if (digestOf(found.body) !== blob) throw new WrongAnswerError(`${blob} has other bytes`);
  }
}
