import type { SessionLimit } from "../authorization/session-limits.ts";
import { AwsError } from "../services/aws-error.ts";
import type { ServiceDescriptor, WireProtocol } from "../services/service.ts";
import { InvalidInputError, type MalformedRequestError } from "./malformed.ts";
import type { WireError } from "./protocols/protocol.ts";
import { errorSchema } from "./schema.ts";
import type { SignatureRefusal } from "./signature-refusal.ts";
import { boundText, constraintText, type Violation } from "./constraints/constraint.ts";
import { NoRoomError } from "../state/state.ts";

/** Protocols whose services word the errors that they all have alike. */
export type Family = "json" | "rest" | "query" | "ec2";

export function familyOf(protocol: WireProtocol): Family {
  switch (protocol) {
    case "ec2Query":
      return "ec2";
    case "awsQuery":
    case "restXml":
      return "query";
    case "restJson":
      return "rest";
    default:
      return "json";
  }
}

/** Whether method and path name the operation. */
export function isRest(protocol: WireProtocol): boolean {
  return protocol === "restJson" || protocol === "restXml";
}

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const EC2_AUTH_FAILURE = "AWS was not able to validate the provided access credentials";

/**
 * The refusal of a signature in the words of the protocol's family.
 * Source: "Common Errors" of the ECS (JSON), ELB (Query) and EC2 API references.
 */
export function signatureError(refusal: SignatureRefusal, family: Family): AwsError {
  if (family === "rest") return asRest(signatureError(refusal, "json"), 403);
  switch (refusal.kind) {
    case "missing":
      if (family === "json") return new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token");
      return new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
    case "incomplete":
      if (family === "json") return new AwsError("IncompleteSignatureException", refusal.detail);
      return new AwsError("IncompleteSignature", refusal.detail);
    case "unknown-key":
      if (family === "json") return new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
      if (family === "ec2") return new AwsError("AuthFailure", EC2_AUTH_FAILURE, 401);
      return new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
    case "expired-token":
      if (family === "json") return new AwsError("ExpiredTokenException", "The security token included in the request is expired");
      if (family === "ec2") return new AwsError("RequestExpired", "Request has expired.");
      return new AwsError("ExpiredToken", "The security token included in the request is expired", 403);
    case "mismatch":
      if (family === "json") return new AwsError("InvalidSignatureException", MISMATCH);
      return family === "ec2" ? new AwsError("AuthFailure", EC2_AUTH_FAILURE, 401) : new AwsError("SignatureDoesNotMatch", MISMATCH, 403);
    case "invalid":
      if (family === "json") return new AwsError("InvalidSignatureException", refusal.detail);
      return family === "ec2"
        ? new AwsError("AuthFailure", refusal.detail, 401)
        : new AwsError("SignatureDoesNotMatch", refusal.detail, 403);
    case "clock-skew":
      if (family === "json") return new AwsError("InvalidSignatureException", refusal.detail);
      return family === "ec2"
        ? new AwsError("RequestExpired", "Request has expired.")
        : new AwsError("SignatureDoesNotMatch", refusal.detail, 403);
    case "expired":
      return new AwsError("RequestExpired", "Request has expired.", family === "ec2" ? 400 : 403);
  }
}

/** REST services have the codes of the JSON ones, and statuses that tell more. Source: "Common errors" of the Amazon EKS API reference. */
function asRest({ code, message }: AwsError, status: number): AwsError {
  return new AwsError(code, message, status);
}

/**
 * What policies do not allow, in the words of the protocol's family.
 * @param text AWS's sentence about who may not do what, and why
 */
