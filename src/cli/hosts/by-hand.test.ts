import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { place, prepare } from "../../drivers/host-names/installation.ts";
import { installByHand } from "./by-hand.ts";

const STOCKHOLM = "123456789012.dkr.ecr.eu-north-1.amazonaws.com";
const MUMBAI = "123456789012.dkr.ecr.ap-south-1.amazonaws.com";

test.each([
  ["a hosts file", "127.0.0.1 localhost\n"],
  ["a hosts file without a newline at its end", "127.0.0.1 localhost"],
  ["a hosts file that is empty", ""],
])("the commands for doing it by hand, as printed, do what the program does: %s", async (_, text) => {
  const root = await mkdtemp(join(tmpdir(), "airfield by-hand-"));
  try {
    const etc = join(root, "etc");
    const home = { dataDirectory: join(root, "data"), id: "0a1b2c3d" };
    const [hostsFile, dockerCerts] = [join(etc, "hosts"), join(etc, "certs.d")];
    await mkdir(etc);
    await mkdir(home.dataDirectory);
    await writeFile(hostsFile, text);
    const prepared = await prepare(home, { hosts: [STOCKHOLM, MUMBAI], hostsFile, dockerCerts, revision: "r", now: Date.now() });
    const told = await installByHand(home, prepared, "EACCES: permission denied");
    expect(told).toContain("this needs root: EACCES: permission denied");

    const commands = told
      .slice(told.indexOf("or do what it would do, and then run it again as yourself:"))
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}/, ""));
    await promisify(execFile)("sh", ["-ec", `sudo() { "$@"; }\n${commands.join("\n")}`]);
    const byHand = await contents(etc);
    await rm(etc, { recursive: true });
    await mkdir(etc);
    await writeFile(hostsFile, text);
    await place(prepared);
    expect(byHand).toEqual(await contents(etc));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(files.map(async ({ parentPath, name }) => [join(parentPath, name), await readFile(join(parentPath, name), "utf8")])),
  );
}
