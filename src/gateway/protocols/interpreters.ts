import type { WireProtocol } from "../../services/service.ts";
import { awsJson } from "./aws-json.ts";
import { awsQuery, ec2Query } from "./aws-query.ts";
import type { Protocol } from "./protocol.ts";
import type { Compatibility } from "./query-error-header.ts";
import { restJson } from "./rest-json.ts";
import { restXml } from "./rest-xml.ts";
import { rpcV2Cbor } from "./rpc-v2-cbor.ts";

/** The interpreter of a protocol. It holds no state. */
export function interpreterOf(
  protocol: WireProtocol,
  { xmlNamespace, ...compatibility }: Compatibility & { readonly xmlNamespace: string },
): Protocol {
  switch (protocol) {
    case "awsJson1.0":
      return awsJson("1.0", compatibility);
    case "awsJson1.1":
      return awsJson("1.1", compatibility);
    case "awsQuery":
      return awsQuery(xmlNamespace);
    case "ec2Query":
      return ec2Query(xmlNamespace);
    case "restJson":
      return restJson();
    case "restXml":
      return restXml(xmlNamespace);
    case "rpcv2Cbor":
      return rpcV2Cbor(compatibility);
  }
}
