import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("npm start is the server itself when it runs: a signal to the script reaches it", async () => {
  const { scripts } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  for (const name of ["start", "demo"]) expect(scripts[name]?.split(" && ").at(-1)).toMatch(/^exec node bin\/airfield\.cjs /);
});

test("the README's first two commands are the demo and the tests; what npm start is comes after them", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const commands = [...readme.matchAll(/^npm (?:run )?(demo|test|start)\b/gm)].map(([, command]) => command);
  expect(commands.slice(0, 2)).toEqual(["demo", "test"]);
});
