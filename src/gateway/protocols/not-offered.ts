import { awsJson } from "./aws-json.ts";
import { awsQuery } from "./aws-query.ts";
import type { Protocol, WireRequest } from "./protocol.ts";
import { restJson } from "./rest-json.ts";
import { restXml } from "./rest-xml.ts";
import { rpcV2Cbor, speaksCbor } from "./rpc-v2-cbor.ts";
import { escapeXml } from "./xml-writer.ts";

/** Signing names of services that speak restXml. Those of S3 have errors of their own form. */
const REST_XML = new Set(["route53", "cloudfront"]);
const S3 = new Set(["s3", "s3express", "s3-object-lambda", "s3-outposts"]);

const NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09";

/** What a request to a service that is not here, or to none, is answered in. */
export type ErrorWriter = Pick<Protocol, "writeError">;

/**
 * The protocol that a request seems to speak, so that its SDK finds the code and the message.
 * @param serviceName what its signature is for; the Query protocols are what is answered where there is none
 */
export function guessedProtocol(request: WireRequest, serviceName: string | undefined): ErrorWriter {
  const contentType = request.headers["content-type"] ?? "";
  if (speaksCbor(request)) return rpcV2Cbor();
  if (request.headers["x-amz-target"] !== undefined) return awsJson(contentType.includes("json-1.0") ? "1.0" : "1.1");
  if (serviceName === undefined) return contentType.includes("json") ? awsJson("1.1") : awsQuery(NAMESPACE);
  if (S3.has(serviceName)) return s3;
  if (REST_XML.has(serviceName)) return restXml(NAMESPACE);
  const isQuery = contentType.startsWith("application/x-www-form-urlencoded") || request.url.searchParams.has("Action");
  return isQuery ? awsQuery(NAMESPACE) : restJson();
}

/** Source: Amazon S3 API, "REST error responses". */
const s3: ErrorWriter = {
  writeError({ code, message, status }, requestId) {
    const members = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId>`;
    const headers = { "content-type": "application/xml", "x-amz-request-id": requestId };
    return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${members}</Error>` };
  },
};
