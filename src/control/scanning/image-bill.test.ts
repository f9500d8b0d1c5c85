import { describe, expect, test } from "vitest";
import { repositories } from "../../state/ecr.ts";
import { inventories, type InventoryRecord } from "../../state/ecr-scans.ts";
import { imageWorld } from "../../testing/image-world.ts";
import { imageBills } from "./image-bill.ts";
import { imageInventory } from "./image-inventory.ts";

const packages = [{ name: "bash", version: "5.2" }];
const source = { ecosystem: "Debian:12", file: "var/lib/dpkg/status", layer: "sha256:l", packages };

function world(known?: Partial<InventoryRecord>) {
  const made = imageWorld();
  const { state, parts } = made;
  const app = made.repository("team/app");
  const image = made.image(app, "one", ["1"]);
  if (known) state.commit(() => state.table(inventories).put({ digest: image.digest, sources: [source], ...known }));
  return { ...made, app, image, bill: () => imageBills(parts)(image) };
}

describe("a bill of materials", () => {
  test("names the image, the time, and what is in it", async () => {
    const { image, clock, bill } = world({ distribution: "Debian GNU/Linux 12" });
    const made = JSON.stringify(await bill());
    expect(made).toMatch(/^\{"bill":/);
    for (const part of [
      "team/app",
      image.digest.replace("sha256:", ""),
      new Date(clock.now()).toISOString(),
      "bash",
      "Debian GNU/Linux 12",
    ])
      expect(made).toContain(part);
  });

  test.each([
    ["Own Linux", "Own Linux"],
    [undefined, "an unknown distribution"],
  ])("cannot be made of packages of %s that have no names elsewhere", async (distribution, told) => {
    const { ecosystem: _none, ...strange } = source;
    const { bill } = world({ sources: [source, strange], ...(distribution !== undefined && { distribution }) });
    expect(await bill()).toEqual({ problem: `packages of ${told} have no names that a bill of materials could tell` });
  });

  test("cannot be made of an index", async () => {
    const { app, index, parts } = world();
    expect(await imageBills(parts)(index(app, ["one"]))).toEqual({
      problem: "manifest lists and other artifacts have no packages; the images that a list names have",
    });
  });

  test("cannot be made where the image cannot be read, which is told; a defect is thrown", async () => {
    const { state, app, bill, image, parts } = world();
    const broken: typeof parts.blobs = Object.assign(Object.create(parts.blobs) as typeof parts.blobs, {
      in: () => {
        throw new TypeError("a defect");
      },
    });
    await expect(imageBills({ ...parts, blobs: broken })(image)).rejects.toThrow("a defect");
    state.commit(() => state.table(repositories).delete(repositories.key(app)));
    expect(await bill()).toEqual({ problem: "its repository is gone" });
  });
});

describe("what was read of an image", () => {
  test("is not read again", async () => {
    const { state, image, parts, app } = world({});
    state.commit(() => state.table(repositories).delete(repositories.key(app)));
    expect(await imageInventory(parts, image)).toBe(state.table(inventories).get(image.digest));
  });

  test("is not kept of what is no image", async () => {
    const { state, app, index, parts } = world();
    expect(await imageInventory(parts, index(app, ["one"]))).toBeUndefined();
    expect(state.table(inventories).size).toBe(0);
  });
});