export function accessDenied(text: string, family: Family): AwsError {
  if (family === "json") return new AwsError("AccessDeniedException", text);
  if (family === "rest") return new AwsError("AccessDeniedException", text, 403);
  if (family === "ec2") return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${text}`, 403);
  return new AwsError("AccessDenied", text, 403);
}

/** What the kind of session alone forbids, whatever policies say. IAM answers as if there were no such session. */
export function sessionError(limit: SessionLimit, operation: string, family: Family): AwsError {
  if (limit === "unknown-token") return signatureError({ kind: "unknown-key" }, family);
  return accessDenied(`Cannot call ${operation} with session credentials`, family);
}

/** Too many requests, in the words of the protocol's family. SDKs wait and try again. */
export function throttled(family: Family): AwsError {
  if (family === "json") return new AwsError("ThrottlingException", "Rate exceeded");
  if (family === "rest") return new AwsError("ThrottlingException", "Rate exceeded", 429);
  if (family === "ec2") return new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
  return new AwsError("Throttling", "Rate exceeded");
}

/**
 * What cannot be made durable now. Nothing was changed, or nothing that anybody sees before it is durable; SDKs try again.
 * Source: "Common Errors" of the API references; EC2's list of server errors has the same one.
 */
function unavailable(): AwsError {
  return new AwsError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503);
}

/** A request that does not fit the schema, in the words of the service. */
export function malformedError(error: MalformedRequestError, service: ServiceDescriptor, protocol: WireProtocol): AwsError {
  if (error instanceof InvalidInputError) return invalidInput(error, service, protocol);
  if (protocol === "restXml") return new AwsError(service.invalidInputCode ?? "InvalidInput", error.message);
  const family = familyOf(protocol);
  if (family === "json" || family === "rest") return new AwsError("SerializationException", error.message);
  if (family === "ec2") return new AwsError(error.kind === "unknown" ? "UnknownParameter" : "InvalidParameterValue", error.message);
  return new AwsError("ValidationError", error.message);
}

const INVALID_INPUT = {
  json: "ValidationException",
  rest: "ValidationException",
  query: "ValidationError",
  ec2: "InvalidParameterValue",
  restXml: "InvalidInput",
} as const;

/** An input beyond what AWS's model allows, in the words of the service. */
function invalidInput({ message, violations }: InvalidInputError, service: ServiceDescriptor, protocol: WireProtocol): AwsError {
  const family = familyOf(protocol);
  const [first] = violations;
  if (family === "ec2" && first) return invalidInEc2(first, message, service);
  const code = service.invalidInputCode ?? INVALID_INPUT[protocol === "restXml" ? protocol : family];
  return new AwsError(code, service.constraintWords === "ecr" && first ? ecrText(first) : message);
}

function invalidInEc2({ kind, wireName, shown, constraint, path }: Violation, message: string, service: ServiceDescriptor): AwsError {
  if (kind === "missing" || kind === "empty") {
    const name = service.missingMemberNames?.[wireName] ?? wireName.charAt(0).toUpperCase() + wireName.slice(1);
    return new AwsError("MissingParameter", `The request must contain the parameter ${name}`);
  }
  if (constraint.kind !== "value") return new AwsError("InvalidParameterValue", message);
  const text = `Value ( ${shown ?? ""} ) for parameter ${path} is invalid. Expecting a value ${boundText(constraint)}.`;
  return new AwsError("InvalidParameterValue", text);
}

/** ECR tells of one broken constraint. */
function ecrText({ path, constraint }: Violation): string {
  const text = constraint.kind === "pattern" ? `must satisfy regular expression '${constraint.source}'` : constraintText(constraint);
  return `Invalid parameter at '${path}' failed to satisfy constraint: '${text}'`;
}

export function unknownOperation(name: string | undefined, service: ServiceDescriptor, protocol: WireProtocol): AwsError {
  if (isRest(protocol))
    return new AwsError("UnknownOperationException", "The method and the path of the request belong to no operation.", 404);
  if (familyOf(protocol) === "json") return new AwsError("UnknownOperationException", name ? `Unknown operation ${name}` : "");
  if (name === undefined) return new AwsError("MissingAction", "The request is missing an action or a required parameter.");
  const where = service.version ? ` (version ${service.version})` : "";
  return new AwsError("InvalidAction", `The action ${name} is not valid for this web service${where}.`);
}

/** AWS has the operation, Airfield does not yet. The status is one that no SDK retries. */
export function notImplemented(name: string, service: ServiceDescriptor): AwsError {
  const reason = service.notOffered?.[name];
  const message =
    reason === undefined
      ? `Airfield does not implement ${service.id}:${name} yet; docs/coverage.md lists what it does.`
      : `Airfield does not offer ${service.id}:${name}: ${reason}.`;
  return new AwsError("NotImplemented", message, 501);
}

/** Turns whatever an operation threw into a wire error; `undefined` for a defect of ours, which tells the caller nothing. */
export function wireError(thrown: unknown, client: Readonly<Record<string, unknown>>): WireError | undefined {
  if (thrown instanceof NoRoomError) return wireError(unavailable(), client);
  if (thrown instanceof AwsError) {
    const { code, message, status, fault } = thrown;
    return { code, message, status, fault, schema: errorSchema(client, code), members: { message, Message: message } };
  }
  // The SDK's exceptions carry `$fault`; their name is the shape's.
  if (!(thrown instanceof Error) || !("$fault" in thrown)) return undefined;
  const schema = errorSchema(client, thrown.name);
  if (!schema) return undefined;
  const { name, message } = thrown;
  const members = { ...thrown, message, Message: message };
  return { code: name, message, status: schema.status, fault: schema.fault, schema, members };
}
