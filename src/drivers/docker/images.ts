import type { Readable } from "node:stream";
import { formatImageReference, fullImageReference, parseImageReference, type FullImageReference } from "../../domain/image-reference.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ContainerSpec } from "../../ports/task-runner.ts";
import { engineArchitecture, fitsArchitecture, isPlatformMissing, noSuchPlatform, type Architecture } from "./image-architecture.ts";
import { PULL_BEGIN_MS, PULL_QUIET_MS } from "./deadlines.ts";
import { EngineError, EngineTimeoutError, EngineUnavailableError, type DockerEngine } from "./engine.ts";
import { goingOn, StreamQuietError } from "./going-on.ts";
import { ANYBODY, type PulledImages } from "./pulled-images.ts";
import { ContainerFailure } from "./reasons.ts";
import { registryAuthHeader } from "./registry-auth.ts";
import { mayUseStored } from "./stored-image.ts";

/** An image that a container can be made from. */
export interface ReadyImage {
  /** The engine's id: it cannot come to mean another image between looking and making. */
  readonly id: string;
  readonly digest?: string;
}

export interface PulledImage extends ReadyImage {
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly stoppedAt: number;
}

type ImageOf = Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "storedImage" | "architecture" | "unreachable">;

/** What the engine tells of an image: under which names it has it, in docker's short form. */
interface ImageInspection {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Architecture: string;
}

interface StoredImage {
  readonly id: string;
  readonly architecture: string;
}

/** A line of the engine's answer to a pull. */
interface PullMessage {
  readonly status?: string;
  readonly error?: string;
}

/** How many references are remembered with what they mean on the engine. */
const MOST_KNOWN = 2000;

/** The images of one engine. Pulls of one image that are asked for at the same time become one. */
export class Images {
  readonly #engine: DockerEngine;
  readonly #clock: Clock;
  readonly #pulled: PulledImages;
  readonly #madeHere: boolean;
  readonly #pulls = new Map<string, Promise<PulledImage>>();
  /** What references by digest mean on the engine: always the same, as long as it is there. */
  readonly #known = new Map<string, StoredImage>();
  #own: Promise<string> | undefined;

  /** @param madeHere whether every account may have what was made on this engine, under its own tag */
  constructor(engine: DockerEngine, clock: Clock, pulled: PulledImages, madeHere: boolean) {
    this.#engine = engine;
    this.#clock = clock;
    this.#pulled = pulled;
    this.#madeHere = madeHere;
  }

