import type { State } from "./state.ts";
import { accountOfKey, defineTable } from "./table.ts";

/** A layer that arrives in parts through ECR's own API. Its bytes are in the blob store, as the upload of the same id. */
export interface LayerUploadRecord {
  readonly id: string;
  /** Its `repositoryKey`. */
  readonly repository: string;
  /** Bytes of the part that came last. */
  readonly lastPart: number;
  /** Whether a part that is not the last one is smaller than ECR takes. */
  readonly partTooSmall: boolean;
  /** When the last part came, milliseconds since the Unix epoch. */
  readonly touchedAt: number;
}

export const layerUploads = defineTable<LayerUploadRecord>()(
  "ecr.layer-uploads",
  ({ id }) => id,
  ({ repository }) => accountOfKey(repository),
  {
    repository: ({ repository }) => repository,
  },
);

/** As long as the collector leaves the bytes of an upload that nobody goes on with. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

/** Notes a new upload, and forgets those that nobody went on with. */
export function beginLayerUpload(state: State, id: string, repository: string, now: number): void {
  const table = state.table(layerUploads);
  const forgotten = [...table.values()].filter(({ touchedAt }) => touchedAt < now - FORGOTTEN_AFTER_MS);
  state.commit(() => {
    for (const upload of forgotten) table.delete(upload.id);
    table.put({ id, repository, lastPart: 0, partTooSmall: false, touchedAt: now });
  });
}

/** Source: Amazon ECR User Guide, "Amazon ECR service quotas": layer parts have 5 MiB at least, but for the last. */
export const SMALLEST_PART = 5 * 1024 * 1024;

/** Notes that a part of so many bytes came after all others. */
export function notePart(state: State, upload: LayerUploadRecord, bytes: number, now: number): void {
  const partTooSmall = upload.partTooSmall || (upload.lastPart > 0 && upload.lastPart < SMALLEST_PART);
  state.commit(() =>
    state.table(layerUploads).update(upload.id, (current) => ({ ...current, lastPart: bytes, partTooSmall, touchedAt: now })),
  );
}
