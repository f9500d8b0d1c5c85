import { formParameters } from "./form.ts";
import type { Protocol } from "./protocol.ts";
import { readQuery } from "./query-codec.ts";
import { escapeXml, writeXmlMembers } from "./xml-writer.ts";

/** awsQuery. Source: Smithy, "AWS query protocol". */
export function awsQuery(xmlNamespace: string): Protocol {
  return {
    read: (operation, request) => readQuery(operation.input, formParameters(request), "aws"),
    write(operation, output, requestId) {
      const { name } = operation;
      const members = operation.output ? writeXmlMembers(operation.output, output ?? {}, { listItem: "member" }) : "";
      const result = operation.output ? `<${name}Result>${members}</${name}Result>` : "";
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return xml(200, `<${name}Response xmlns="${xmlNamespace}">${result}${metadata}</${name}Response>`, requestId);
    },
    writeError(error, requestId) {
      const type = error.fault === "server" ? "Receiver" : "Sender";
      const code = error.schema?.queryCode ?? error.code;
      return xml(
        error.status,
        `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code>` +
          `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
        requestId,
      );
    },
  };
}

/** ec2Query. Source: Smithy, "AWS EC2 query protocol". */
export function ec2Query(xmlNamespace: string): Protocol {
  return {
    read: (operation, request) => readQuery(operation.input, formParameters(request), "ec2"),
    write(operation, output, requestId) {
      const { name } = operation;
      // An operation without output tells its success by `return`.
      const members = operation.output ? writeXmlMembers(operation.output, output ?? {}, { listItem: "item" }) : "<return>true</return>";
      return xml(
        200,
        `<${name}Response xmlns="${xmlNamespace}/"><requestId>${requestId}</requestId>${members}</${name}Response>`,
        requestId,
      );
    },
    writeError(error, requestId) {
      return xml(
        error.status,
        `<Response><Errors><Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors>` +
          `<RequestID>${requestId}</RequestID></Response>`,
        requestId,
      );
    },
  };
}

function xml(status: number, document: string, requestId: string) {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${document}`,
  };
}
