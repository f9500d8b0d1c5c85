import type { Clock } from "../../ports/clock.ts";
import type { PortGuard } from "../../ports/port-guard.ts";
import type { LogSink, TaskObservation, TaskSpec } from "../../ports/task-runner.ts";
import type { BodyContext } from "./container-body.ts";
import { EngineUnavailableError, type DockerEngine } from "./engine.ts";
import type { EventWatch } from "./events.ts";
import type { HostMounts } from "./host-mounts.ts";
import type { Images } from "./images.ts";
import type { Networks } from "./networks.ts";
import type { ResolverFiles } from "./resolver-files.ts";
import type { Slots } from "./slots.ts";

/** What a task needs of those that wait: see `sandboxes.ts`. */
export interface ReadySandboxes {
  /** Gives the task the sandbox that is kept for it, running, under `name`; nothing where there is none after all, and then its address is free. */
  take(spec: Pick<TaskSpec, "taskArn">, name: string): Promise<string | undefined>;
  /** Resolves when no sandbox has the address: the task brings about a namespace of its own. */
  vacate(spec: Pick<TaskSpec, "network">): Promise<void>;
}

/** What the tasks of one runner share. */
export interface TaskSurroundings {
  readonly engine: DockerEngine;
  readonly events: EventWatch;
  readonly images: Images;
  readonly hostMounts: HostMounts;
  /** The path of the host to mount for what an account names, as it is now. Rejects where it may not. */
  readonly hostPath: (path: string, account: string) => Promise<string>;
  readonly networks: Networks;
  /** What containers have as `/etc/resolv.conf` where their VPC's own resolver answers. Absent where none has one of ours. */
  readonly resolverFiles?: ResolverFiles;
  /** Who sees to it that tasks send in their own name. Absent where nothing is filtered. */
  readonly guard?: PortGuard;
  readonly slots: Slots;
  readonly sandboxes: ReadySandboxes;
  readonly clock: Clock;
  readonly logSink: LogSink;
  readonly settings: Omit<BodyContext, "plan" | "vpcNetwork">;
  /** What confines containers on this engine: `seccomp`, `apparmor`, `selinux`. */
  readonly security: readonly string[];
  /** The name of the pause image, present on the engine. */
  readonly pauseImage: () => Promise<string>;
  readonly report: (observation: TaskObservation) => void;
  readonly warn: (message: string) => void;
  readonly closed: () => boolean;
}

type EngineAwaited = Pick<TaskSurroundings, "clock" | "events" | "closed">;

/** Ends the work on a container without a word: its task is stopping, or the runner closes. */
export class Abandoned extends Error {}

/** How long the event stream is given to notice that its engine went away too. */
const NOTICE = 100;

/** Resolves when the engine answers again. Rejects with `Abandoned` where the runner closes meanwhile. */
export async function engineBack({ clock, events, closed }: EngineAwaited): Promise<void> {
  await new Promise<void>((resolve) => clock.after(NOTICE, resolve));
  await events.connected();
  if (closed()) throw new Abandoned();
}

/** Does what may be repeated, again and again while the engine is away. */
export async function persist<T>(at: EngineAwaited, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error;
      await engineBack(at);
    }
  }
}
