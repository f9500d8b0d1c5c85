import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { accountsFolder, followAccounts } from "./accounts.ts";

const { beforeWatching } = vi.hoisted(() => ({ beforeWatching: { happens: () => undefined as void } }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const watch = (...given: Parameters<typeof real.watch>): fs.FSWatcher => {
    beforeWatching.happens();
    return real.watch(...given);
  };
  return { ...real, watch };
});

test("an account that comes after the first reading and before the folder is watched is heard of", async () => {
  const data = mkdtempSync(join(tmpdir(), "airfield-accounts-"));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const keys = { accessKeyId: "AKIA", secretAccessKey: "s" };
  beforeWatching.happens = () => writeFileSync(join(accountsFolder(data), "222222222222.json"), JSON.stringify(keys), { mode: 0o600 });
  let told = (): void => undefined;
  const changed = new Promise<void>((resolve) => (told = resolve));
  using followed = await followAccounts(accountsFolder(data), { info: told, warn: told, error: told });
  expect(followed.current).toEqual([]);
  await changed;
  expect(followed.current).toEqual([{ account: "222222222222", ...keys }]);
});
