import type { PullableImage } from "../../ports/task-runner.ts";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { arn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Failure, TaskResources } from "./task-resources.ts";

const UNABLE = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";

/**
 * An image with the login for its registry that a container's `repositoryCredentials` names: a secret of the form
 * `{"username":"…","password":"…"}`, by ARN or name, read as the execution role. Images of the registry here need none.
 * Source: Amazon ECS Developer Guide, "Using non-AWS container images in Amazon ECS".
 */
export function withRepositoryCredentials(
  image: PullableImage,
  { repositoryCredentials }: ContainerDefinition,
  scope: Scope,
  resources: Pick<TaskResources, "secret">,
): PullableImage {
  const named = repositoryCredentials?.credentialsParameter;
  if (named === undefined || "failure" in image || image.registryAuth) return image;
  const found = resources.secret(named.startsWith("arn:") ? named : arn("secretsmanager", scope, `secret:${named}`));
  if ("failure" in found) return found;
  const login = loginIn(found.value);
  return "failure" in login ? login : { ...image, registryAuth: login };
}

/** The value is in no message: it is a secret. */
function loginIn(text: string): { readonly username: string; readonly password: string } | Failure {
  try {
    const { username, password } = JSON.parse(text) as { username?: unknown; password?: unknown };
    if (typeof username === "string" && typeof password === "string") return { username, password };
  } catch {
    // Said below: what the parser says quotes the text.
  }
  return { failure: `${UNABLE} the secret of repositoryCredentials is no JSON object with username and password` };
}
