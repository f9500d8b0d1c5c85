import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

// Every user may write into the temporary directory, and whoever knows a name that we shall use there makes it first: a folder with a
// configuration, a link to a file of root's. `mkdtemp` makes a folder that nobody knows before, for its owner alone.

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Lines that name the temporary directory without making anything there. */
const LOOKS_ONLY: Readonly<Record<string, string>> = {
  "src/composition/proxy.ts": "where earlier versions had the proxy's folder: looked for, and made no more",
  "src/testing/registry-world.ts": "the folder in which a world makes one by mkdtemp",
};

function programFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => /\.(ts|js|cjs|mjs)$/.test(file) && !/\.test\.ts$|\.d\.ts$/.test(file));
}

test("whatever the program makes in the temporary directory has a name that nobody can know", () => {
  const guessable = [...programFiles("src"), ...programFiles("bin")].flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .filter((line) => /tmpdir\(\)|["'`]\/(var\/)?tmp\b|TMPDIR/.test(line) && !/mkdtemp(Sync)?\(join\(/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(guessable.filter((line) => !((line.split(":")[0] ?? "") in LOOKS_ONLY))).toEqual([]);
});
