import type { Audit } from "../audit/auditor.ts";
import { sealAuthorizationMessage } from "../authorization/authorization-message.ts";
import { decide } from "../authorization/authorize.ts";
import { principalIn, type Credentials } from "../authorization/credentials.ts";
import { denialText } from "../decide/iam/denial.ts";
import { limitOfSession } from "../authorization/session-limits.ts";
import { laterTurn } from "../domain/later-turn.ts";
import { ANONYMOUS, type Principal } from "../domain/principal.ts";
import { DEFAULT_REGION, isRegion } from "../domain/scope.ts";
import { AwsError } from "../services/aws-error.ts";
import { requestScope, type Operation, type OperationContext, type Permission } from "../services/operation.ts";
import type { Platform } from "../services/platform.ts";
import type { ServiceDescriptor, WireProtocol } from "../services/service.ts";
import { endpointFor } from "../authorization/vpc-endpoint.ts";
import { vpcs } from "../state/ec2.ts";
import { accessKeys, roles, users } from "../state/iam.ts";
import { receive } from "./admission.ts";
import { auditedCall, type CallInProgress } from "./audit/audited-call.ts";
import { settleInput } from "./empty-values.ts";
import {
  accessDenied,
  familyOf,
  isRest,
  malformedError,
  notImplemented,
  sessionError,
  signatureError,
  throttled,
  unknownOperation,
  wireError,
  type Family,
} from "./errors.ts";
import { DisconnectedError } from "./disconnected.ts";
import { noteKeyUse } from "./key-usage.ts";
import { interpretersOf, loadService, protocolOf, type LoadedService } from "./loaded-service.ts";
import { MalformedRequestError } from "./malformed.ts";
import { errorWriter, guessedProtocol } from "./protocols/not-offered.ts";
import type { ArrivingRequest, Protocol, WireRequest, WireResponse } from "./protocols/protocol.ts";
import { route } from "./routing.ts";
import type { OperationSchema } from "./schema.ts";
import { checkHead, verifySignature, type HeadCheck } from "./sigv4.ts";
import type { Throttle } from "./throttle.ts";

export interface GatewayOptions {
  readonly services: readonly ServiceDescriptor[];
  readonly platform: Platform;
  /** Told of defects: what an operation threw that is no answer. */
  readonly failed: (cause: unknown, operation: string, requestId: string) => void;
  /** Told of every request, whatever became of it, before it is answered. */
  readonly audit?: Audit;
  /** Whether a principal asks too often. Everything is let through where absent. */
  readonly throttle?: Throttle;
}

/** Answers one AWS request. Rejects only where its body ends before its end: whatever else goes wrong becomes an error in AWS's shape. */
export type Gateway = (arriving: ArrivingRequest, sourceIp: string, localAddress?: string) => Promise<WireResponse>;

