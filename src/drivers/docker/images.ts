import type { Clock } from "../../ports/clock.ts";
import type { ContainerSpec } from "../../ports/task-runner.ts";
import { EngineError, type DockerEngine } from "./engine.ts";
import { ContainerFailure } from "./reasons.ts";
import { registryAuthHeader } from "./registry-auth.ts";

export interface PulledImage {
  readonly digest?: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly stoppedAt: number;
}

type ImageOf = Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest">;

/** A line of the engine's answer to a pull. */
interface PullMessage {
  readonly status?: string;
  readonly error?: string;
}

/** The images of one engine. Pulls of one image that are asked for at the same time become one. */
export class Images {
  readonly #engine: DockerEngine;
  readonly #clock: Clock;
  readonly #pulls = new Map<string, Promise<PulledImage>>();

  constructor(engine: DockerEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** Pulls the image. Rejects with `CannotPullContainerError: …`. */
  pull(image: ImageOf): Promise<PulledImage> {
    const key = `${image.pullReference}\n${image.registryAuth?.username ?? ""}\n${image.registryAuth?.password ?? ""}`;
    const running = this.#pulls.get(key);
    if (running) return running;
    const pull = this.#pull(image).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  async #pull({ pullReference, registryAuth, imageDigest }: ImageOf): Promise<PulledImage> {
    const startedAt = this.#clock.now();
    const headers = registryAuth && registryAuthHeader(registryAuth);
    let digest: string | undefined;
    try {
      const stream = await this.#engine.stream("POST", "/images/create", {
        query: { fromImage: tagged(pullReference) },
        ...(headers && { headers }),
      });
      let answer = "";
      for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) answer += chunk;
      for (const line of answer.split("\n").filter((text) => text.trim() !== "")) {
        const { status, error } = JSON.parse(line) as PullMessage;
        if (error !== undefined) throw new EngineError(500, error);
        digest = /^Digest: (sha256:[0-9a-f]{64})$/.exec(status ?? "")?.[1] ?? digest;
      }
    } catch (error) {
      // As the agent does by default: where the registry does not give the image, one that the engine has will do.
      if (!(error instanceof EngineError)) throw error;
      if (isPinned(pullReference) || !(await this.#present(pullReference)))
        throw new ContainerFailure("CannotPullContainerError", `Error response from daemon: ${error.message}`);
    }
    const known = imageDigest ?? pinnedDigest(pullReference) ?? digest;
    return { startedAt, stoppedAt: this.#clock.now(), ...(known !== undefined && { digest: known }) };
  }

  async #present(reference: string): Promise<boolean> {
    try {
      await this.#engine.call("GET", `/images/${reference}/json`);
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return false;
      throw error;
    }
  }
}

/** True for a reference by digest: it always means the same image, so that one which the engine has need not be asked for. */
export function isPinned(reference: string): boolean {
  return pinnedDigest(reference) !== undefined;
}

export function pinnedDigest(reference: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
}

/** The engine pulls every tag of a repository that is named without one. */
function tagged(reference: string): string {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  return name.includes(":") || name.includes("@") ? reference : `${reference}:latest`;
}
