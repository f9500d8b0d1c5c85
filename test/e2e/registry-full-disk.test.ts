import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { digestOf, RegistryClient, type Answer } from "../../src/testing/torture/client.ts";
import { startRegistry } from "../../src/testing/torture/torture.ts";

const MEGABYTE = 1_000_000;
const UPLOADS = "/v2/common-keys/blobs/uploads/";

/** A disk of 40 megabytes. Only root may make one. */
async function smallDisk(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "airfield-full-"));
  const { code, stderr } = await runCommand("mount", ["-t", "tmpfs", "-o", "size=40m", "airfield-test", path], process.env);
  if (code !== 0) throw new Error(`mount failed: ${stderr}`);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await runCommand("umount", [path], process.env);
      await rm(path, { recursive: true });
    },
  };
}

test.skipIf(process.getuid?.() !== 0)(
  "with its journal on a disk that fills up, the registry says so, forgets nothing, starts again, and goes on when there is room",
  async () => {
    await using disk = await smallDisk();
    const pushed: string[] = [];
    const push = async (client: RegistryClient): Promise<Answer> => {
      const bytes = randomBytes(MEGABYTE);
      const answer = await client.send("POST", `${UPLOADS}?digest=${digestOf(bytes)}`, bytes);
      if (answer.status === 201) pushed.push(digestOf(bytes));
      return answer;
    };
    const allThere = async (client: RegistryClient): Promise<void> => {
      for (const digest of pushed) expect(digestOf((await client.send("GET", `/v2/common-keys/blobs/${digest}`)).body)).toBe(digest);
    };
    const fill = async (client: RegistryClient): Promise<Answer> => {
      for (let pushes = 0; pushes < 60; pushes += 1) {
        const answer = await push(client);
        if (answer.status !== 201) return answer;
      }
      throw new Error("the disk never filled up");
    };
    let location: string;
    {
      await using registry = await startRegistry(disk.path);
      using client = new RegistryClient(registry.port);
      location = (await client.send("POST", UPLOADS)).headers.location ?? "";
      expect((await client.send("PATCH", location, randomBytes(10 * MEGABYTE))).status).toBe(202);
      const refused = await fill(client);
      expect(refused.status).toBe(507);
      expect(JSON.parse(refused.body.toString())).toEqual({
        errors: [{ code: "UNKNOWN", message: "the registry's disk is full: free some space and push again" }],
      });
      // Records are still written: what refuses blobs leaves room for the journal.
      expect((await client.send("DELETE", `/v2/common-keys/blobs/${pushed.shift() ?? ""}`)).status).toBe(202);
      await allThere(client);
      expect(registry.ended()).toBe(false);
    }
    await using registry = await startRegistry(disk.path);
    using client = new RegistryClient(registry.port);
    await allThere(client);
    expect((await client.send("GET", location)).headers.range).toBe(`0-${10 * MEGABYTE - 1}`);
    expect((await fill(client)).status).toBe(507);
    expect((await client.send("DELETE", location)).status).toBe(204);
    expect((await push(client)).status).toBe(201);
    await allThere(client);
  },
);
