import { awsJson } from "./aws-json.ts";
import { awsQuery } from "./aws-query.ts";
import type { WireError, WireRequest, WireResponse } from "./protocol.ts";
import { escapeXml } from "./xml-writer.ts";

/** Signing names of services that speak restXml. Those of S3 have errors of their own form; the others answer as Query services do. */
const REST_XML = new Set(["route53", "cloudfront"]);
const S3 = new Set(["s3", "s3express", "s3-object-lambda", "s3-outposts"]);

/**
 * An error to a client of a service that is not here: in the protocol of that service, as far as its request tells, so that its SDK finds
 * the code and the message. Does not speak rpcv2Cbor.
 * Source: Smithy, "AWS restJson1 / restXml protocol"; Amazon S3 API, "REST error responses".
 */
export function writeNotOffered(request: WireRequest, serviceName: string, error: WireError, requestId: string): WireResponse {
  const contentType = request.headers["content-type"] ?? "";
  if (request.headers["x-amz-target"] !== undefined)
    return awsJson(contentType.includes("json-1.0") ? "1.0" : "1.1").writeError(error, requestId);
  if (S3.has(serviceName)) {
    const members = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message><RequestId>${requestId}</RequestId>`;
    const headers = { "content-type": "application/xml", "x-amz-request-id": requestId };
    return { status: error.status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${members}</Error>` };
  }
  const isQuery = contentType.startsWith("application/x-www-form-urlencoded") || request.url.searchParams.has("Action");
  if (isQuery || REST_XML.has(serviceName))
    return awsQuery("http://webservices.amazon.com/AWSFault/2005-15-09").writeError(error, requestId);
  const headers = { "content-type": "application/json", "x-amzn-requestid": requestId, "x-amzn-errortype": error.code };
  return { status: error.status, headers, body: JSON.stringify({ message: error.message }) };
}