  /** The image as the engine has it, where the registry has said yes to it already, and nobody need be asked. */
  async stored({ pullReference, storedImage, architecture }: ImageOf): Promise<ReadyImage | undefined> {
    const reference = referenceOf(pullReference);
    if (storedImage !== "granted" || reference.digest === undefined) return undefined;
    const found = await this.#find(reference);
    // Under the digest of an index the engine may have what was pulled for another architecture.
    if (!found || !(await this.#fits(found, architecture))) return undefined;
    return { id: found.id, digest: reference.digest };
  }

  /** Whether the engine has an image of exactly this name that came from no registry, and that everybody may have. */
  async isMadeHere(image: string): Promise<boolean> {
    const parsed = parseImageReference(image);
    if (!parsed) return false;
    const reference = fullImageReference(parsed);
    const found = await this.#find(reference);
    const pulled = this.#pulled.of(`${reference.host}/${reference.repository}`);
    const asked = { byDigest: reference.digest !== undefined, storedImage: undefined, pulled, account: ANYBODY, failure: "" };
    return found !== undefined && mayUseStored({ id: found.id, ...asked, madeHere: this.#madeHere });
  }

  /** The engine turned out not to have the image any more. */
  gone(id: string): void {
    for (const [reference, known] of this.#known) if (known.id === id) this.#known.delete(reference);
  }

  /** Pulls the image for a task of this account. Rejects with `CannotPullContainerError: …`. */
  async pull(image: ImageOf, account: string): Promise<PulledImage> {
    const reference = referenceOf(image.pullReference);
    const key = JSON.stringify([
      formatImageReference(reference),
      image.registryAuth,
      image.storedImage,
      image.architecture,
      image.unreachable,
      account,
    ]);
    const running = this.#pulls.get(key);
    if (running) return await running;
    const pull = this.#pull(image, reference, account).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return await pull;
  }

  async #pull(image: ImageOf, reference: FullImageReference, account: string): Promise<PulledImage> {
    const { registryAuth, imageDigest, storedImage, architecture, unreachable } = image;
    const startedAt = this.#clock.now();
    const repository = `${reference.host}/${reference.repository}`;
    // Our own registry decides for each task: nothing of it needs to be remembered.
    const elsewhere = storedImage === undefined;
    if (elsewhere && registryAuth) await this.#pulled.guard(repository);
    let found: StoredImage | undefined;
    let digest: string | undefined;
    try {
      if (unreachable !== undefined) throw new UnreachableError(unreachable);
      digest = await this.#ask(reference, image);
      // A tag may mean another image by now, which somebody else was given: what was given here is told by its digest.
      found = await this.#find(digest === undefined ? reference : fullImageReference({ ...reference, digest }));
      if (!found) throw new EngineError(404, `No such image: ${formatImageReference(reference)}`);
      if (elsewhere) await this.#pulled.given(repository, found.id, registryAuth ? account : ANYBODY);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (isPlatformMissing(error.message)) throw noSuchPlatform(architecture);
      found = await this.#find(reference);
      const byDigest = reference.digest !== undefined;
      const pulled = this.#pulled.of(repository);
      // What the registry gave another time is not asked for where the task could not have asked for it.
      const failure = error instanceof UnreachableError ? "" : error.message;
      const asked = { byDigest, storedImage, pulled, account, failure, madeHere: this.#madeHere };
      if (!found || !mayUseStored({ id: found.id, ...asked }))
        throw error instanceof PullStalledError || error instanceof UnreachableError
          ? error.failure
          : new ContainerFailure("CannotPullContainerError", `Error response from daemon: ${error.message}`);
    }
    if (!(await this.#fits(found, architecture))) throw noSuchPlatform(architecture);
    const { id } = found;
    const known = imageDigest ?? reference.digest ?? digest;
    return { id, startedAt, stoppedAt: this.#clock.now(), ...(known !== undefined && { digest: known }) };
  }

  /** Pulls; gives the digest that the registry told. */
  async #ask(reference: FullImageReference, { registryAuth, architecture }: ImageOf): Promise<string | undefined> {
    const headers = registryAuth && registryAuthHeader(registryAuth);
    // The engine pulls what it is itself, unless it is told.
    const foreign = architecture !== undefined && architecture !== (await this.#architecture());
    const query = { fromImage: formatImageReference(reference), ...(foreign && { platform: `linux/${architecture}` }) };
    const answer = await this.#wholeAnswer(() => this.#engine.stream("POST", "/images/create", { query, ...(headers && { headers }) }));
    let digest: string | undefined;
    for (const line of answer.split("\n").filter((text) => text.trim() !== "")) {
      const { status, error } = JSON.parse(line) as PullMessage;
      if (error !== undefined) throw new EngineError(500, error);
      digest = /^Digest: (sha256:[0-9a-f]{64})$/.exec(status ?? "")?.[1] ?? digest;
    }
    return digest;
  }

  /** Reads on as long as there is progress. Where there is none, and the engine answers otherwise, the pull has failed. */
  async #wholeAnswer(begin: () => Promise<Readable>): Promise<string> {
    let answer = "";
    try {
      for await (const chunk of goingOn(await begin(), this.#clock, PULL_QUIET_MS)) answer += chunk;
      return answer;
    } catch (error) {
      if (error instanceof EngineError) throw error;
      // Where it is the engine that hangs or went away, the ping says so, and the pull is begun anew when it is back.
      await this.#engine.ping();
      if (error instanceof StreamQuietError || error instanceof EngineTimeoutError)
        throw new PullStalledError(error instanceof StreamQuietError);
      throw new EngineUnavailableError(`the Docker engine broke off a pull: ${String(error)}`, { cause: error });
    }
  }

  /**
   * The engine's id of the image that it has under exactly this name. The engine itself is more generous: it takes the beginning of an id for a name
   * or a tag.
   */
  async #find(reference: FullImageReference): Promise<StoredImage | undefined> {
    const name = formatImageReference(reference);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    let inspected: ImageInspection;
    try {
      inspected = await this.#engine.call<ImageInspection>("GET", `/images/${name}/json`);
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
    const names = (reference.digest === undefined ? inspected.RepoTags : inspected.RepoDigests) ?? [];
    if (!names.some((own) => fullName(own) === name)) return undefined;
    const found = { id: inspected.Id, architecture: inspected.Architecture };
    if (reference.digest !== undefined) {
      if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value ?? "");
      this.#known.set(name, found);
    }
    return found;
  }

  async #fits({ architecture }: StoredImage, wanted: Architecture | undefined): Promise<boolean> {
    return fitsArchitecture(architecture, wanted, await this.#architecture());
  }

  #architecture(): Promise<string> {
    return (this.#own ??= engineArchitecture(this.#engine).catch((error: unknown) => {
      this.#own = undefined;
      throw error;
    }));
  }
}

/** The engine is there, and nothing comes of the pull. The words are those of the Amazon ECS container agent. */
class PullStalledError extends EngineError {
  readonly failure: ContainerFailure;

  constructor(hasBegun: boolean) {
    const failure = hasBegun
      ? new ContainerFailure("CannotPullContainerError", "inactivity time exceeded timeout while pulling image")
      : new ContainerFailure(
          "DockerTimeoutError",
          `Could not transition to pullBegin; timed out after waiting ${PULL_BEGIN_MS / 60_000}m0s`,
        );
    super(500, failure.message);
    this.failure = failure;
  }
}

/** The task has no way to the registry. */
class UnreachableError extends EngineError {
  readonly failure: ContainerFailure;

  /** @param reason as the agent tells it, with or without the failure's name */
  constructor(reason: string) {
    super(500, reason);
    this.failure = new ContainerFailure("CannotPullContainerError", reason.replace(/^CannotPullContainerError: /, ""));
  }
}

/** @throws ContainerFailure where the text is no reference, and so nothing that the engine may be asked about */
function referenceOf(text: string): FullImageReference {
  const parsed = parseImageReference(text);
  if (!parsed) throw new ContainerFailure("CannotPullContainerError", "Error response from daemon: invalid reference format");
  return fullImageReference(parsed);
}

function fullName(text: string): string | undefined {
  const parsed = parseImageReference(text);
  return parsed && formatImageReference(fullImageReference(parsed));
}
