import type { NamedMember, OperationSchema } from "../schema.ts";
import type { Protocol } from "./protocol.ts";
import { readBound, unreadableBody, writeBound, type BodyCodec, type Structure } from "./rest-bindings.ts";
import { xmlError } from "./xml-error.ts";
import { readXmlMembers } from "./xml-reader.ts";
import { readXmlTree } from "./xml-tree.ts";
import { writeXmlMembers, xmlAttributes } from "./xml-writer.ts";

/** restXml with errors inside of an `ErrorResponse`, which is every service's but S3's. Source: Smithy, "AWS restXml protocol". */
export function restXml(xmlNamespace: string): Protocol {
  const xml = xmlCodec(xmlNamespace);
  return {
    read: (operation, request) => readBound(operation, request, xml),
    write(operation, output, requestId) {
      const { status, headers, body } = answer(operation, output ?? {}, xml);
      return { status: status ?? operation.http?.status ?? 200, headers: { "x-amzn-requestid": requestId, ...headers }, body };
    },
    writeError: (error, requestId) => xmlError(error, xmlNamespace, requestId),
  };
}

/** An output of which nothing is in the body has none. */
function answer(
  { output }: OperationSchema,
  value: object,
  xml: BodyCodec,
): Partial<ReturnType<typeof writeBound>> & { body: string | Uint8Array } {
  return output ? writeBound(output, value as Readonly<Record<string, unknown>>, xml) : { body: "" };
}

function xmlCodec(xmlNamespace: string): BodyCodec {
  return {
    contentType: "text/xml",
    readMembers: (_shape, members, body) => readXmlMembers(members, body.length === 0 ? EMPTY : readXmlTree(body)),
    readPayload(member, body) {
      if (!isStructure(member)) throw unreadableBody("XML");
      return readXmlMembers(member.shape.members, readXmlTree(body));
    },
    writeMembers: (shape, members, value) => (members.length === 0 ? "" : document(shape.xmlName ?? shape.name, shape, value)),
    writePayload: (member, value) => document(payloadName(member), member.shape as Structure, value),
  };

  function document(name: string, shape: Structure, value: unknown): string {
    const members = writeXmlMembers(shape, value, { listItem: "member" });
    return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${xmlNamespace}"${xmlAttributes(shape, value)}>${members}</${name}>`;
  }
}

const EMPTY = { name: "", attributes: new Map(), children: [], text: "" } as const;

function isStructure(member: NamedMember): member is NamedMember & { readonly shape: Structure } {
  return member.shape.kind === "structure" || member.shape.kind === "union";
}

function payloadName(member: NamedMember): string {
  return member.xmlName ?? (isStructure(member) ? (member.shape.xmlName ?? member.shape.name) : member.name);
}
