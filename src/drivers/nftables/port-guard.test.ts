import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { NftObject } from "./nft.ts";
import { nftPortGuard } from "./port-guard.ts";

/** A host with interfaces, and a process whose namespace has some. */
async function world(held: readonly NftObject[] = []) {
  const root = await mkdtemp(join(tmpdir(), "port-guard-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const put = async (folder: string, name: string, files: Readonly<Record<string, string | number>>): Promise<void> => {
    await mkdir(join(root, folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(root, folder, name, file), `${text}\n`);
  };
  await put("net", "lo", { ifindex: 1 });
  await put("net", "vethaaa", { ifindex: 41 });
  await put("net", "vethbbb", { ifindex: 43 });
  await put("proc/77/root/sys/class/net", "lo", { ifindex: 1, iflink: 1, address: "00:00:00:00:00:00" });
  await put("proc/77/root/sys/class/net", "eth0", { ifindex: 42, iflink: 43, address: "02:42:0a:00:00:05" });
  await put("proc/78/root/sys/class/net", "lo", { ifindex: 1, iflink: 1, address: "00:00:00:00:00:00" });
  const ran: string[] = [];
  const guard = nftPortGuard({
    nft: { run: (commands) => Promise.resolve(void ran.push(commands)), read: () => Promise.resolve(held) },
    ...{ installation: "a1", processes: join(root, "proc"), interfaces: join(root, "net") },
  });
  return { guard, ran };
}

test("a port is bound to the address behind it, and all else that comes there is dropped, in one transaction", async () => {
  const { guard, ran } = await world();
  await guard.bind(77, "10.0.0.5");
  expect(ran).toHaveLength(1);
  const lines = ran[0]?.split("\n") ?? [];
  expect(lines).toContain('add element bridge airfield-a1-ports bound { "vethbbb" . 02:42:0a:00:00:05 . 10.0.0.5 }');
  expect(lines.at(-2)).toBe('add element bridge airfield-a1-ports ports { "vethbbb" }');
  expect(lines.filter((line) => line.startsWith("add rule")).map((line) => line.replace(/^.* arriving /, ""))).toEqual([
    "iifname != @ports accept",
    "ether type ip iifname . ether saddr . ip saddr @bound accept",
    "ether type arp iifname . ether saddr . arp saddr ip @bound accept",
    "drop",
  ]);
});

test("what is told of ports that are gone goes with the next one", async () => {
  const set = (name: string, ...elem: readonly unknown[]): NftObject => ({ set: { name, elem } });
  const bound = (port: string) => ({ concat: [port, "02:42:0a:00:00:09", "10.0.0.9"] });
  const { guard, ran } = await world([
    { table: { name: "airfield-a1-ports" } },
    set("ports", "vethaaa", "vethold"),
    set("bound", bound("vethaaa"), bound("vethold")),
  ]);
  await guard.bind(77, "10.0.0.5");
  expect(ran[0]?.split("\n").filter((line) => line.startsWith("delete"))).toEqual([
    'delete element bridge airfield-a1-ports ports { "vethold" }',
    'delete element bridge airfield-a1-ports bound { "vethold" . 02:42:0a:00:00:09 . 10.0.0.9 }',
  ]);
});

test("a namespace that cannot be bound is told, and the next one is bound all the same", async () => {
  const { guard, ran } = await world();
  await expect(guard.bind(78, "10.0.0.6")).rejects.toThrow("no network interface");
  await expect(guard.bind(79, "10.0.0.6")).rejects.toThrow("ENOENT");
  await guard.bind(77, "10.0.0.5");
  expect(ran).toHaveLength(1);
});
