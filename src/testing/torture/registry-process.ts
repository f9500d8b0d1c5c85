import { errorTrace } from "../../domain/error-text.ts";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { credentials } from "../../authorization/credentials.ts";
import { arn } from "../../domain/arn.ts";
import { FilesystemBlobStore } from "../../drivers/filesystem/blob-store.ts";
import { sqliteJournal } from "../../drivers/sqlite/journal.ts";
import { systemClock as clock } from "../../drivers/system/clock.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { collectBlobs } from "../../control/blob-collection.ts";
import { registryHandler } from "../../registry/registry.ts";
import { repositories, repositoryKey } from "../../state/ecr.ts";
import { settleEncryption } from "../../state/ecr-encryption.ts";
import { openState } from "../../state/open-state.ts";
import { REPOSITORIES, ROOT, SCOPE, SECRETS as secrets } from "./installation.ts";

// A process that is the registry and its journal and nothing else, so that it starts in a moment and can be killed often. Prints its port
// when it serves. Its collector hardly rests, and leaves alone what is younger than ten seconds, which no push of the torturer takes.

const GRACE_MS = 10_000;
const REST_MS = 100;
const directory = process.argv[2] ?? "";

function failed(cause: unknown): void {
  process.stderr.write(`${errorTrace(cause)}\n`);
  process.exit(70);
}

const state = await openState(await sqliteJournal(join(directory, "state.db")), { failed });
const blobs = await FilesystemBlobStore.open(join(directory, "registry"));
const platform = { state, blobs, clock, ids, secrets, credentials: credentials({ state, secrets, roots: () => [ROOT] }) };

for (const name of REPOSITORIES) {
  if (state.table(repositories).has(repositoryKey(SCOPE, name))) continue;
  const encryptionType = name === "own-key" ? "KMS" : "AES256";
  const encryption = settleEncryption({ state, secrets, ids, scope: SCOPE, now: clock.now() }, { encryptionType });
  if ("refusal" in encryption) throw new Error(encryption.refusal.message);
  state.commit(() =>
    state.table(repositories).put({
      ...SCOPE,
      arn: arn("ecr", SCOPE, `repository/${name}`),
      name,
      tagMutability: "MUTABLE",
      tagMutabilityExclusions: [],
      scanOnPush: false,
      encryption,
      tags: [],
      createdAt: clock.now(),
    }),
  );
}
await state.durable();

const answer = registryHandler(platform, { failed });
const server = createServer((request, response) => answer(request, response, { known: () => undefined, turn: () => Promise.resolve() }));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
const collect = (): void => {
  collectBlobs(platform, GRACE_MS).then(() => void clock.after(REST_MS, collect), failed);
};
collect();
