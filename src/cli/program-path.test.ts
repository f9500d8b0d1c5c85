import { afterEach, expect, test, vi } from "vitest";
import { lookWhereRootDoes } from "./program-path.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["/usr/bin:/bin", "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"],
  [undefined, ":/usr/local/sbin:/usr/sbin:/sbin"],
])("where the user's PATH is %s, programs are looked for in root's folders, too", (path, wanted) => {
  vi.stubEnv("PATH", path);
  lookWhereRootDoes();
  expect(process.env["PATH"]).toBe(wanted);
});
