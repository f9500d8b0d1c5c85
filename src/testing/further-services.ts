import type { EmptyValues } from "../services/empty-values.ts";
import type { Operation } from "../services/operation.ts";
import type { ServiceDescriptor } from "../services/service.ts";

const NO_CONSTRAINTS = { model: { shapes: {}, members: {} }, exceptions: {} };
const EMPTY_VALUES: EmptyValues = { text: "absent", members: {} };

/** Services of AWS's that are not offered: the wire is tried with their schemas, in protocols that no offered service speaks. */
export const FURTHER_SERVICES: readonly ServiceDescriptor[] = [
  {
    ...described("scheduler", "scheduler"),
    protocol: "restJson",
    client: () => import("@aws-sdk/client-scheduler"),
  },
  {
    ...described("xray", "xray"),
    protocol: "restJson",
    client: () => import("@aws-sdk/client-xray"),
  },
  {
    ...described("route53", "route53"),
    protocol: "restXml",
    xmlNamespace: "https://route53.amazonaws.com/doc/2013-04-01/",
    client: () => import("@aws-sdk/client-route-53"),
  },
  {
    ...described("cloudfront", "cloudfront"),
    protocol: "restXml",
    xmlNamespace: "http://cloudfront.amazonaws.com/doc/2020-05-31/",
    client: () => import("@aws-sdk/client-cloudfront"),
  },
  {
    ...described("cloudwatch", "monitoring"),
    protocol: "awsQuery",
    furtherProtocols: ["awsJson1.0", "rpcv2Cbor"],
    queryCompatible: true,
    target: "GraniteServiceVersion20100801",
    version: "2010-08-01",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    client: () => import("@aws-sdk/client-cloudwatch"),
  },
];

/** One of them, with operations of a test's own. */
export function furtherService(id: string, operations: readonly Operation[]): ServiceDescriptor {
  const found = FURTHER_SERVICES.find((service) => service.id === id);
  if (!found) throw new Error(`there is no ${id} among the further services`);
  return { ...found, operations: () => Promise.resolve({ operations, emptyValues: EMPTY_VALUES, constraints: NO_CONSTRAINTS }) };
}

function described(id: string, signingName: string) {
  return {
    id,
    title: id,
    signingName,
    operations: () => Promise.resolve({ operations: [], emptyValues: EMPTY_VALUES, constraints: NO_CONSTRAINTS }),
  };
}
