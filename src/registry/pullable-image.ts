import { arn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { ContainerSpec } from "../ports/task-runner.ts";
import { resolveImage, type ResolvePlatform } from "./resolve.ts";
import { mintRegistryToken, REGISTRY_TOKEN_LIFETIME_MS, REGISTRY_USER } from "../state/registry-token.ts";

/** What the engine needs to get an image. */
export type PullableImage = Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "pullFailure">;

/** Makes the function that tells the task runner where an image is, with the control plane's own token for a repository here. */
export function pullableImage(
  platform: ResolvePlatform & { readonly secrets: SecretBox; readonly clock: Clock },
): (reference: string, task: Scope & { readonly launchType: "EC2" | "FARGATE" | "EXTERNAL" }) => PullableImage {
  return (reference, task) => {
    const resolved = resolveImage(platform, reference, task, task.launchType);
    switch (resolved.kind) {
      case "foreign":
        return { pullReference: reference };
      case "ours-missing":
        return { pullReference: reference, pullFailure: resolved.reason };
      case "ours": {
        const { account, region, digest, pullReference } = resolved;
        const issuedAt = platform.clock.now();
        const principalArn = arn("iam", { account, region: "" }, "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
        const password = mintRegistryToken(platform.secrets, {
          account,
          region,
          principalArn,
          issuedAt,
          expiresAt: issuedAt + REGISTRY_TOKEN_LIFETIME_MS,
        });
        return { pullReference, imageDigest: digest, registryAuth: { username: REGISTRY_USER, password } };
      }
    }
  };
}
