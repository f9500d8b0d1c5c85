import { describe, expect, test } from "vitest";
import type { Blobs } from "../../ports/blob-store.ts";
import { builtImage, digestOf, type LayerContent } from "../../testing/image-layers.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { readInventory } from "./inventory.ts";
import { ReadingBudget, READING_LIMITS, UnreadableImageError } from "./reading-budget.ts";

/** What is read of an image, whose manifest may be told otherwise than it is. */
async function inventoryOf(
  layers: readonly Readonly<Record<string, LayerContent>>[],
  retold: (manifest: string) => string = (manifest) => manifest,
) {
  const image = await builtImage(...layers);
  const manifest = retold(image.manifest);
  const all = new Map([...image.blobs, [digestOf(manifest), Buffer.from(manifest)] as const]);
  const found = (digest: string): Buffer => {
    const bytes = all.get(digest);
    if (!bytes) throw new Error("no such blob");
    return bytes;
  };
  const blobs = {
    stat: (digest: string) => Promise.resolve({ size: found(digest).length }),
    read: (digest: string, range?: { readonly start: number; readonly end: number }) =>
      Promise.resolve([range ? found(digest).subarray(range.start, range.end + 1) : found(digest)]),
  } as unknown as Blobs;
  const budget = new ReadingBudget(new ManualClock(), READING_LIMITS, new AbortController().signal);
  return { digest: digestOf(manifest), layerDigests: image.layerDigests, read: (digest: string) => readInventory(blobs, digest, budget) };
}

const DEBIAN = 'ID=debian\nVERSION_ID="12"';
const DPKG = "Package: bash\nVersion: 5.2\n";
const bash = { name: "bash", version: "5.2" };

describe("an inventory", () => {
  test("has the packages of the distribution, and those of languages under names of their own, each with its file and layer", async () => {
    const { digest, layerDigests, read } = await inventoryOf([
      { "etc/os-release": DEBIAN, "var/lib/dpkg/status": DPKG },
      {
        "app/node_modules/left/package.json": '{"name":"left","version":"1.0.0"}',
        "usr/lib/python3.12/site-packages/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
      },
    ]);
    const [lower, upper] = layerDigests;
    expect(await read(digest)).toEqual({
      digest,
      distribution: expect.stringMatching(/debian/i),
      sources: [
        { ecosystem: "Debian:12", file: "var/lib/dpkg/status", layer: lower, packages: [bash] },
        { ecosystem: "npm", file: "app/node_modules/left/package.json", layer: upper, packages: [{ name: "left", version: "1.0.0" }] },
        {
          ecosystem: "PyPI",
          file: "usr/lib/python3.12/site-packages/a-1.dist-info/METADATA",
          layer: upper,
          packages: [{ name: "a", version: "1" }],
        },
      ],
    });
  });

  test("has packages of no ecosystem where nothing tells the distribution, or where it is not known here", async () => {
    const none = await inventoryOf([{ "var/lib/dpkg/status": DPKG }]);
    const [layer] = none.layerDigests;
    expect(await none.read(none.digest)).toEqual({
      digest: none.digest,
      sources: [{ file: "var/lib/dpkg/status", layer, packages: [bash] }],
    });
    const own = await inventoryOf([{ "etc/os-release": 'ID=own\nPRETTY_NAME="Own Linux 1"', "var/lib/dpkg/status": DPKG }]);
    const found = await own.read(own.digest);
    expect([found?.distribution, found?.sources.map(({ ecosystem }) => ecosystem)]).toEqual(["Own Linux 1", [undefined]]);
  });

  test("goes by the release file below etc where there are two, in whichever order they come", async () => {
    for (const paths of [
      ["etc/os-release", "usr/lib/os-release"],
      ["usr/lib/os-release", "etc/os-release"],
    ])
      for (const layered of [true, false]) {
        const files = paths.map((path) => ({ [path]: path.startsWith("etc") ? DEBIAN : DEBIAN.replace("12", "11") }));
        const { digest, read } = await inventoryOf([
          ...(layered ? files : [Object.assign({}, ...files) as Record<string, string>]),
          { "var/lib/dpkg/status": DPKG },
        ]);
        expect((await read(digest))?.sources).toMatchObject([{ ecosystem: "Debian:12" }]);
      }
  });

  test("of an image with nothing in it is empty", async () => {
    const { digest, read } = await inventoryOf([]);
    expect(await read(digest)).toEqual({ digest, sources: [] });
  });
});

const OCI = "application/vnd.oci.image";
describe("there is an inventory, by the media type of", () => {
  test.each([
    ["the configuration", `${OCI}.config.v1+json`, "application/vnd.docker.container.image.v1+json", true],
    ["the configuration", `${OCI}.config.v1+json`, "application/vnd.cncf.helm.config.v1+json", false],
    ["a layer", `${OCI}.layer.v1.tar+gzip`, `${OCI}.layer.v1.tar`, true],
    ["a layer", `${OCI}.layer.v1.tar+gzip`, `${OCI}.layer.nondistributable.v1.tar+gzip`, true],
    ["a layer", `${OCI}.layer.v1.tar+gzip`, "application/vnd.docker.image.rootfs.diff.tar.gzip", true],
    ["a layer", `${OCI}.layer.v1.tar+gzip`, "application/vnd.in-toto+json", false],
    ["a layer", `${OCI}.layer.v1.tar+gzip`, `x${OCI}.layer.v1.tar`, false],
  ])("%s: instead of %s, %s is %s", async (_what, usual, mediaType, isThere) => {
    const { digest, read } = await inventoryOf([{ "var/lib/dpkg/status": DPKG }], (manifest) =>
      manifest.replaceAll(`"${usual}"`, `"${mediaType}"`),
    );
    expect((await read(digest)) !== undefined).toBe(isThere);
  });
});

test("there is none of an index, nor of what is no manifest", async () => {
  const index = JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: [] });
  for (const text of [index, "{}", "nothing"]) {
    const { digest, read } = await inventoryOf([], () => text);
    expect(await read(digest)).toBeUndefined();
  }
});

test("an image whose manifest cannot be read is unreadable, and says why", async () => {
  const { read } = await inventoryOf([]);
  await expect(read("sha256:none")).rejects.toThrow(new UnreadableImageError("its manifest cannot be read: no such blob"));
});
