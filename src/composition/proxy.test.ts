import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HaproxyMissingError } from "../drivers/haproxy/haproxy-version.ts";
import type { Start } from "./options.ts";
import { openProxy } from "./proxy.ts";

test("without HAProxy there is no start, so that ready is never said of what cannot carry traffic", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "airfield-proxy-"));
  try {
    const start = { options: { dataDirectory, haproxyBinary: join(dataDirectory, "haproxy") } } as unknown as Start;
    await expect(openProxy(start, "installation")).rejects.toThrow(HaproxyMissingError);
    expect(await readdir(dataDirectory)).toEqual([]);
  } finally {
    await rm(dataDirectory, { recursive: true });
  }
});
