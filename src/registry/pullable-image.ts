import type { LaunchType } from "../domain/launch-type.ts";
import type { Scope } from "../domain/scope.ts";
import type { TaskInterface } from "../state/ecs.ts";
import type { Credentials } from "../authorization/credentials.ts";
import type { Clock } from "../ports/clock.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { PullableImage } from "../ports/task-runner.ts";
import { mintRegistryToken, REGISTRY_TOKEN_LIFETIME_MS, REGISTRY_USER, type RegistryHolder } from "../state/registry-token.ts";
import { registryAccess } from "./permit.ts";
import { accessDenied, malformed, noRegistryAuth } from "./pull-refusals.ts";
import { resolveImage, type ResolvePlatform } from "./resolve.ts";

export interface PullTask extends Scope {
  readonly launchType: LaunchType;
  /** From where it pulls, where it has an interface of its own. */
  readonly networkInterface?: TaskInterface;
}

/**
 * Makes the function that tells the task runner where an image is, with a token of who pulls it for a repository here. What a pull needs is
 * asked here as well: an engine that has the image already would not ask the registry.
 */
export function pullableImage(
  platform: ResolvePlatform & { readonly secrets: SecretBox; readonly clock: Clock; readonly credentials: Credentials },
): (reference: string, task: PullTask, holder: RegistryHolder | undefined) => PullableImage {
  return (reference, task, holder) => {
    const resolved = resolveImage(platform, reference, task, task.launchType);
    if (resolved.kind === "malformed") return malformed(reference, task.launchType);
    if (resolved.kind === "foreign")
      return { pullReference: resolved.pullReference, ...(resolved.askAlways && { storedImage: "never" as const }) };
    if (!holder) return { failure: "Fargate requires task definition to have execution role ARN to support ECR images." };
    const { account, region, repository } = resolved;
    const access = registryAccess(platform, { holder }, { account, region }, { task });
    const unknown = access.denial("ecr:GetAuthorizationToken", undefined);
    if (unknown !== undefined) return noRegistryAuth(reference, unknown, task.launchType);
    for (const action of ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]) {
      const denial = access.denial(action, repository);
      if (denial !== undefined) return accessDenied(reference, denial, task.launchType);
    }
    if (resolved.kind === "ours-missing") return { pullReference: reference, pullFailure: resolved.reason };
    const issuedAt = platform.clock.now();
    const expiresAt = issuedAt + REGISTRY_TOKEN_LIFETIME_MS;
    const password = mintRegistryToken(platform.secrets, { account, region, holder, issuedAt, expiresAt });
    const registryAuth = { username: REGISTRY_USER, password };
    const { pullReference } = resolved;
    // The same name below `localhost` is another account's image with another token: only by its digest is it one and the same.
    return resolved.kind === "ours"
      ? { pullReference, imageDigest: resolved.digest, registryAuth, storedImage: "granted" }
      : { pullReference, registryAuth, storedImage: "never" };
  };
}
