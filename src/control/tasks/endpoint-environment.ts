import type { SecretBox } from "../../ports/secret-box.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { taskEndpointId } from "../../state/task-endpoint-id.ts";

/** Where tasks reach the endpoint. */
export interface TaskLink {
  readonly address: string;
  /** Serves the APIs, credentials and metadata. */
  readonly port: number;
  /** Whether port 80 serves them too: then SDKs find credentials by a path alone. */
  readonly standard: boolean;
}

/**
 * The variables by which an SDK in a container finds its task's credentials, its metadata, and the APIs. Names and forms are ECS's; another
 * port than 80 is told in the form that SDKs have for it, whose host they take for being 169.254.170.2.
 * Some operations are at a host name of their own on AWS, and not here, which SDKs are told.
 * Source: ECS Developer Guide, "Task IAM role", "Task metadata endpoint version 4"; AWS SDKs and Tools Reference Guide, "Container credential provider".
 */
export function endpointEnvironment(
  secrets: SecretBox,
  { address, port, standard }: TaskLink,
  task: Pick<TaskRecord, "id" | "arn" | "networkMode">,
  container: string,
  hasRole: boolean,
): Readonly<Record<string, string>> {
  // A task without a network reaches nothing.
  if (task.networkMode === "none") return {};
  const origin = standard ? `http://${address}` : `http://${address}:${port}`;
  const path = `/v2/credentials/${taskEndpointId(secrets, task, { kind: "credentials" })}`;
  return {
    AWS_ENDPOINT_URL: `http://${address}:${port}`,
    // Nobody answers at `data-169.254.170.2`, where DiscoverInstances would be asked for.
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    ECS_CONTAINER_METADATA_URI_V4: `${origin}/v4/${taskEndpointId(secrets, task, { kind: "metadata", container })}`,
    ...(!hasRole
      ? {}
      : standard
        ? { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path }
        : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}${path}` }),
  };
}
