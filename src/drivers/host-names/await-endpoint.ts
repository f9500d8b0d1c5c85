import { watch } from "node:fs";
import { ENDPOINT_FILE, readEndpointState, type EndpointState } from "./record.ts";

/** Waits until what the server notes is as `wanted`; gives the last note. `late` where that did not happen within `ms`. */
export async function awaitEndpoint(
  folder: string,
  wanted: (state: EndpointState | undefined) => boolean,
  ms: number,
): Promise<{ readonly late: boolean; readonly state: EndpointState | undefined }> {
  let changed: () => void = () => undefined;
  const watcher = watch(folder, (_event, file) => {
    if (file === null || file === ENDPOINT_FILE) changed();
  });
  const over = AbortSignal.timeout(ms);
  over.addEventListener("abort", () => changed());
  try {
    for (;;) {
      // Armed before reading, so that no change falls in between.
      const next = new Promise<void>((resolve) => {
        changed = resolve;
      });
      const state = await readEndpointState(folder);
      if (wanted(state)) return { late: false, state };
      if (over.aborted) return { late: true, state };
      await next;
    }
  } finally {
    watcher.close();
  }
}
