import { memoryJournal } from "../drivers/memory/journal.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { arn } from "../domain/arn.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, type Scope } from "../domain/scope.ts";
import type { BlobKeys, Blobs, BlobStore } from "../ports/blob-store.ts";
import type { Journal } from "../ports/journal.ts";
import { repositoryKey, type ImageRecord, type RepositoryRecord } from "../state/ecr.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { putImageRecord, putLayer, putRepository } from "./image-records.ts";
import { ManualClock } from "./manual-clock.ts";
import { OCI_INDEX, smallImage, smallIndex, type SmallImage } from "./small-image.ts";

/** The registry of all repositories that are not said to be another's. */
export const SOURCE: Scope = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

/**
 * What loops over images work on, without a registry before it: records, and a store that holds the texts of manifests alone. No bytes of layers
 * are there: between repositories under the same keys they are linked.
 */
export function imageWorld(journal: Journal = memoryJournal()) {
  const state = new JournaledState(journal);
  const clock = new ManualClock();
  const texts = new Map<string, string>();
  const store = (keys: BlobKeys): Blobs =>
    ({
      domain: keys.domain,
      read: (digest: string) => Promise.resolve([Buffer.from(texts.get(digest) ?? "")]),
      startUpload: (id: string) => Promise.resolve({ id, size: 0 }),
      // As a store that keeps it would, it asks for a key.
      append: () => Promise.resolve(void keys.newKey()),
      commit: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    }) as unknown as Blobs;
  const blobs = { in: store } as unknown as BlobStore;
  const logged: (readonly [string, object?])[] = [];
  const log = (text: string, fields?: object): void => void logged.push(fields === undefined ? [text] : [text, fields]);

  function repository(name: string, changes: Partial<RepositoryRecord> = {}): RepositoryRecord {
    return putRepository(state, name, { arn: arn("ecr", { ...SOURCE, ...changes }, `repository/${name}`), ...changes });
  }

  function put(of: RepositoryRecord, { digest, text }: Pick<SmallImage, "digest" | "text">, changes: Partial<ImageRecord>): ImageRecord {
    texts.set(digest, text);
    return putImageRecord(state, repositoryKey(of, of.name), digest, { manifestSize: text.length, blobs: [], ...changes });
  }

  function image(of: RepositoryRecord, content: string, tags: readonly string[] = [], changes: Partial<ImageRecord> = {}): ImageRecord {
    const made = smallImage({ content });
    const blobs = made.blobs.map(({ digest }) => digest);
    for (const digest of blobs) putLayer(state, repositoryKey(of, of.name), digest);
    return put(of, made, { blobs, tags, ...changes });
  }

  function index(of: RepositoryRecord, contents: readonly string[], tags: readonly string[] = []): ImageRecord {
    const listed = contents.map((content) => smallImage({ content }));
    const manifests = listed.map(({ digest }) => ({ digest }));
    return put(of, smallIndex(listed, []), { kind: "index", mediaType: OCI_INDEX, manifests, tags });
  }

  return {
    state,
    clock,
    logged,
    repository,
    image,
    index,
    parts: { state, clock, blobs, secrets: secretBox(Buffer.alloc(32, 1)), ids: systemIds, logger: { info: log, warn: log, error: log } },
  };
}
