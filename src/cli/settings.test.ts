import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { dataSetting, startCommand } from "./settings.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["a checkout", "/srv/airfield", "/srv/airfield/.airfield", "npm start -- --port 1"],
  ["a package", "/srv/job/node_modules/airfield", join(homedir(), ".airfield"), "npx airfield start --port 1"],
  [
    "a folder that is only called like one",
    "/srv/my_node_modules/airfield",
    "/srv/my_node_modules/airfield/.airfield",
    "npm start -- --port 1",
  ],
])("from %s, state lies where the next command finds it", (_, program, folder, command) => {
  vi.stubEnv("AIRFIELD_DATA", "");
  expect(dataSetting(undefined, program)).toBe(folder);
  expect(startCommand("--port 1", program)).toBe(command);
});

test("what is named goes before it", () => {
  vi.stubEnv("AIRFIELD_DATA", "/srv/data");
  expect(dataSetting(undefined, "/srv/job/node_modules/airfield")).toBe("/srv/data");
  expect(dataSetting("/srv/other", "/srv/job/node_modules/airfield")).toBe("/srv/other");
});
