import type { WireError, WireResponse } from "./protocol.ts";
import { escapeXml, writeXmlMembers } from "./xml-writer.ts";

/** The error document that awsQuery and restXml have in common. Source: Smithy, "Error response serialization" of both. */
export function xmlError(error: WireError, xmlNamespace: string, requestId: string): WireResponse {
  const type = error.fault === "server" ? "Receiver" : "Sender";
  const code = error.schema?.queryCode ?? error.code;
  return xmlResponse(
    error.status,
    `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message>${furtherMembers(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    requestId,
  );
}

/** What the error's model has besides its message. */
function furtherMembers({ schema, members }: WireError): string {
  if (!schema) return "";
  const { message: _, Message: __, ...further } = members;
  return writeXmlMembers(schema.shape, further, { listItem: "member" });
}

export function xmlResponse(status: number, document: string, requestId: string): WireResponse {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${document}`,
  };
}
