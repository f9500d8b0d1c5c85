import { expect, test } from "vitest";
import { readManifest } from "./image-manifest.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const descriptor = (letter: string, extra: object = {}): object => ({
  mediaType: "application/octet-stream",
  digest: digest(letter),
  size: 10,
  ...extra,
});
const image = (changes: object = {}): string =>
  JSON.stringify({ schemaVersion: 2, config: descriptor("a"), layers: [descriptor("b")], ...changes });

test("an image without a type of its own is an OCI image, or what the client says that it is", () => {
  expect(readManifest(image(), undefined)).toMatchObject({ manifest: { kind: "image", mediaType: IMAGE, size: 20 } });
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  expect(readManifest(image(), docker)).toMatchObject({ manifest: { mediaType: docker } });
});

test("a layer that lies elsewhere is none of the blobs, but counts", () => {
  const text = image({ layers: [descriptor("b"), descriptor("c", { urls: ["https://example.com/layer"] })] });
  const reading = readManifest(text, IMAGE);
  expect(reading).toMatchObject({ manifest: { size: 30, blobs: [{ digest: digest("a") }, { digest: digest("b") }] } });
});

test("an index lists its manifests with their platforms", () => {
  const text = JSON.stringify({
    schemaVersion: 2,
    manifests: [descriptor("a", { platform: { os: "linux", architecture: "arm64", variant: "v8" } })],
  });
  expect(readManifest(text, undefined)).toMatchObject({
    manifest: { kind: "index", blobs: [], manifests: [{ digest: digest("a"), platform: { os: "linux", architecture: "arm64" } }] },
  });
});

test.each([
  ["no JSON", "{", "the manifest is not JSON"],
  ["a list", "[]", "the manifest is not a JSON object"],
  ["no configuration", image({ config: undefined }), "config is missing or no descriptor"],
  [
    "a layer without a size",
    image({ layers: [{ mediaType: "x", digest: digest("b") }] }),
    "layers is missing, or one of them is no descriptor",
  ],
  ["a negative size", image({ layers: [descriptor("b", { size: -1 })] }), "layers is missing, or one of them is no descriptor"],
  [
    "a digest that is a path",
    image({ layers: [descriptor("b", { digest: "sha256:../x" })] }),
    "layers is missing, or one of them is no descriptor",
  ],
  ["a subject that is a text", image({ subject: "sha256:1" }), "subject is no descriptor"],
  ["annotations of numbers", image({ annotations: { a: 1 } }), "annotations is not a map of strings"],
])("%s is refused with what is wrong", (_what, text, invalid) => {
  expect(readManifest(text, IMAGE)).toEqual({ invalid });
});

test("a type that contradicts the client is refused; Docker's old schema is not supported", () => {
  expect(readManifest(image({ mediaType: "application/vnd.oci.image.index.v1+json" }), IMAGE)).toHaveProperty("invalid");
  expect(readManifest('{"schemaVersion":1}', undefined)).toHaveProperty("unsupported");
  expect(readManifest(image(), "application/json")).toHaveProperty("unsupported");
});
