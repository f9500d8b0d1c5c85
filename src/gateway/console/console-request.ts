import { principalIn } from "../../authorization/credentials.ts";
import type { Principal } from "../../domain/principal.ts";
import { isRegion } from "../../domain/scope.ts";
import { AwsError } from "../../services/aws-error.ts";
import type { Platform } from "../../services/platform.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import type { ArrivingRequest } from "../protocols/protocol.ts";
import { receive } from "../admission.ts";
import { signatureError } from "../errors.ts";
import { checkHead, verifySignature } from "../sigv4.ts";

/** What requests to the console's own endpoints are signed for. */
export const CONSOLE_SERVICE = "airfield";

export interface SignedConsoleRequest {
  readonly principal: Principal;
  readonly region: string;
  readonly body: Buffer;
}

/**
 * Whose request this is, by the same signature as that of every API. Who shows none waits for a turn, and is told so.
 * @throws AwsError in the words of AWS's JSON protocols
 */
export async function signedRequest(
  arriving: ArrivingRequest,
  { credentials }: Pick<Platform, "credentials">,
  now: number,
): Promise<SignedConsoleRequest> {
  const head = checkHead(arriving, credentials, now);
  const request = await receive(arriving, head);
  const verified = verifySignature(request, head, credentials, now);
  if ("refusal" in verified) {
    // Who was refused for the head has waited before the body was read.
    if ("claim" in head) await arriving.turn();
    throw signatureError(verified.refusal, "json");
  }
  const { service, region } = verified.scope;
  if (service !== CONSOLE_SERVICE || !isRegion(region)) {
    const detail = `Credential should be scoped to a valid region and to correct service: '${CONSOLE_SERVICE}'. `;
    throw signatureError({ kind: "invalid", detail }, "json");
  }
  arriving.known();
  return { principal: principalIn(region, verified.principal), region, body: request.body };
}

/** An object of texts; whatever else a body says is none. @throws AwsError SerializationException */
export function textsIn(body: Buffer): Readonly<Record<string, string>> {
  if (body.length === 0) return {};
  let read: unknown;
  try {
    read = JSON.parse(body.toString());
  } catch {
    read = undefined;
  }
  if (typeof read !== "object" || read === null || Array.isArray(read) || Object.values(read).some((value) => typeof value !== "string"))
    throw new AwsError("SerializationException", "The body must be a JSON object whose members are texts.");
  return read as Readonly<Record<string, string>>;
}

export function jsonAnswer(status: number, value: unknown): WireResponse {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store" }, body: JSON.stringify(value) };
}

export function errorAnswer({ code, message, status }: AwsError): WireResponse {
  return jsonAnswer(status, { __type: code, message });
}
