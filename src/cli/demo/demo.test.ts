import { afterEach, expect, test, vi } from "vitest";
import { next } from "./demo.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["nothing", {}, undefined, "`npm start` serves on http://127.0.0.1:4566;"],
  ["AIRFIELD_PORT", {}, "4801", "`npm start` serves on http://127.0.0.1:4801;"],
  ["--port", { port: "4802" }, "4801", "`npm start -- --port 4802` serves on http://127.0.0.1:4802;"],
  ["a port that the system chooses", {}, "0", "`npm start` serves on a port that is free;"],
])("what comes next is told for the port that was given: %s", (_, flags, env, text) => {
  vi.stubEnv("AIRFIELD_PORT", env);
  expect(next(flags)).toContain(text);
});
