import { formParameters } from "./form.ts";
import type { Protocol } from "./protocol.ts";
import { readQuery } from "./query-codec.ts";
import { xmlError, xmlResponse } from "./xml-error.ts";
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
      return xmlResponse(200, `<${name}Response xmlns="${xmlNamespace}">${result}${metadata}</${name}Response>`, requestId);
    },
    writeError: (error, requestId) => xmlError(error, xmlNamespace, requestId),
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
      return xmlResponse(
        200,
        `<${name}Response xmlns="${xmlNamespace}/"><requestId>${requestId}</requestId>${members}</${name}Response>`,
        requestId,
      );
    },
    writeError(error, requestId) {
      return xmlResponse(
        error.status,
        `<Response><Errors><Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors>` +
          `<RequestID>${requestId}</RequestID></Response>`,
        requestId,
      );
    },
  };
}
