import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { exists, isMissing, writeWhole } from "../host-names/write-file.ts";
import { runTool, toolPath } from "./run-tool.ts";

/** A system's store: the folder for authorities that the administrator adds, and the program that takes them up. */
export interface SystemStore {
  readonly folder: string;
  readonly update: string;
  readonly args: readonly string[];
}

/** Of Debian and what comes from it, Alpine and Arch; of Fedora, RHEL and what comes from them. */
const STORES: readonly { readonly folder: string; readonly tool: string; readonly args: readonly string[] }[] = [
  { folder: "/usr/local/share/ca-certificates", tool: "update-ca-certificates", args: [] },
  { folder: "/etc/pki/ca-trust/source/anchors", tool: "update-ca-trust", args: ["extract"] },
  { folder: "/etc/ca-certificates/trust-source/anchors", tool: "trust", args: ["extract-compat"] },
];

/** The store of this machine; `undefined` where it is none of those known. */
export async function systemStore(): Promise<SystemStore | undefined> {
  for (const { folder, tool, args } of STORES) {
    const update = await toolPath(tool);
    if (update !== undefined && (await exists(folder))) return { folder, update, args };
  }
  return undefined;
}

/** Ends in `.crt`, which the programs ask for. */
export function storedFile(store: SystemStore, owner: string): string {
  return join(store.folder, `airfield-${owner}.crt`);
}

export async function isInStore(store: SystemStore, owner: string, certificate: string): Promise<boolean> {
  try {
    return (await readFile(storedFile(store, owner), "utf8")) === certificate;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

/** Gives whether anything changed. Needs root. */
export async function addToStore(store: SystemStore, owner: string, certificate: string): Promise<boolean> {
  if (await isInStore(store, owner, certificate)) return false;
  const file = storedFile(store, owner);
  await mkdir(store.folder, { recursive: true });
  await writeWhole(file, certificate, { mode: 0o644 });
  await takeUp(store, () => rm(file));
  return true;
}

/** Gives whether it was there. Needs root. */
export async function removeFromStore(store: SystemStore, owner: string): Promise<boolean> {
  const file = storedFile(store, owner);
  if (!(await exists(file))) return false;
  const certificate = await readFile(file, "utf8");
  await rm(file);
  await takeUp(store, () => writeWhole(file, certificate, { mode: 0o644 }));
  return true;
}

/** Tells the system of the folder. Where that fails the folder is as it was, so that the next try does not take it for done. */
async function takeUp({ update, args }: SystemStore, undo: () => Promise<unknown>): Promise<void> {
  try {
    await runTool(update, args);
  } catch (cause) {
    await undo();
    throw cause;
  }
}
