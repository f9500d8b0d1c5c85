import { setTimeout as pause } from "node:timers/promises";
import { EngineError, EngineUnavailableError, type DockerEngine } from "./engine.ts";
import { ContainerFailure, engineFailure } from "./reasons.ts";
import { LABELS } from "./task-plan.ts";

/** What `GET /containers/{id}/json` tells, as far as it is used here. */
export interface Inspection {
  readonly Id: string;
  readonly Name: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig?: { readonly NetworkMode: string };
  readonly State: {
    readonly Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    readonly OOMKilled: boolean;
    readonly ExitCode: number;
    readonly Error: string;
    /** Of its first process, on the engine's host. */
    readonly Pid?: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: { readonly Status: string } | null;
  };
  readonly Mounts?: readonly { readonly Type: string; readonly Source: string; readonly RW: boolean }[] | null;
  readonly NetworkSettings: {
    readonly Networks?: Readonly<Record<string, { readonly IPAddress: string }>> | null;
    readonly Ports?: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | null;
  };
}

export function inspect(engine: DockerEngine, nameOrId: string): Promise<Inspection> {
  return engine.call<Inspection>("GET", `/containers/${nameOrId}/json`);
}

/** True for a container that the engine has let run, whatever became of it. */
export function wasStarted({ State }: Inspection): boolean {
  return !State.StartedAt.startsWith("0001-");
}

/** The engine's text where it tried to start the container and could not. */
export function startError(inspection: Inspection): string | undefined {
  return !wasStarted(inspection) && inspection.State.Error !== "" ? inspection.State.Error : undefined;
}

/** True where the engine refused to create a container because it does not have the image. */
export function isImageMissing(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404 && /no such image|image .*not found/i.test(error.message);
}

/** True where a start was refused because the VPC's network is not there any more. */
export function isNetworkMissing(error: unknown, network: string): boolean {
  return error instanceof EngineError && error.status === 404 && error.message.includes(network);
}

/** A container that an earlier life asked for has its name before it is there; the engine tells of neither by an event that we could await. */
const LOOK_AGAIN_MS = 50;
const MOST_LOOKS = 200;

/**
 * Creates the container, or finds the one that an earlier life of this process created under the same name: then it comes with what the engine
 * knows of it. `warnings` tell what the engine left away. Rejects with the engine's error.
 */
export async function createContainer(
  engine: DockerEngine,
  name: string,
  taskArn: string,
  body: unknown,
): Promise<{ readonly id: string; readonly warnings: readonly string[]; readonly existing?: Inspection }> {
  for (let look = 1; ; look += 1) {
    try {
      const made = await engine.call<{ Id: string; Warnings?: readonly string[] | null }>("POST", "/containers/create", {
        query: { name },
        body,
      });
      return { id: made.Id, warnings: made.Warnings ?? [] };
    } catch (error) {
      if (!(error instanceof EngineError && error.status === 409)) throw error;
      const existing = await inspectIfThere(engine, name);
      if (existing?.Config.Labels[LABELS.taskArn] === taskArn) return { id: existing.Id, warnings: [], existing };
      // Somebody else's, or one that never comes.
      if (existing || look === MOST_LOOKS) throw error;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

/** True for one that was created to share the network of a container that is gone: the engine will never start it. */
export async function hasLostItsNetwork(engine: DockerEngine, { HostConfig }: Inspection): Promise<boolean> {
  const other = /^container:(.*)$/.exec(HostConfig?.NetworkMode ?? "")?.[1];
  return other !== undefined && (await inspectIfThere(engine, other)) === undefined;
}

async function inspectIfThere(engine: DockerEngine, name: string): Promise<Inspection | undefined> {
  try {
    return await inspect(engine, name);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Starts a container that was created. A call that broke off may have had its effect: then the engine is asked before it is called again, because
 * a container that ran and ended must not run twice. Rejects with `CannotStartContainerError: …`, or the engine's error for a network that is missing.
 */
export async function startContainer(
  engine: DockerEngine,
  id: string,
  connected: () => Promise<void>,
  network: string,
): Promise<Inspection | undefined> {
  for (;;) {
    try {
      await engine.call("POST", `/containers/${id}/start`);
      return undefined;
    } catch (error) {
      if (error instanceof EngineUnavailableError) {
        await connected();
        const now = await inspect(engine, id);
        const failed = startError(now);
        if (failed !== undefined) throw new ContainerFailure("CannotStartContainerError", `Error response from daemon: ${failed}`);
        if (wasStarted(now)) return now;
        continue;
      }
      if (isNetworkMissing(error, network)) throw error;
      throw engineFailure("CannotStartContainerError", error);
    }
  }
}

/** The host ports that the engine published: `80/tcp` to 32768. */
export function publishedPorts({ NetworkSettings }: Inspection): ReadonlyMap<string, number> {
  const ports = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
    const hostPort = Number(bindings?.[0]?.HostPort);
    return hostPort > 0 ? [[port, hostPort] as const] : [];
  });
  return new Map(ports);
}
