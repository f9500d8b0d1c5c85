import { parseImageReference } from "../domain/image-reference.ts";
import type { LaunchType } from "../domain/launch-type.ts";
import type { PullableImage } from "../ports/task-runner.ts";

// Sources: Amazon ECS Developer Guide, "CannotPullContainer task errors" and "ResourceInitializationError", and reports of users.

/** There is no token for the registry: Fargate fails before it looks at containers, the agent on an instance when it pulls. */
export function noRegistryAuth(reference: string, denial: string, launchType: LaunchType): PullableImage {
  if (launchType !== "FARGATE")
    return { pullReference: reference, pullFailure: `CannotPullECRContainerError: AccessDeniedException: ${denial}` };
  return {
    failure:
      "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: " +
      `service call has been retried 1 time(s): AccessDeniedException: ${denial}`,
  };
}

/** The registry does not give the image: containerd tells the status, Docker the registry's words. */
export function accessDenied(reference: string, denial: string, launchType: LaunchType): PullableImage {
  const { host = "", repository = "", tag, digest } = parseImageReference(reference) ?? {};
  const said =
    launchType === "FARGATE"
      ? `pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: pulling from host ${host} failed with status code [manifests ${digest ?? tag ?? "latest"}]: 403 Forbidden`
      : `Error response from daemon: pull access denied for ${host}/${repository}, repository does not exist or may require 'docker login': denied: ${denial}`;
  return { pullReference: reference, pullFailure: `CannotPullContainerError: ${said}` };
}

/** What neither containerd nor Docker takes for a reference. */
export function malformed(reference: string, launchType: LaunchType): PullableImage {
  const upper = parseImageReference(reference.toLowerCase()) !== undefined;
  const said =
    launchType === "FARGATE"
      ? `failed to normalize image reference "${reference}"`
      : `Error response from daemon: invalid reference format${upper ? ": repository name must be lowercase" : ""}`;
  return { pullReference: reference, pullFailure: `CannotPullContainerError: ${said}` };
}
