import { scanningOf } from "../../decide/scan/scan-frequency.ts";
import { imageKey, images, repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import {
  imageScans,
  inventories,
  isScanDue,
  registryScanning,
  requestScan,
  scanKey,
  scanningRulesOf,
  type ImageScanRecord,
  type ScanType,
} from "../../state/ecr-scans.ts";
import { inSlices } from "../in-slices.ts";
import { atStart, changes, loop, records, type Needs } from "../loop.ts";
import { assess } from "./assess.ts";
import { imageInventory, type InventoryParts } from "./image-inventory.ts";
import { UnreadableImageError } from "./reading-budget.ts";
import { scanOutcome, type Outcome } from "./scan-outcome.ts";

/** Steps that are about all images that are scanned continuously; no key of a scan is like these. What each asks to be scanned, by what is known of it: */
const RESCANS = {
  "new vulnerability data": () => true,
  "new rules": (known) => known?.status !== "ACTIVE",
  // What a crash between a push, or a change of the rules, and its scan has left.
  "the start": (known) => known === undefined,
} as const satisfies Record<string, (known: ImageScanRecord | undefined) => boolean>;
type Rescan = keyof typeof RESCANS;

function isRescan(key: string): key is Rescan {
  return Object.hasOwn(RESCANS, key);
}

/** With limits, other than the usual ones hold for reading images. */
type ImageScanningParts = Needs<"vulnerabilities"> & InventoryParts;

/**
 * Carries out scans: those that an operation asked for, those of images that are pushed to repositories which are scanned on push, and, where
 * a registry scans continuously, of all images there again whenever there is new vulnerability data. One image is read at a time,
 * so that pushes and pulls keep the disk. What was under way at a stop is done at the next start.
 */
export const imageScanning = loop("image scanning", (parts: ImageScanningParts, stopping) => {
  const { state, clock, vulnerabilities } = parts;
  const scans = state.table(imageScans);

  async function step(key: string): Promise<void> {
    if (isRescan(key)) return rescan(key);
    const record = scans.get(key);
    if (!record || !isScanDue(record)) return;
    const outcome = await outcomeOf(record);
    // Where the image went away, or somebody asked anew meanwhile, this is no answer any more; the latter has woken the worker.
    if (!outcome || scans.get(key) !== record) return;
    state.commit(() => scans.replace(record, scanOutcome(record, outcome, isContinuous(record), clock.now())));
    await state.durable();
  }

  /** `undefined` where the server stops meanwhile. */
  async function outcomeOf(record: ImageScanRecord): Promise<Outcome | undefined> {
    try {
      return assess(await imageInventory(parts, record, stopping), vulnerabilities);
    } catch (cause) {
      if (stopping.aborted) return undefined;
      if (!(cause instanceof UnreadableImageError)) throw cause;
      return { kind: "unreadable", reason: `The image could not be scanned: ${cause.message}.` };
    }
  }

  /** How the registry wants the image's repository scanned. */
  function scanningFor(repository: string) {
    const home = state.table(repositories).get(repository);
    if (!home) return undefined;
    const rules = scanningRulesOf(state, home);
    return { scanType: rules.scanType, ...scanningOf(home, rules) };
  }

  function isContinuous({ repository, scanType }: Pick<ImageScanRecord, "repository" | "scanType">): boolean {
    const applied = scanningFor(repository);
    return applied?.scanType === scanType && applied.scanFrequency === "CONTINUOUS_SCAN";
  }

  function pushed(image: ImageRecord): void {
    const applied = scanningFor(image.repository);
    if (applied?.scanOnPush && isScannable(image)) requestScan(state, image, applied.scanType, clock.now());
  }

  function removed({ repository, digest }: ImageRecord): void {
    state.commit(() => {
      for (const { scanType } of scans.by("image", imageKey(repository, digest))) scans.delete(scanKey(repository, digest, scanType));
      if (state.table(images).by("manifest", digest).length === 0) state.table(inventories).delete(digest);
    });
  }

  /** In slices of some hundred images, each of which is one commit. */
  async function rescan(why: Rescan): Promise<void> {
    const isDue = RESCANS[why];
    await inSlices(clock, [...state.table(repositories).values()].flatMap(continuouslyScanned), (slice) =>
      state.commit(() => {
        for (const { image, scanType } of slice) {
          const known = scans.get(scanKey(image.repository, image.digest, scanType));
          if (!isDue(known) || !state.table(images).has(images.key(image))) continue;
          if (known?.status === "ACTIVE") scans.replace(known, { ...known, reassess: true });
          else requestScan(state, image, scanType, clock.now());
        }
      }),
    );
    await state.durable();
  }

  function continuouslyScanned(home: RepositoryRecord): readonly { readonly image: ImageRecord; readonly scanType: ScanType }[] {
    const key = repositoryKey(home, home.name);
    const applied = scanningFor(key);
    if (applied?.scanFrequency !== "CONTINUOUS_SCAN") return [];
    const there = state.table(images).by("repository", key).filter(isScannable);
    return there.map((image) => ({ image, scanType: applied.scanType }));
  }

  return {
    atOnce: 1,
    watches: [
      changes(images, ({ before, after }) => {
        if (after && !before) pushed(after);
        else if (before && !after && !state.table(images).has(images.key(before))) removed(before);
      }),
      records(imageScans, ({ after }) => after !== undefined && isScanDue(after)),
      changes(registryScanning, (_change, { wake }) => wake("new rules")),
      ({ wake }) => vulnerabilities.watch(() => wake("new vulnerability data")),
      atStart("the start"),
    ],
    step,
  };
});

/** Artifacts that refer to an image, such as signatures, are no images; indexes are told so. Archived images are not read. */
function isScannable({ kind, subject, status }: ImageRecord): boolean {
  return status === undefined && (kind === "index" || subject === undefined);
}
