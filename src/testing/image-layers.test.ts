import { expect, onTestFinished, test, vi } from "vitest";
import { builtImage } from "./image-layers.ts";

test("an image has one digest, whenever it is built", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const content = { "etc/os-release": "ID=debian", link: { type: "symlink", linkname: "etc" } } as const;
  const { digest } = await builtImage(content);
  vi.setSystemTime(Date.now() + 60_000);
  expect((await builtImage(content)).digest).toBe(digest);
});
