import type { Protocol, WireRequest } from "./protocol.ts";
import { readQuery } from "./query-codec.ts";
import { escapeXml, writeXmlMembers } from "./xml-writer.ts";

/** awsQuery. Source: Smithy, "AWS query protocol". */
export function awsQuery(xmlNamespace: string): Protocol {
  return {
    read: (operation, request) => readQuery(operation.input, queryParameters(request), "aws"),
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
    read: (operation, request) => readQuery(operation.input, queryParameters(request), "ec2"),
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

/** The parameters of a Query request: from the form in the body, and from the URL where it was sent by GET. */
export function queryParameters(request: WireRequest): URLSearchParams {
  const parameters = new URLSearchParams(request.body.toString("utf8"));
  for (const [name, value] of request.url.searchParams) if (!name.startsWith("X-Amz-")) parameters.append(name, value);
  return parameters;
}

function xml(status: number, document: string, requestId: string) {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${document}`,
  };
}