export function gateway(options: GatewayOptions): Gateway {
  const interpreters = new Map(options.services.map((service) => [service, interpretersOf(service)]));
  return async (arriving, sourceIp, localAddress) => {
    const { clock, ids, credentials } = options.platform;
    const requestId = ids.uuid();
    const now = clock.now();
    const head = checkHead(arriving, credentials, now);
    const request = await receive(arriving, head);
    const found = route(request, options.services, "claim" in head ? undefined : LOOKED_AT_OF_STRANGERS);
    const { service, serviceName, protocol: spoken } = found;
    const call: CallInProgress = { request, requestId, now, sourceIp, service, serviceName, operationName: found.operation };
    if (!service || !spoken) {
      // Nothing was verified: who is refused for the head has waited, and everybody else waits now.
      if ("claim" in head) await arriving.turn();
      return unroutable(call, options);
    }
    const protocol = interpreters.get(service)?.get(spoken) ?? protocolOf(service, spoken);
    const family = familyOf(spoken);
    let client: Readonly<Record<string, unknown>> = {};
    try {
      // Who may not come in is not told what there is: an operation is looked up before only to learn whether it needs a signature.
      const loaded = await loadService(service);
      client = loaded.client;
      // Looked for by method and path where the protocol has no other name for it.
      if (isRest(spoken)) call.operationName = loaded.routes(request);
      const name = call.operationName;
      const { principal, region } = isUnsigned(loaded, name)
        ? { principal: ANONYMOUS, region: DEFAULT_REGION }
        : await authenticate(request, head, { service, family, credentials, now, turn: () => arriving.turn() });
      if (principal.kind !== "anonymous") arriving.known();
      else if ("claim" in head) await arriving.turn();
      Object.assign(call, { principal, region });
      noteKeyUse(options.platform.state, principal, service.id, region, now);
      const { schema, operation } = findOperation(loaded, name, spoken);
      call.schema = schema;
      const limit = limitOfSession(principal, service.id, schema.name);
      if (limit) throw sessionError(limit, schema.name, family);
      if (options.throttle?.({ principal, sourceIp, operation: `${service.id}:${schema.name}`, now }) === false) throw throttled(family);
      const input = await readInput(schema, request, loaded, { protocol, spoken, clock });
      call.input = input;
      const through = endpointFor(
        options.platform.state,
        { from: sourceIp, to: localAddress },
        region,
        service.endpointName ?? service.signingName,
      );
      const origin = {
        sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
        secureTransport: request.secure,
        region,
        ...(through && { through }),
      };
      const scope = requestScope({ account: principal.account, region });
      const state = options.platform.state.visit(LOOKED_UP_APART).of(principal.account);
      const context: OperationContext = {
        ...options.platform,
        ...scope,
        state,
        principal,
        requestId,
        now,
        sourceIp,
        host: request.headers["host"] ?? "",
        origin,
      };
      const permissions = operation.access === undefined ? [operation.authorize(input as never, context)].flat() : [];
      call.resources = permissions.flatMap(({ resource }) => resource);
      permit(permissions, context, family);
      const output: unknown = await onceDurable(context, () => operation.run(input as never, context));
      call.output = output;
      return protocol.write(schema, output, requestId);
    } catch (thrown) {
      if (thrown instanceof DisconnectedError) throw thrown;
      const known = wireError(thrown, client);
      if (!known) options.failed(thrown, `${service.id}:${call.operationName ?? ""}`, requestId);
      call.error = known ?? INTERNAL_FAILURE;
      return protocol.writeError(known ?? INTERNAL_FAILURE, requestId);
    } finally {
      record(call, options);
    }
  };
}

/** What the platform's parts look into for a request by themselves: whose key it is, and in whose VPC an address lies. */
const LOOKED_UP_APART = [accessKeys, users, roles, vpcs] as const;

/** Parameters among which a stranger's request must name its operation: the one that needs no signature has about twenty. */
const LOOKED_AT_OF_STRANGERS = 100;

const INTERNAL_FAILURE = {
  code: "InternalFailure",
  message: "The request processing has failed because of an unknown error, exception or failure.",
  status: 500,
  fault: "server",
  schema: undefined,
  members: {},
} as const;

/** Asks policies for everything that the operation needs. The first refusal ends it, before anything is looked at or changed. */
function permit(permissions: readonly Permission[], context: OperationContext, family: Family): void {
  const { now, principal, origin } = context;
  const parts = { ...context, state: context.state.whole };
  for (const { action, resource, context: given } of permissions) {
    const resources = [resource].flat();
    // Nothing named is nothing known: what such a request may see is asked for as a whole.
    for (const one of resources.length === 0 ? ["*"] : resources) {
      const asked = { action, resource: one, ...(given ? { context: given } : {}) };
      const decision = decide({ state: parts.state, now }, principal, asked, origin);
      if (decision.allowed) {
        context.state.open(one);
        continue;
      }
      const text = denialText({ principalArn: principal.arn, action, resource: one, decision });
      if (family !== "ec2") throw accessDenied(text, family);
      const message = sealAuthorizationMessage(parts, { principal, asked, origin, explicit: decision.explicit });
      throw accessDenied(`${text}. Encoded authorization failure message: ${message}`, family);
    }
  }
}

