import { componentsBelow } from "../../domain/host-grants.ts";

export interface HostMount {
  /** As the engine mounts it: without links. */
  readonly path: string;
  readonly writable: boolean;
}

/**
 * Which paths of the host tasks have mounted. A folder that lies in one which a task may write to can be exchanged for a link between our look at it
 * and the engine's mounting it: so it is not mounted until that task is over, nor the other way round. The same path, paths side by side, and what
 * lies in a folder that is mounted for reading only, are no trouble.
 */
export class HostMounts {
  readonly #held = new Map<string, HostMount[]>();

  /** Claims a path for a task, unless that may not be now: then the path that is in the way. */
  claim(taskArn: string, wanted: HostMount): string | undefined {
    const mounts = this.#held.get(taskArn) ?? [];
    if (mounts.some(({ path, writable }) => path === wanted.path && writable === wanted.writable)) return undefined;
    const other = [...this.#held.values()].flat().find((held) => isExchangeable(wanted, held) || isExchangeable(held, wanted));
    if (!other) this.hold(taskArn, wanted);
    return other?.path;
  }

  /** Notes what a task has mounted already. */
  hold(taskArn: string, mount: HostMount): void {
    this.#held.set(taskArn, [...(this.#held.get(taskArn) ?? []), mount]);
  }

  /** The task's containers are over. */
  release(taskArn: string): void {
    this.#held.delete(taskArn);
  }
}

function isExchangeable(inner: HostMount, outer: HostMount): boolean {
  return outer.writable && (componentsBelow(outer.path, inner.path)?.length ?? 0) > 0;
}
