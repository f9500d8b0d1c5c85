import { fullImageReference, parseImageReference } from "../../domain/image-reference.ts";
import type { Need } from "./needs.ts";

const UNABLE = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";
const CHECK = "Please check your task network configuration.";
const CANCELED = `RequestCanceled: request context canceled caused by: context deadline exceeded. ${CHECK}`;
const PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref";

/**
 * What Fargate's agent says where it does not reach what a task needs: the task's `stoppedReason`, and of an image the container's `reason`.
 * Source: Amazon ECS Developer Guide, "Stopped task error messages", and what users report of each.
 * @param to the address that was tried; absent where the name was not resolved
 * @param host the name of the service, or of the registry
 */
export function unreachableText(need: Need, host: string, to: string | undefined): string {
  const timeout = to === undefined ? `dial tcp: lookup ${host}: i/o timeout` : `dial tcp ${to}:443: i/o timeout`;
  switch (need.kind) {
    case "secret":
      return `${UNABLE} unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret ${need.reference} from secrets manager: ${CANCELED}`;
    case "parameter":
      return `${UNABLE} unable to retrieve secrets from ssm: service call has been retried 5 time(s): ${CANCELED}`;
    case "registry-auth":
      return `${UNABLE} unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post "https://${host}/": ${timeout}. ${CHECK}`;
    case "log":
      return "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed";
    case "image":
      return `${PULL} ${need.image}: failed to do request: Head "${manifestUrl(need.image, host)}": ${timeout}`;
    case "layers":
      return `CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get ${need.image}: ${timeout}`;
  }
}

function manifestUrl(image: string, host: string): string {
  const parsed = parseImageReference(image);
  if (!parsed) return `https://${host}/v2/`;
  const { repository, digest, tag } = fullImageReference(parsed);
  return `https://${host}/v2/${repository}/manifests/${digest ?? tag ?? "latest"}`;
}
