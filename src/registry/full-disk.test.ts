import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test, vi } from "vitest";
import { digestOf } from "../testing/blob-store-contract.ts";
import { journalOnFullDisk } from "../testing/journal-on-full-disk.ts";
import { registryWorld } from "../testing/registry-world.ts";

/** Bytes that there is room for. */
const disk = vi.hoisted(() => ({ left: Infinity }));
vi.mock("../drivers/filesystem/free-space.ts", () => ({
  roomOn: () => (bytes: number) => {
    disk.left -= bytes;
    return disk.left < 0 ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })) : Promise.resolve();
  },
}));

const MIB = 1024 * 1024;

async function worldWithRepository() {
  disk.left = Infinity;
  const journal = journalOnFullDisk();
  const world = await registryWorld({ journal });
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const begin = async () => (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  const uploads = () => readdir(join(world.directory, "uploads"));
  return { world, journal, begin, uploads, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test.each(["PATCH", "PUT"])(
  "an upload whose %s finds no room leaves nothing behind, and a new one finds what it had taken",
  async (method) => {
    await using all = await worldWithRepository();
    const bytes = randomBytes(3 * MIB);
    const location = await all.begin();
    await all.world.fetch(location, { method: "PATCH", body: bytes.subarray(0, MIB + 1) });
    disk.left = MIB;
    const query = method === "PUT" ? `?digest=${digestOf(bytes)}` : "";
    const refused = await all.world.fetch(`${location}${query}`, { method, body: bytes.subarray(MIB + 1) });
    expect(refused.status).toBe(507);
    expect(await all.uploads()).toEqual([]);
    disk.left = Infinity;
    expect((await all.world.fetch(location)).status).toBe(404);
    const again = await all.world.fetch(`${await all.begin()}?digest=${digestOf(bytes)}`, { method: "PUT", body: bytes });
    expect([again.status, all.world.defects]).toEqual([201, []]);
  },
);

test("what cannot be recorded is unavailable, and pulls go on", async () => {
  await using all = await worldWithRepository();
  const bytes = randomBytes(1000);
  const push = async (content: Buffer) =>
    all.world.fetch(`/v2/app/blobs/uploads/?digest=${digestOf(content)}`, { method: "POST", body: content });
  expect((await push(bytes)).status).toBe(201);
  all.journal.room = "reserve";
  const refused = await push(randomBytes(1000));
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { errors: [{ code: "UNAVAILABLE", message: "the registry has no room to record anything: free some space and try again" }] },
  ]);
  const pulled = await all.world.fetch(`/v2/app/blobs/${digestOf(bytes)}`);
  expect(Buffer.from(await pulled.arrayBuffer())).toEqual(bytes);
  expect(all.world.defects).toEqual([]);
});
