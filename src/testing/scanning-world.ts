import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { imageScanning } from "../control/scanning/image-scanning.ts";
import type { ReadingLimits } from "../control/scanning/reading-budget.ts";
import type { Journal } from "../ports/journal.ts";
import { imageScans, isScanDue } from "../state/ecr-scans.ts";
import { builtImage, type BuiltImage, type LayerContent } from "./image-layers.ts";
import { ManualClock } from "./manual-clock.ts";
import { registryWorld, type RegistryWorld } from "./registry-world.ts";

/** A registry whose images are scanned. */
export interface ScanningWorld extends RegistryWorld {
  readonly ecr: ECRClient;
  readonly clock: ManualClock;
  repository(name: string, settings?: { readonly scanOnPush?: boolean }): Promise<void>;
  /** Pushes an image as a client does. */
  push(repository: string, tag: string, ...layers: readonly (Buffer | Readonly<Record<string, LayerContent>>)[]): Promise<BuiltImage>;
  /** Ends the loop, as the stop of a server does. */
  stopScanning(): Promise<void>;
  /** Resolves when no scan is under way. */
  scanned(): Promise<void>;
}

/** Its clock stands still, at the present: signatures of clients are of that. */
export async function scanningWorld({
  limits,
  journal,
}: { readonly limits?: ReadingLimits; readonly journal?: Journal } = {}): Promise<ScanningWorld> {
  const clock = new ManualClock(Date.now());
  const world = await registryWorld({ clock, ...(journal && { journal }) });
  const { state, blobs, secrets } = world.platform;
  const failed: string[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (text: string, fields?: Readonly<Record<string, unknown>>) => void failed.push(`${text} ${String(fields?.["cause"])}`),
  };
  const loop = imageScanning({ state, blobs, secrets, vulnerabilities: world.vulnerabilities, clock, logger, ...(limits && { limits }) });
  const ecr = world.client(ECRClient);

  const put = async (path: string, mediaType: string, body: Buffer | string): Promise<void> => {
    const method = path.includes("/manifests/") ? "PUT" : "POST";
    const response = await world.fetch(path, { method, body, headers: { "content-type": mediaType } });
    if (response.status !== 201) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  };

  return {
    ...world,
    ecr,
    clock,
    async repository(repositoryName, { scanOnPush = false } = {}) {
      await ecr.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }));
    },
    async push(repository, tag, ...layers) {
      const image = await builtImage(...layers);
      for (const [digest, bytes] of image.blobs)
        await put(`/v2/${repository}/blobs/uploads/?digest=${digest}`, "application/octet-stream", bytes);
      await put(`/v2/${repository}/manifests/${tag}`, "application/vnd.oci.image.manifest.v1+json", image.manifest);
      return image;
    },
    stopScanning: () => Promise.resolve(loop[Symbol.asyncDispose]()),
    async scanned() {
      const due = (): boolean => [...state.table(imageScans).values()].some(isScanDue);
      // The table tells of the end of each scan; a failed step would wait for the clock, which stands still.
      await new Promise<void>((ended) => {
        const look = (): void => {
          if (due()) return;
          watch[Symbol.dispose]();
          ended();
        };
        const watch = state.watch(imageScans, look);
        // Commits made before this call are told to watchers in a later microtask.
        setImmediate(look);
      });
      if (failed.length > 0) throw new Error(failed.join("\n"));
    },
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}
