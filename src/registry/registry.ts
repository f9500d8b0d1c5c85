import type { IncomingMessage, ServerResponse } from "node:http";
import type { Audit } from "../audit/auditor.ts";
import { auditedRequest, type RequestInProgress } from "./audited-call.ts";
import { authenticate, TOKEN_OVER } from "./authenticate.ts";
import { deleteBlob, getBlob } from "./blobs.ts";
import { answerJson, type RegistryCall, type RegistryPlatform } from "./call.ts";
import { admitted, type RegistryDoor } from "./door.ts";
import { isDisconnect, RegistryError, writeError } from "./errors.ts";
import { answerDownload } from "./downloads.ts";
import { listRepositories, listTags } from "./listings.ts";
import { deleteManifest, getManifest, pushManifest } from "./manifests.ts";
import { ALL_REPOSITORIES, registryAccess } from "./permit.ts";
import { listReferrers } from "./referrers.ts";
import { LAYER_DOWNLOADS } from "../state/layer-download.ts";
import type { PullThrough } from "./pull-through/pull-through.ts";
import { actionOf, NO_PERMISSION, routeOf, type Route } from "./routes.ts";
import { getSoftwareBill, type SoftwareBills } from "./software-bills.ts";
import { continueUpload, startUpload, uploadRefusal } from "./uploads.ts";

export interface RegistryOptions {
  /** Told of defects: whatever goes wrong and is no refusal. */
  readonly failed: (cause: unknown) => void;
  /** Where images come from that are not here; from nowhere where absent. */
  readonly pullThrough?: PullThrough;
  /** Makes bills of materials; there are none where absent. */
  readonly softwareBills?: SoftwareBills;
  /** Told of every request once it is over. */
  readonly audit?: Audit;
}

/** Answers the requests below `/v2/`, and those for layers by a signed URL. Never throws: whatever goes wrong becomes an error of the distribution API. */
export function registryHandler(
  platform: RegistryPlatform,
  options: RegistryOptions,
): (request: IncomingMessage, response: ServerResponse, door: RegistryDoor) => void {
  return (request, response, door) => {
    if (request.url?.startsWith(LAYER_DOWNLOADS) === true) {
      void answerDownload(platform, request, response, { door, failed: options.failed });
      return;
    }
    const call: RequestInProgress = { requestId: platform.ids.uuid(), at: platform.clock.now() };
    response.once("close", () => {
      const audited = auditedRequest(call, request, response);
      if (audited) options.audit?.(audited);
    });
    answerRequest(platform, options, { request, response, door }, call).catch((cause: unknown) => {
      if (response.destroyed || request.socket.destroyed || request.errored || response.headersSent) {
        // Nobody is left to tell, or the answer has begun; one that is cut must not look whole.
        if (!isDisconnect(cause)) options.failed(cause);
        response.destroy();
        return;
      }
      const refusal = uploadRefusal(cause, { request });
      if (refusal instanceof RegistryError) {
        call.error = refusal;
        writeError(response, refusal);
        return;
      }
      options.failed(cause);
      call.error = UNKNOWN;
      writeError(response, UNKNOWN);
    });
  };
}

const UNKNOWN = new RegistryError(500, "UNKNOWN", "unknown error");

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly door: RegistryDoor;
}

async function answerRequest(
  platform: RegistryPlatform,
  { pullThrough: cache, softwareBills }: RegistryOptions,
  { request, response, door }: Visit,
  call: RequestInProgress,
): Promise<void> {
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  const { claims, scope, access } = await admitted(door, () => {
    const visit = authenticate(request, platform.secrets, platform.clock.now());
    Object.assign(call, { holder: visit.claims.holder, scope: visit.scope });
    const found = registryAccess(platform, visit.claims, visit.scope, { request });
    if (!found.stands) throw new RegistryError(403, "DENIED", TOKEN_OVER);
    return { ...visit, access: found };
  });
  const [path, query] = splitOnce(request.url ?? "");
  const method = request.method ?? "GET";
  const route = routeOf(path);
  if (route === undefined) throw new RegistryError(404, "UNSUPPORTED", `there is nothing at ${path}`);
  if (route === "invalid-name") throw new RegistryError(400, "NAME_INVALID", "invalid repository name");
  call.route = route;
  const action = actionOf(route, method);
  if (action === undefined) throw new RegistryError(405, "UNSUPPORTED", `${method} is not supported here`);
  if (action !== NO_PERMISSION) call.action = action;
  const denial = action === NO_PERMISSION ? undefined : access.denial(action, "name" in route ? route.name : ALL_REPOSITORIES);
  if (denial !== undefined) throw new RegistryError(403, "DENIED", denial);
  const denialOf = (wanted: string, repository: string): string | undefined => access.denial(wanted, repository);
  const may = (wanted: string, repository: string): boolean => denialOf(wanted, repository) === undefined;
  const asked = {
    platform,
    request,
    response,
    method,
    query: new URLSearchParams(query),
    scope,
    holder: claims.holder,
    may,
    denial: denialOf,
  };
  if (cache && (await answeredFromUpstream(cache, route, asked))) return;
  await dispatch(route, asked, softwareBills);
}

/** Brings here what is pulled and is not here yet; true where that was the answer. */
async function answeredFromUpstream(cache: PullThrough, route: Route, call: RegistryCall): Promise<boolean> {
  if (call.method !== "GET" && call.method !== "HEAD") return false;
  if (route.kind === "manifest") await cache.bring(call, route.name, route.reference);
  return route.kind === "blob" && (await cache.answerBlob(call, route.name, route.digest));
}

async function dispatch(route: Route, call: RegistryCall, softwareBills: SoftwareBills | undefined): Promise<void> {
  switch (route.kind) {
    case "base":
      return answerJson(call, {}, {});
    case "catalog":
      return listRepositories(call);
    case "uploads":
      return startUpload(call, route.name);
    case "upload":
      return continueUpload(call, route.name, route.id);
    case "blob":
      return call.method === "DELETE" ? deleteBlob(call, route.name, route.digest) : getBlob(call, route.name, route.digest);
    case "manifest":
      if (call.method === "PUT") return pushManifest(call, route.name, route.reference);
      if (call.method === "DELETE") return deleteManifest(call, route.name, route.reference);
      return getManifest(call, route.name, route.reference);
    case "tags":
      return listTags(call, route.name);
    case "referrers":
      return listReferrers(call, route.name, route.digest);
    case "software-bill":
      return getSoftwareBill(call, softwareBills, route.name, route.reference);
  }
}

function splitOnce(url: string): readonly [string, string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}
