import type { BigIntStats } from "node:fs";
import { chmod, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { componentsBelow, decideHostPath, type HostGrants } from "../../domain/host-grants.ts";

/** A path of the host that no task gets, or not so. The message says why, for whoever wrote the task definition. */
export class HostPathRefused extends Error {
  constructor(path: string, why: string) {
    super(`the host path ${path} cannot be mounted: ${why}`);
    this.name = "HostPathRefused";
  }
}

/** Gives the path to mount for what a task definition names, made where it was missing. Rejects with `HostPathRefused`. */
export type HostPaths = (path: string, account: string) => Promise<string>;

/**
 * Looks at paths of the host as they are when they are mounted. The operator's own folders may be reached through links, as they were when this was
 * called; below them there is no link, and what is never mounted is recognised under whatever name, by device and inode.
 * Rejects with `HostPathRefused` for a granted folder that lies in what is never mounted, and for one that is reached through a link in another one,
 * which tasks may have put there.
 */
export async function openHostPaths(grants: HostGrants): Promise<HostPaths> {
  const folders = new Map<string, string>();
  for (const { path } of grants.paths.toSorted((a, b) => a.path.length - b.path.length)) {
    if (grants.never.some((item) => componentsBelow(item, path) !== undefined)) throw new HostPathRefused(path, REFUSALS.never);
    const real = await realPathOf(path);
    for (const [outer, realOuter] of folders) {
      const below = componentsBelow(outer, path);
      if (below !== undefined && real !== join(realOuter, ...below))
        throw new HostPathRefused(path, `it is a link in ${outer}, which is granted too`);
    }
    folders.set(path, real);
  }
  return async (text, account) => {
    const decided = decideHostPath(text, account, grants);
    if ("refused" in decided) throw new HostPathRefused(text, REFUSALS[decided.refused]);
    const own = !folders.has(decided.folder);
    const folder = own ? await ownFolder(decided.folder, text) : (folders.get(decided.folder) ?? decided.folder);
    const target = join(folder, ...decided.below);
    await makeBelow(folder, decided.below, text);
    if ((await realpath(target).catch(refusing(text))) !== target) throw new HostPathRefused(text, "it leads through a link");
    if (!own) await mustBeApart(target, grants.never, text);
    return target;
  };
}

/** An account's own folder, made where it is missing: neither it nor the folder of all of them is a link, which somebody else may have put there. */
async function ownFolder(folder: string, text: string): Promise<string> {
  const own = dirname(folder);
  const expected = join(await realPathOf(dirname(own)), basename(own), basename(folder));
  const real = await realPathOf(folder);
  if (real !== expected) throw new HostPathRefused(text, "it leads through a link");
  await mkdir(real, { recursive: true, mode: 0o700 }).catch(refusing(text));
  return real;
}

const REFUSALS = {
  malformed: "it is not an absolute path",
  never: "it is, holds, or lies in what no task may mount",
  "not-granted": "the account has no right to it",
} as const;

/** Makes what is missing. Each component is looked at by itself: none is followed. */
async function makeBelow(folder: string, below: readonly string[], text: string): Promise<void> {
  let path = folder;
  for (const component of below) {
    path = join(path, component);
    const found = await lstat(path).catch(unlessMissing(text));
    if (found?.isSymbolicLink()) throw new HostPathRefused(text, "it leads through a link");
    if (found) continue;
    await mkdir(path).catch(refusing(text));
    // As the engine makes it, whatever our mask is: containers have users of their own.
    await chmod(path, 0o755).catch(refusing(text));
  }
}

async function mustBeApart(target: string, never: readonly string[], text: string): Promise<void> {
  const above = new Set(await identities(target));
  const [self] = await identities(target);
  for (const item of never) {
    const [itself, ...holders] = await identities(item);
    if (itself === undefined) continue;
    if (above.has(itself) || holders.includes(self ?? "")) throw new HostPathRefused(text, REFUSALS.never);
  }
}

/** Device and inode of a path, and of all folders that it lies in, up to the root; nothing for a path that is not there. */
async function identities(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  let at = await realpath(path).catch(() => undefined);
  while (at !== undefined) {
    const { dev, ino }: BigIntStats = await stat(at, { bigint: true });
    found.push(`${dev}:${ino}`);
    at = at === dirname(at) ? undefined : dirname(at);
  }
  return found;
}

/** The path without links, as far as it is there. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT" || path === dirname(path)) throw cause;
    return join(await realPathOf(dirname(path)), path.slice(dirname(path).length).replace(/^\//, ""));
  }
}

function unlessMissing(text: string): (cause: NodeJS.ErrnoException) => undefined {
  return (cause) => (cause.code === "ENOENT" ? undefined : refusing(text)(cause));
}

function refusing(text: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new HostPathRefused(text, `the server cannot look at it or make it (${cause.code ?? cause.message})`);
  };
}
