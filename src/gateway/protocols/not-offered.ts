import type { WireProtocol } from "../../services/service.ts";
import { interpreterOf } from "./interpreters.ts";
import type { Protocol, WireRequest } from "./protocol.ts";
import { speaksCbor } from "./rpc-v2-cbor.ts";
import { escapeXml } from "./xml-writer.ts";

/** Services that speak restXml: their signing names, and how their paths begin. Those of S3 have errors of their own form. */
const REST_XML = new Map([
  ["route53", "/2013-04-01/"],
  ["cloudfront", "/2020-05-31/"],
]);
const S3 = new Set(["s3", "s3express", "s3-object-lambda", "s3-outposts"]);

const NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09";

/** What a request to a service that is not here, or to none, is answered in. */
export type ErrorWriter = Pick<Protocol, "writeError">;

/**
 * The protocol that a request seems to speak, so that its SDK finds the code and the message.
 * @param serviceName what its signature is for; where there is none, methods and paths tell, and the Query protocols are what is left
 */
export function guessedProtocol(request: WireRequest, serviceName: string | undefined): WireProtocol | "s3" {
  const { headers, method, target, url } = request;
  const contentType = headers["content-type"] ?? "";
  if (speaksCbor(request)) return "rpcv2Cbor";
  if (headers["x-amz-target"] !== undefined) return contentType.includes("json-1.0") ? "awsJson1.0" : "awsJson1.1";
  if (serviceName !== undefined && S3.has(serviceName)) return "s3";
  const isXml = serviceName === undefined ? [...REST_XML.values()].some((start) => target.startsWith(start)) : REST_XML.has(serviceName);
  if (isXml) return "restXml";
  if (contentType.startsWith("application/x-www-form-urlencoded") || url.searchParams.has("Action")) return "awsQuery";
  if (serviceName !== undefined || url.pathname !== "/" || !["GET", "POST"].includes(method)) return "restJson";
  return contentType.includes("json") ? "awsJson1.1" : "awsQuery";
}

/** How a refusal is written in a protocol that no service of ours need speak. */
export function errorWriter(protocol: WireProtocol | "s3"): ErrorWriter {
  return protocol === "s3" ? s3 : interpreterOf(protocol, { xmlNamespace: NAMESPACE });
}

/** Source: Amazon S3 API, "REST error responses". */
const s3: ErrorWriter = {
  writeError({ code, message, status }, requestId) {
    const members = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId>`;
    const headers = { "content-type": "application/xml", "x-amz-request-id": requestId };
    return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${members}</Error>` };
  },
};
