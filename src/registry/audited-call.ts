import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuditedCall } from "../audit/auditor.ts";
import { arn } from "../domain/arn.ts";
import { isDigest } from "../domain/image-reference.ts";
import { DEFAULT_REGION, type Scope } from "../domain/scope.ts";
import type { RegistryHolder } from "../state/registry-token.ts";
import type { RegistryError } from "./errors.ts";
import type { Route } from "./routes.ts";

/** What is learned of a request while it is answered; filled as far as it gets. */
export interface RequestInProgress {
  readonly requestId: string;
  readonly at: number;
  holder?: RegistryHolder;
  scope?: Scope;
  route?: Route;
  /** Such as `ecr:PutImage`; absent for requests that need no permission. */
  action?: string;
  error?: Pick<RegistryError, "code" | "message">;
}

/**
 * A request of the distribution API as ECR records it: under the operation that it stands for. `undefined` for the questions with which
 * clients find out whether and how to log in.
 * Source: Amazon ECR User Guide, "Logging Amazon ECR actions with AWS CloudTrail".
 */
export function auditedRequest(
  call: RequestInProgress,
  request: Pick<IncomingMessage, "headers" | "socket">,
  response: Pick<ServerResponse, "writableFinished" | "getHeader">,
): AuditedCall | undefined {
  const { holder, scope, route, action, error } = call;
  if (action === undefined && (!error || request.headers.authorization === undefined)) return undefined;
  // Who may read images may list what refers to them: there is no action of its own for it.
  const eventName = route?.kind === "referrers" ? "ListImageReferrers" : (action?.replace(/^ecr:/, "") ?? "GetAuthorizationToken");
  const failure = error ?? (response.writableFinished ? undefined : CUT_OFF);
  const digest = response.getHeader("docker-content-digest");
  return {
    requestId: call.requestId,
    at: call.at,
    eventSource: "ecr.amazonaws.com",
    eventName,
    region: scope?.region ?? DEFAULT_REGION,
    proved: holder !== undefined,
    ...(holder?.kind === "principal" ? { principal: holder.principal } : {}),
    ...(holder?.kind === "container-instance" ? { identity: INSTANCE, account: holder.account } : {}),
    sourceIp: request.socket.remoteAddress ?? "",
    userAgent: request.headers["user-agent"] ?? "",
    parameters: parametersOf(route, scope, eventName),
    response: eventName === "PutImage" && !failure && typeof digest === "string" ? imageOf(route, scope, digest) : null,
    resources: route && "name" in route && scope ? [arn("ecr", scope, `repository/${route.name}`)] : [],
    ...(failure ? { error: { code: CODES[failure.code] ?? failure.code, message: failure.message } } : {}),
  };
}

/** The host itself pulls for tasks without an execution role. */
const INSTANCE = { type: "AWSService", invokedBy: "ecs.amazonaws.com" } as const;
const CUT_OFF = { code: "RequestCanceled", message: "The client went away before the answer was sent." } as const;

/** ECR's names for what the distribution API calls otherwise. */
const CODES: Readonly<Record<string, string>> = {
  DENIED: "AccessDenied",
  UNAUTHORIZED: "AccessDenied",
  NAME_UNKNOWN: "RepositoryNotFoundException",
  MANIFEST_UNKNOWN: "ImageNotFoundException",
  BLOB_UNKNOWN: "LayerInaccessibleException",
  BLOB_UPLOAD_UNKNOWN: "UploadNotFoundException",
  MANIFEST_BLOB_UNKNOWN: "LayersNotFoundException",
  TAG_INVALID: "ImageTagAlreadyExistsException",
};

function parametersOf(route: Route | undefined, scope: Scope | undefined, eventName: string): unknown {
  if (!route || !("name" in route)) return null;
  const repository = { registryId: scope?.account, repositoryName: route.name };
  switch (route.kind) {
    case "manifest":
      return eventName === "PutImage"
        ? { ...repository, ...(isDigest(route.reference) ? {} : { imageTag: route.reference }) }
        : { ...repository, imageIds: [isDigest(route.reference) ? { imageDigest: route.reference } : { imageTag: route.reference }] };
    case "blob":
      return eventName === "BatchCheckLayerAvailability"
        ? { ...repository, layerDigests: [route.digest] }
        : { ...repository, layerDigest: route.digest };
    case "upload":
      return { ...repository, uploadId: route.id };
    case "referrers":
      return { ...repository, subjectId: { imageDigest: route.digest } };
    default:
      return repository;
  }
}

function imageOf(route: Route | undefined, scope: Scope | undefined, imageDigest: string): unknown {
  if (route?.kind !== "manifest") return null;
  const imageTag = isDigest(route.reference) ? {} : { imageTag: route.reference };
  return { image: { registryId: scope?.account, repositoryName: route.name, imageId: { imageDigest, ...imageTag } } };
}
