import { MalformedRequestError } from "../malformed.ts";
import { readJson, writeJson } from "./json-codec.ts";
import { checkJsonSize } from "./json-size.ts";
import type { Protocol } from "./protocol.ts";
import { queryErrorHeader, type Compatibility } from "./query-error-header.ts";

/** awsJson1.0 and awsJson1.1. Source: Smithy, "AWS JSON 1.0 / 1.1 protocol". */
export function awsJson(version: "1.0" | "1.1", { queryCompatible = false }: Compatibility = {}): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  const headers = (requestId: string) => ({ "content-type": contentType, "x-amzn-requestid": requestId });
  return {
    read(operation, request) {
      if (!operation.input) return {};
      return readJson(operation.input, parse(request.body));
    },
    write(operation, output, requestId) {
      // An operation without output answers with an empty body in 1.1 services; `{}` is accepted by every client.
      const body = operation.output ? JSON.stringify(writeJson(operation.output, output ?? {})) : "{}";
      return { status: 200, headers: headers(requestId), body };
    },
    writeError(error, requestId) {
      const members = error.schema ? (writeJson(error.schema.shape, error.members) as object) : {};
      // The model says whether the member is `message` or `Message`; common errors use the former.
      const named = "message" in members || "Message" in members ? members : { ...members, message: error.message };
      return {
        status: error.status,
        headers: { ...headers(requestId), "x-amzn-errortype": error.code, ...(queryCompatible ? queryErrorHeader(error) : {}) },
        body: JSON.stringify({ __type: error.code, ...named }),
      };
    },
  };
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  checkJsonSize(body);
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw new MalformedRequestError("syntax", "", "The request body is not valid JSON.");
  }
}
