import { openOperatorDoor } from "../drivers/backup/operator-door.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** Where `airfield backup` asks this server to hold still. Without it a backup needs a server that is stopped: the operator is told. */
export async function openDoorForBackups({ options, logger, opened }: Start, { holdStill }: Storage): Promise<void> {
  const { dataDirectory, registryStore } = options;
  try {
    const store = registryStore && (`s3://${registryStore.bucket}/${registryStore.prefix}` as const);
    opened.use(await openOperatorDoor({ dataDirectory, holdStill, ...(store ? { registryStore: store } : {}) }));
  } catch (cause) {
    logger.warn("no backup can be made while this server runs", { cause: String(cause) });
  }
}
