import type { NamedMember, Shape } from "../schema.ts";
import { readJson, writeJson, type NameInJson } from "./json-codec.ts";
import { checkJsonSize } from "./json-size.ts";
import type { Protocol } from "./protocol.ts";
import { readBound, unreadableBody, writeBound, type BodyCodec, type Structure } from "./rest-bindings.ts";

/** restJson1. Does not speak event streams. Source: Smithy, "AWS restJson1 protocol". */
export function restJson(): Protocol {
  return {
    read: (operation, request) => readBound(operation, request, json),
    write(operation, output, requestId) {
      const answer = writeBound(operation.output ?? NOTHING, (output ?? {}) as Readonly<Record<string, unknown>>, json);
      const headers = { "x-amzn-requestid": requestId, ...answer.headers };
      return { status: answer.status ?? operation.http?.status ?? 200, headers, body: answer.body };
    },
    writeError({ code, message, status, schema, members }, requestId) {
      const { headers, body } = writeBound(schema?.shape ?? NOTHING, members, json);
      const found = JSON.parse(String(body)) as object;
      // The model says whether the member is `message` or `Message`; common errors use the former.
      const named = "message" in found || "Message" in found ? found : { ...found, message };
      return {
        status,
        headers: { ...headers, "x-amzn-requestid": requestId, "x-amzn-errortype": code },
        body: JSON.stringify(named),
      };
    },
  };
}

const NOTHING: Structure = { kind: "structure", name: "Unit", xmlName: undefined, members: [], byName: new Map() };

const nameInJson: NameInJson = ({ name, jsonName }) => jsonName ?? name;

const json: BodyCodec = {
  contentType: "application/json",
  readMembers: (shape, members, body) => readJson(part(shape, members), parsed(body), nameInJson) as Readonly<Record<string, unknown>>,
  readPayload: ({ shape }, body) => readJson(shape, parsed(body), nameInJson),
  writeMembers: (shape, members, value) => JSON.stringify(writeJson(part(shape, members), value, nameInJson)),
  writePayload: ({ shape }, value) => JSON.stringify(writeJson(shape, value, nameInJson)),
};

/** A structure with some of its members. */
function part(shape: Structure, members: readonly NamedMember[]): Shape {
  return { ...shape, members };
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return {};
  checkJsonSize(body);
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw unreadableBody("JSON");
  }
}
