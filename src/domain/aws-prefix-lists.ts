/** A prefix list of AWS's own, which names the public addresses of a service in a region. */
export interface AwsPrefixList {
  /** `pl-63a5400a`. */
  readonly id: string;
  /** `com.amazonaws.us-east-1.s3`. */
  readonly name: string;
  readonly blocks: readonly string[];
}

/** As on AWS, for the regions that people know them of. */
const KNOWN: Readonly<Record<string, string>> = {
  "com.amazonaws.us-east-1.s3": "pl-63a5400a",
  "com.amazonaws.us-east-2.s3": "pl-7ba54012",
  "com.amazonaws.us-west-1.s3": "pl-6ba54002",
  "com.amazonaws.us-west-2.s3": "pl-68a54001",
  "com.amazonaws.eu-west-1.s3": "pl-6da54004",
  "com.amazonaws.eu-central-1.s3": "pl-6ea54007",
  "com.amazonaws.us-east-1.dynamodb": "pl-02cd2c6b",
  "com.amazonaws.us-west-2.dynamodb": "pl-00a54069",
};

/** Of us-east-1, and here of all regions: nobody is asked at these addresses, they stand for a service in routes and rules. */
const BLOCKS = { s3: ["3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"], dynamodb: ["3.218.180.0/22", "52.94.0.0/22"] } as const;

/** The lists of the services that have gateway endpoints. */
export function awsPrefixLists(region: string): readonly AwsPrefixList[] {
  return Object.entries(BLOCKS).map(([service, blocks]) => {
    const name = `com.amazonaws.${region}.${service}`;
    return { id: KNOWN[name] ?? `pl-${numberOf(name).toString(16).padStart(8, "0")}`, name, blocks };
  });
}

/**
 * An address that stands for a service of AWS where somebody looks for it outside of its VPC: in the list of its service where it has one. Nobody is asked there.
 * @param service `ecr.api`
 */
export function servicePublicAddress(region: string, service: string): string {
  const number = numberOf(`${region} ${service}`);
  const tail = `${(number >>> 8) % 256}.${(number % 253) + 1}`;
  return service === "s3"
    ? `52.216.${tail}`
    : service === "dynamodb"
      ? `52.94.${(number >>> 8) % 4}.${(number % 253) + 1}`
      : `52.95.${tail}`;
}

/** 32 bits that are the text's at every time (FNV-1a). */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
