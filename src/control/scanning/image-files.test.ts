import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FilesystemBlobStore } from "../../drivers/filesystem/blob-store.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { commonKeys } from "../../state/ecr-encryption.ts";
import { digestOf, tarLayer, type LayerContent } from "../../testing/image-layers.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { imageFiles, type FileReader } from "./image-files.ts";
import { ReadingBudget, READING_LIMITS, type ReadingLimits } from "./reading-budget.ts";

/** Text files below `etc/` and `app/` matter, up to 20 bytes. */
const reader: FileReader<string> = {
  limit: (path) => (/^(etc|app)\//.test(path) ? 20 : undefined),
  read: (_path, text) => (text === "" ? undefined : text),
};

async function readLayers(
  layers: readonly (Buffer | Readonly<Record<string, LayerContent>>)[],
  limits: Partial<ReadingLimits> = {},
): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-layers-"));
  try {
    const blobs = (await FilesystemBlobStore.open(directory)).in(commonKeys(secretBox(Buffer.alloc(32, 7))));
    const digests: string[] = [];
    for (const [at, layer] of layers.entries()) {
      const bytes = Buffer.isBuffer(layer) ? layer : await tarLayer(layer);
      await blobs.startUpload(`layer-${at}`);
      await blobs.append(`layer-${at}`, 0, one(bytes));
      await blobs.commit(`layer-${at}`, digestOf(bytes));
      digests.push(digestOf(bytes));
    }
    const budget = new ReadingBudget(new ManualClock(), { ...READING_LIMITS, ...limits }, new AbortController().signal);
    const files = await imageFiles(blobs, digests, reader, budget);
    return Object.fromEntries(files.map(({ path, content, layer }) => [path, `${content} of ${digests.indexOf(layer)}`]));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

describe("of an image's layers, a container sees", () => {
  test.each<[string, readonly Readonly<Record<string, LayerContent>>[], Record<string, string>]>([
    ["the files that matter", [{ "etc/a": "A", "usr/b": "B" }], { "etc/a": "A of 0" }],
    ["paths however they are written", [{ "./etc/a": "A", "/app//b": "B" }], { "etc/a": "A of 0", "app/b": "B of 0" }],
    ["the upper layer's file", [{ "etc/a": "A" }, { "etc/a": "A2" }], { "etc/a": "A2 of 1" }],
    ["no file that was removed", [{ "etc/a": "A", "etc/b": "B" }, { "etc/.wh.a": "" }], { "etc/b": "B of 0" }],
    ["no folder that was removed", [{ "app/x/a": "A", "app/xy": "B" }, { "app/.wh.x": "" }], { "app/xy": "B of 0" }],
    ["a file that came back", [{ "etc/a": "A" }, { "etc/.wh.a": "" }, { "etc/a": "A3" }], { "etc/a": "A3 of 2" }],
    [
      "what the emptying layer itself brings",
      [
        { "app/a": "A", "etc/c": "C" },
        { "app/b": "B", "app/.wh..wh..opq": "" },
      ],
      { "etc/c": "C of 0", "app/b": "B of 1" },
    ],
    ["nothing below an emptied root", [{ "app/a": "A" }, { ".wh..wh..opq": "" }], {}],
    ["no folder that a link stands for now", [{ "app/x/a": "A" }, { "app/x": { type: "symlink", linkname: "/y" } }], {}],
    ["no file that is a link now", [{ "etc/a": "A" }, { "etc/a": { type: "symlink", linkname: "/y" } }], {}],
    ["what lies in a folder that is there again", [{ "app/x/a": "A" }, { "app/x": { type: "directory" } }], { "app/x/a": "A of 0" }],
    ["a file by its other names", [{ "store/1": "S", "app/a": { type: "link", linkname: "store/1" } }], { "app/a": "S of 0" }],
    ["no file that is too large to matter", [{ "etc/a": "A".repeat(21) }], {}],
    ["no file that tells nothing", [{ "etc/a": "" }], {}],
    ["the last of files of one name", [{ "etc/a": "A", "./etc/a": "A2" }], { "etc/a": "A2 of 0" }],
  ])("%s", async (_what, layers, expected) => {
    expect(await readLayers(layers)).toEqual(expected);
  });

  test("the same of compressed layers, of such in several parts, and nothing of an empty one", async () => {
    const tar = await tarLayer({ "etc/a": "A" });
    expect(await readLayers([gzipSync(tar), Buffer.alloc(0)])).toEqual({ "etc/a": "A of 0" });
    expect(await readLayers([Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))])])).toEqual({ "etc/a": "A of 0" });
  });
});

