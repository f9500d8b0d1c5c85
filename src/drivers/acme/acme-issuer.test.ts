import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { acmeIssuer } from "./acme-issuer.ts";

// What an authority says and does is in `test/e2e/acme.test.ts`, with a real one.

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-acme-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

test(
  "a directory that cannot be reached has refused nothing, and the account's key is kept for its owner alone",
  { timeout: 30_000 },
  async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const directory = `https://127.0.0.1:${port}/dir`;
    const issue = () =>
      acmeIssuer({ directory }, join(data, "certificates")).issue({
        names: ["example.com"],
        keyAlgorithm: "EC_prime256v1",
        prove: () => Promise.reject(new Error("nothing was asked yet")),
      });
    await expect(issue()).rejects.toMatchObject({
      name: "Error",
      message: expect.stringContaining(`${directory} cannot be reached: ECONNREFUSED`) as string,
    });
    const file = join(data, "certificates", "acme-account.pem");
    const key = await readFile(file, "utf8");
    expect([(await stat(file)).mode & 0o777, key.startsWith("-----BEGIN PRIVATE KEY-----")]).toEqual([0o600, true]);
    await expect(issue()).rejects.toThrow("cannot be reached");
    expect(await readFile(file, "utf8")).toBe(key);
  },
);
