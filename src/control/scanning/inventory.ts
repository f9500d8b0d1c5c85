import { errorText } from "../../domain/error-text.ts";
import { readManifest } from "../../domain/image-manifest.ts";
import type { Blobs } from "../../ports/blob-store.ts";
import type { InventoryRecord, PackageSource } from "../../state/ecr-scans.ts";
import { readManifestText } from "../../state/ecr-manifests.ts";
import { imageFiles, type KeptFile } from "./image-files.ts";
import { packageFiles, type PackageFile } from "./package-files.ts";
import { UnreadableImageError, type ReadingBudget } from "./reading-budget.ts";

/** Configurations of images that run; other artifacts have configurations of their own kind. */
const IMAGE_CONFIGURATIONS = ["application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"];

/**
 * Reads what is installed in an image; `undefined` where the manifest is of something else than one image.
 * @throws UnreadableImageError
 */
export async function readInventory(blobs: Blobs, digest: string, budget: ReadingBudget): Promise<InventoryRecord | undefined> {
  const reading = readManifest((await manifestText(blobs, digest)).toString(), undefined);
  if (!("manifest" in reading) || reading.manifest.kind !== "image") return undefined;
  const [config, ...layers] = reading.manifest.blobs;
  if (!config || !IMAGE_CONFIGURATIONS.includes(config.mediaType) || !layers.every(({ mediaType }) => isLayer(mediaType))) return undefined;
  const found = await imageFiles(
    blobs,
    layers.map((layer) => layer.digest),
    packageFiles,
    budget,
  );
  const distribution = distributionOf(found);
  return {
    digest,
    ...(distribution && { distribution: distribution.name }),
    sources: found.flatMap(({ path, layer, content }): PackageSource[] => {
      if (content.kind !== "packages") return [];
      const ecosystem = ECOSYSTEMS[content.manager] ?? distribution?.ecosystem;
      return [{ ...(ecosystem !== undefined && { ecosystem }), file: path, layer, packages: content.packages }];
    }),
  };
}

/** Packages of the others are the distribution's. */
const ECOSYSTEMS: Readonly<Partial<Record<string, string>>> = { npm: "npm", pip: "PyPI" };

function isLayer(mediaType: string): boolean {
  return /^application\/vnd\.(docker|oci)\.image\.(rootfs\.|layer\.).*tar/.test(mediaType);
}

/** `/etc/os-release` is asked first. Source: os-release(5). */
function distributionOf(files: readonly KeptFile<PackageFile>[]) {
  const told = files.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map(({ content }) => content);
  return told.find((content) => content.kind === "distribution")?.distribution;
}

async function manifestText(blobs: Blobs, digest: string): Promise<Buffer> {
  try {
    return await readManifestText(blobs, digest);
  } catch (cause) {
    throw new UnreadableImageError(`its manifest cannot be read: ${errorText(cause)}`, { cause });
  }
}
