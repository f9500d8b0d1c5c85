import type { LaunchType } from "../domain/launch-type.ts";
import {
  formatImageReference,
  fullImageReference,
  parseImageReference,
  scopeOfRegistryHost,
  type ImageReference,
} from "../domain/image-reference.ts";
import { isLoopbackHost } from "../domain/loopback.ts";
import { DEFAULT_ACCOUNT, type Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import { repositories, repositoryKey, type RepositoryRecord } from "../state/ecr.ts";
import { findImage } from "../state/ecr-images.ts";
import { isGoodHere, pullThroughRuleFor } from "../state/ecr-pull-through.ts";
import type { WholeState } from "../state/state.ts";

/** An image of a registry here: its repository, whether that is there or not. */
interface Ours extends Scope {
  readonly repository: string;
}

/** What an image reference of a task definition means here. */
export type ResolvedImage =
  /** An image of a repository here, by its digest, so that all tasks of a deployment get the same one. */
  | (Ours & { readonly kind: "ours"; readonly pullReference: string; readonly digest: string })
  /** For the registry here to look up in another one, where a pull-through cache covers it: what a tag means shows with the pull. */
  | (Ours & { readonly kind: "ours-upstream"; readonly pullReference: string })
  /** The registry is ours and does not have it. `reason` is the container's `reason`, in AWS's words. */
  | (Ours & { readonly kind: "ours-missing"; readonly reason: string })
  /**
   * For the engine to find elsewhere, by a reference that leaves nothing out. `askAlways`: its registry is on this machine, or is one of ECR's, and
   * what the engine has of it came from there, for whoever asked.
   */
  | { readonly kind: "foreign"; readonly pullReference: string; readonly askAlways: boolean }
  /** No image reference. */
  | { readonly kind: "malformed" };

export interface ResolvePlatform {
  readonly state: WholeState;
  readonly registryHost: string;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Looks an image up. Ours are `<registryHost>/<name>`, in the task's own account and region, and `<account>.dkr.ecr.<region>.<domain>/<name>`
 * of every account that lives here. Without a tag, `latest` is meant; with a digest, the tag is of no account.
 */
export function resolveImage(
  { state, registryHost, clock }: ResolvePlatform,
  reference: string,
  scope: Scope,
  launchType: LaunchType = "FARGATE",
): ResolvedImage {
  const parsed = parseImageReference(reference);
  if (!parsed) return { kind: "malformed" };
  const full = fullImageReference(parsed);
  const home = homeOf(state, registryHost, full.host, scope);
  if (!home) return { kind: "foreign", pullReference: formatImageReference(full), askAlways: asksAlways(full.host, registryHost) };
  const { account, region } = home;
  const key = repositoryKey(home, parsed.repository);
  const repository = state.table(repositories).get(key);
  const found = repository && findImage(state, key, parsed.digest ?? parsed.tag ?? "latest");
  // An engine that has an archived image already would not ask the registry.
  const image = found?.status === undefined ? found : undefined;
  const ours = { account, region, repository: parsed.repository };
  const asked = parsed.digest ?? parsed.tag ?? "latest";
  if (!isGoodHere(state, key, asked, image, clock.now()) && pullThroughRuleFor(state, home, parsed.repository)) {
    const end = parsed.digest === undefined ? `:${asked}` : `@${asked}`;
    return { ...ours, kind: "ours-upstream", pullReference: `${registryHost}/${parsed.repository}${end}` };
  }
  if (!image) return { ...ours, kind: "ours-missing", reason: missing(parsed, home, repository, launchType) };
  return { ...ours, kind: "ours", pullReference: `${registryHost}/${parsed.repository}@${image.digest}`, digest: image.digest };
}

/** The account and region whose registry here an image is of; `undefined` where it is elsewhere's, or no image. */
export function imageHome(
  { state, registryHost }: Pick<ResolvePlatform, "state" | "registryHost">,
  reference: string,
  scope: Scope,
): Scope | undefined {
  const parsed = parseImageReference(reference);
  return parsed && homeOf(state, registryHost, fullImageReference(parsed).host, scope);
}

/** A registry on this machine may be another Airfield, or this one by another name; one of ECR's gives to who has a token of its own alone. */
function asksAlways(host: string, registryHost: string): boolean {
  const { name, port } = hostAndPort(host);
  return isLoopbackHost(name) || (port !== "" && port === hostAndPort(registryHost).port) || scopeOfRegistryHost(host) !== undefined;
}

function hostAndPort(host: string): { readonly name: string; readonly port: string } {
  const [, name = host, port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name, port };
}

/** The account and region that a registry's host, in lower case, stands for, if it is ours: by any name of this machine's loopback, or one of ECR's. */
function homeOf(state: WholeState, registryHost: string, host: string, scope: Scope): Scope | undefined {
  const { name, port } = hostAndPort(host);
  if (isLoopbackHost(name) && port === hostAndPort(registryHost).port) return scope;
  const named = scopeOfRegistryHost(host);
  if (!named) return undefined;
  const livesHere =
    named.account === DEFAULT_ACCOUNT ||
    named.account === scope.account ||
    state.table(repositories).by("account", named.account).length > 0;
  return livesHere ? named : undefined;
}

/**
 * Fargate reports the words of containerd, which says the same of a missing repository and a missing tag; the agent on EC2
 * and external instances those of Docker, with the registry's message.
 * Source: Amazon ECS Developer Guide, "CannotPullContainer task errors in Amazon ECS", and reports of users.
 */
function missing(parsed: ImageReference, { account }: Scope, repository: RepositoryRecord | undefined, launchType: string): string {
  const name = `${parsed.host ?? ""}/${parsed.repository}`;
  const end = parsed.digest === undefined ? `:${parsed.tag ?? "latest"}` : `@${parsed.digest}`;
  if (launchType === "FARGATE") {
    const whole = `${name}${parsed.digest !== undefined && parsed.tag !== undefined ? `:${parsed.tag}` : ""}${end}`;
    return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${whole}: ${whole}: not found`;
  }
  const said = repository
    ? `manifest for ${name}${end} not found: manifest unknown: Requested image not found`
    : `repository ${name} not found: name unknown: The repository with name '${parsed.repository}' does not exist in the registry with id '${account}'`;
  return `CannotPullContainerError: Error response from daemon: ${said}`;
}