/** What an operation says, refusals included, tells of records: nobody hears of them before they are on disk. */
async function onceDurable<T>({ state }: Pick<OperationContext, "state">, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run();
  } finally {
    await state.durable();
  }
}

function isUnsigned(service: LoadedService, name: string | undefined): boolean {
  if (name === undefined) return false;
  return service.operations.get(name)?.access === "unsigned" || service.descriptor.unsignedOnAws?.includes(name) === true;
}

interface Asked {
  readonly service: ServiceDescriptor;
  readonly family: Family;
  readonly credentials: Credentials;
  readonly now: number;
}

async function authenticate(
  request: WireRequest,
  head: HeadCheck,
  { service, family, credentials, now, turn }: Asked & Pick<ArrivingRequest, "turn">,
): Promise<{ readonly principal: Principal; readonly region: string }> {
  const verified = verifySignature(request, head, credentials, now);
  if ("refusal" in verified) {
    // Who was refused for the head has waited before the body was read.
    if ("claim" in head) await turn();
    throw signatureError(verified.refusal, family);
  }
  const { service: signedFor, region } = verified.scope;
  const principal = principalIn(region, verified.principal);
  if (!isRegion(region))
    throw signatureError(
      { kind: "invalid", detail: `Credential should be scoped to a valid region, not '${region.slice(0, 64)}'. ` },
      family,
    );
  if (signedFor !== service.signingName)
    throw signatureError({ kind: "invalid", detail: `Credential should be scoped to correct service: '${service.signingName}'. ` }, family);
  return { principal, region };
}

function findOperation(
  service: LoadedService,
  name: string | undefined,
  spoken: WireProtocol,
): { readonly schema: OperationSchema; readonly operation: Operation } {
  const schema = name === undefined ? undefined : service.schema(name);
  if (!schema) throw unknownOperation(name, service.descriptor, spoken);
  const operation = service.operations.get(schema.name);
  if (!operation) throw notImplemented(schema.name, service.descriptor);
  return { schema, operation };
}

/** From how many bytes on a request lets others have their turn after each step of its reading. */
const LARGE_BODY = 64 * 1024;

interface Reading {
  readonly protocol: Protocol;
  readonly spoken: WireProtocol;
  readonly clock: Platform["clock"];
}

/** What permissions are asked for and what is done come of one reading, in which nothing is left empty by oversight. */
async function readInput(
  schema: OperationSchema,
  request: WireRequest,
  service: LoadedService,
  { protocol, spoken, clock }: Reading,
): Promise<unknown> {
  const isLarge = request.body.length > LARGE_BODY;
  try {
    if (isLarge) await laterTurn(clock);
    const read = protocol.read(schema, request);
    if (isLarge) await laterTurn(clock);
    const settled = settleInput(schema.input, read, service);
    if (isLarge) await laterTurn(clock);
    return settled;
  } catch (thrown) {
    throw thrown instanceof MalformedRequestError ? malformedError(thrown, service.descriptor, spoken) : thrown;
  }
}

/** No service of ours: answered in the protocol that the request seems to speak. */
function unroutable(call: CallInProgress, options: GatewayOptions): WireResponse {
  const { request, serviceName, requestId } = call;
  const protocol = guessedProtocol(request, serviceName);
  const { code, message, status, fault } =
    serviceName === undefined
      ? signatureError({ kind: "missing" }, protocol === "s3" ? "query" : familyOf(protocol))
      : new AwsError("UnknownService", `Airfield does not offer the service ${serviceName}; docs/coverage.md lists what it does.`, 501);
  const error = { code, message, status, fault, schema: undefined, members: {} };
  call.error = error;
  record(call, options);
  return errorWriter(protocol).writeError(error, requestId);
}

/** What cannot be recorded is a defect of ours, and no reason to keep an answer back: what was done is done. */
function record(call: CallInProgress, { audit, platform, failed }: GatewayOptions): void {
  try {
    audit?.(auditedCall(call, platform.credentials));
  } catch (thrown) {
    failed(thrown, "audit", call.requestId);
  }
}