describe("an image is not read", () => {
  const tar = tarLayer({ "etc/a": "A", "etc/b": "B", "usr/c": "C".repeat(100_000) });

  test.each<[string, (layer: Buffer) => Buffer, string]>([
    ["where a layer is no tar file", () => Buffer.from("no tar file at all"), "cannot be read: Tar archive is truncated"],
    ["where a layer is cut off", (layer) => layer.subarray(0, 2000), "cannot be read: Tar archive is truncated"],
    ["where a compressed layer is cut off", (layer) => gzipSync(layer).subarray(0, 150), "cannot be read: unexpected end of file"],
    ["where a compressed layer is damaged", (layer) => gzipSync(layer).fill(0, 30, 60), "cannot be read: "],
    ["where a layer is compressed with zstd", () => Buffer.from("28b52ffd0458", "hex"), "is compressed with zstd"],
  ])("%s", async (_what, damage, message) => {
    await expect(readLayers([damage(await tar)])).rejects.toThrow(message);
  });

  test.each<[string, Partial<ReadingLimits>, string]>([
    ["bytes", { bytes: 50_000 }, "its layers have more than 50000 bytes"],
    ["files", { entries: 2 }, "its layers have more than 2 files"],
    ["bytes of files that matter", { keptBytes: 1 }, "the files that tell of its packages have more than 1 bytes"],
    ["time", { milliseconds: -1 }, "reading it takes more than"],
  ])("where it has too many %s", async (_what, limits, message) => {
    await expect(readLayers([gzipSync(await tar)], limits)).rejects.toThrow(message);
  });

  test("where a layer ends within a file that matters", async () => {
    const short = await tarLayer({ "etc/a": "A".repeat(20) });
    await expect(readLayers([short.subarray(0, 520)])).rejects.toThrow("cannot be read: Tar archive is truncated");
  });

  test("further than its limit, however far a bomb would go", async () => {
    const bomb = gzipSync(await tarLayer({ "usr/zeros": "\0".repeat(50_000_000) }));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(readLayers([bomb], { bytes: 1_000_000 })).rejects.toThrow("more than 1000000 bytes");
  });
});

// What bombs are made of: parts of a gzip file follow each other as if they were one, so that the same part again costs a few bytes.
describe("a bomb", () => {
  const MEBIBYTE = 1024 * 1024;
  const again = (count: number, part: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(part));

  /** The header of a file of that many bytes, as a tar file has it. */
  async function header(path: string, size: number): Promise<Buffer> {
    const block = Buffer.from((await tarLayer({ [path]: "" })).subarray(0, 512));
    block.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
    block.fill(" ", 148, 156);
    block.write(
      `${block
        .reduce((sum, octet) => sum + octet, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
      "latin1",
    );
    return block;
  }

  test("takes its turns like others, and no memory: of zeros, of files, of parts with nothing in them", async () => {
    const bomb = Buffer.concat([
      gzipSync(await header("usr/zeros", 256 * MEBIBYTE)),
      again(256, gzipSync(Buffer.alloc(MEBIBYTE))),
      again(200, gzipSync(again(100, await header("usr/file", 0)))),
      again(20_000, gzipSync(Buffer.alloc(0))),
      gzipSync(Buffer.alloc(1024)),
    ]);
    expect(bomb.length).toBeLessThan(MEBIBYTE);
    const before = process.memoryUsage().rss;
    let [turns, most, over] = [0, 0, false];
    const turn = (): void => {
      turns += 1;
      most = Math.max(most, process.memoryUsage().rss);
      if (!over) setImmediate(turn);
    };
    turn();
    expect(await readLayers([bomb])).toEqual({});
    over = true;
    expect(turns).toBeGreaterThan(200);
    expect((most - before) / MEBIBYTE).toBeLessThan(192);
  });

  test("of one large file that matters, by its name, is not kept", async () => {
    const bomb = Buffer.concat([
      gzipSync(await header("etc/a", 64 * MEBIBYTE)),
      again(64, gzipSync(Buffer.alloc(MEBIBYTE))),
      gzipSync(Buffer.alloc(1024)),
    ]);
    expect(await readLayers([bomb])).toEqual({});
  });

  test("that says less than it has is no tar file", async () => {
    const bomb = Buffer.concat([gzipSync(await header("etc/a", 1)), gzipSync(Buffer.alloc(MEBIBYTE, 1)), gzipSync(Buffer.alloc(1024))]);
    await expect(readLayers([bomb])).rejects.toThrow("cannot be read: ");
  });
});
