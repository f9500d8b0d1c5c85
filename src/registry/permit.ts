import type { IncomingMessage } from "node:http";
import { NO_ORIGIN, type RequestOrigin } from "../authorization/authorize.ts";
import { containerInstance } from "../authorization/container-instance.ts";
import { denialOf } from "../authorization/denial-of.ts";
import { endpointFor, endpointOfTask } from "../authorization/vpc-endpoint.ts";
import { arn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { TaskRecord } from "../state/ecs.ts";
import type { RegistryClaims } from "../state/registry-token.ts";
import type { WholeState } from "../state/state.ts";
import type { RegistryPlatform } from "./call.ts";

/** What the holder of a token may do in a registry. */
export interface RegistryAccess {
  /** Whether the credentials that the token was made with are still good: a token is not better than they are. */
  readonly stands: boolean;
  /**
   * Why an action is refused, in the words of IAM; `undefined` where it is allowed. Without a repository, it is one that knows none, on which
   * the holder's own account decides: what is about all repositories of a registry asks for `ALL_REPOSITORIES`.
   */
  denial(action: string, repository: string | undefined): string | undefined;
}

/** In the place of a name: no repository is called so. */
export const ALL_REPOSITORIES = "*";

export type AccessPlatform = Pick<RegistryPlatform, "state" | "clock" | "credentials">;

/** @param from the request, for the condition keys that tell where it came from, or the task that a pull is for: neither where the platform asks for itself */
export function registryAccess(
  { state, clock, credentials }: AccessPlatform,
  { holder }: Pick<RegistryClaims, "holder">,
  scope: Scope,
  from: { readonly request?: IncomingMessage; readonly task?: PullingTask } = {},
): RegistryAccess {
  const now = clock.now();
  const origin = from.task ? originOfTask(state, from.task, scope.region) : always(originOf(state, from.request, scope.region));
  const asked = (action: string, repository: string | undefined) => ({
    action,
    resource: repository === undefined ? "*" : arn("ecr", scope, `repository/${repository}`),
  });
  if (holder.kind === "container-instance") {
    const instance = containerInstance({ account: holder.account, region: scope.region });
    return { stands: true, denial: (action, repository) => denialOf({ state, now }, instance, asked(action, repository), origin(action)) };
  }
  const { principal } = holder;
  return {
    stands: credentials.stand(principal, now),
    denial: (action, repository) => denialOf({ state, now }, principal, asked(action, repository), origin(action)),
  };
}

/** The task that an image is pulled for. */
type PullingTask = Pick<TaskRecord, "networkInterface">;

const always = (origin: RequestOrigin) => (_action: string) => origin;

/** The token is had from the API, and the image from the registry: each has an endpoint of its own. Source: Amazon ECR User Guide, "Amazon ECR interface VPC endpoints". */
function originOfTask(state: WholeState, task: PullingTask, region: string): (action: string) => RequestOrigin {
  return (action) => {
    const through = endpointOfTask(state, task, region, action === "ecr:GetAuthorizationToken" ? "ecr.api" : "ecr.dkr");
    return { ...NO_ORIGIN, region, ...(through && { through }) };
  };
}

function originOf(state: WholeState, request: IncomingMessage | undefined, region: string): RequestOrigin {
  if (!request) return { ...NO_ORIGIN, region };
  const sourceIp = request.socket.remoteAddress ?? "";
  const through = endpointFor(state, { from: sourceIp, to: request.socket.localAddress }, region, "ecr.dkr");
  return {
    ...(through && { through }),
    sourceIp,
    userAgent: request.headers["user-agent"] ?? "",
    secureTransport: (request.socket as { encrypted?: boolean }).encrypted === true,
    region,
  };
}
