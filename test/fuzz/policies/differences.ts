import { ACCOUNT, type PolicyCase, type RandomStatement } from "./random-case.ts";

/** A rule on which the two engines differ, and which is not ours to mend. */
export interface Difference {
  readonly name: string;
  /** What the product does, and where AWS says so. */
  readonly rule: string;
  /** The same case without what the rule is about: where that makes the engines agree, the rule is why they did not. */
  readonly without: (one: PolicyCase) => PolicyCase;
}

/** What the simulator does otherwise (0.1.173). Where a rule cites nothing, AWS's documentation leaves it open, and ours is a choice. */
export const DIFFERENCES: readonly Difference[] = [
  {
    name: "a star that ends a segment",
    rule: 'may stand for more segments. IAM User Guide, "IAM JSON policy elements: Resource": "it can expand to match beyond the colon boundaries"',
    without: (one) => withPatterns(one, (pattern) => takes(pattern, one.resource, "[^:]*") || !takes(pattern, one.resource, ".*")),
  },
  {
    name: "a key with nothing but empty text",
    rule:
      "is an empty set to ForAllValues and ForAnyValue, and null. IAM User Guide, “Set operators for multivalued context keys”, “Examples of " +
      "multivalued context keys”: a Null test keeps “context keys with empty values” from evaluating to true",
    without: (one) => ({
      ...one,
      keys: Object.fromEntries(Object.entries(one.keys).filter(([, value]) => [value].flat().some((text) => text !== ""))),
    }),
  },
  {
    name: "NotPrincipal that names the account or the role alone",
    rule:
      "does not spare the user or the session, which has to be named itself. IAM User Guide, “NotPrincipal”: the account and the user, or the account, " +
      "the role and the session, are compared one after the other",
    without: (one) => withStatements(one, ({ NotPrincipal }) => NotPrincipal === undefined || !sparesAround(one, NotPrincipal.AWS)),
  },
  {
    name: "who is named itself, or everybody, under a session policy",
    rule:
      "is granted directly what a resource's policy grants: session policies and boundaries do not limit that within the account. IAM User Guide, " +
      "“Policy evaluation for requests within a single account”, “IAM role session”",
    without: (one) =>
      mapStatements(one, (statement) => {
        const direct = ["*", one.principal.names[0]];
        if (!statement.Principal || statement.Effect === "Deny") return [statement];
        const around = statement.Principal.AWS.filter((name) => !direct.includes(name));
        return around.length === 0 ? [] : [{ ...statement, Principal: { AWS: around } }];
      }),
  },
  {
    name: "a multivalued key under an operator without a set prefix",
    rule: "holds where one of the values matches; negated, where none does. AWS asks for a prefix, and does not say what comes of its absence",
    without: (one) =>
      withoutConditions(one, (operator, key) => key === "aws:TagKeys" && operator !== "Null" && !operator.startsWith("For")),
  },
  {
    name: "the block of all addresses",
    rule: "`0.0.0.0/0` and `::/0` are blocks as others: the simulator finds no address in them. IAM User Guide, “IP address condition operators”",
    without: (one) =>
      withoutConditions(one, (operator, _key, values) => /IpAddress/.test(operator) && values.some((value) => value.endsWith("/0"))),
  },
  {
    name: "an address of the other family under NotIpAddress",
    rule:
      "is not the address that the policy gives without a prefix. IAM User Guide, “IP address condition operators”: NotIpAddress is “all IP " +
      "addresses except the specified IP address or range”",
    without: (one) =>
      withoutConditions(one, (operator, _key, values) => operator.startsWith("NotIp") && values.some((value) => !value.includes("/"))),
  },
  {
    name: "ForAnyValue…IfExists without the key",
    rule: "holds. IAM User Guide, “…IfExists condition operators”: “If the key is not present, evaluate the condition element as true”",
    without: (one) => withoutConditions(one, (operator) => operator.startsWith("ForAnyValue:") && operator.endsWith("IfExists")),
  },
  {
    name: "an escaped character under StringEquals",
    rule: "is the character: IAM User Guide, “Variables and tags”: `${*}` can be used “in any string where you can use regular policy variables”",
    without: (one) =>
      withoutConditions(one, (operator, _key, values) => !operator.includes("Like") && values.some((value) => value.includes("${*}"))),
  },
  {
    name: "a variable in the type of a resource",
    rule: "is replaced as in all of an ARN's last part. IAM User Guide, “Resource”, allows variables in “the trailing part”, the specific resource",
    without: (one) => withPatterns(one, (pattern) => !/^[^/:]*\$\{/.test(pattern.split(":").slice(5).join(":"))),
  },
];

/** Whether a pattern takes an ARN, where a star that ends one of the first five segments stands for `star`. Variables take nothing here. */
function takes(pattern: string, arn: string, star: string): boolean {
  const parts = pattern.split(":");
  while (parts.length < 6) parts.push("*");
  const segments = parts.slice(0, 5).map((part) =>
    part
      .replace(/\*(?!$)/g, "[^:]*")
      .replace(/\*$/, star)
      .replaceAll("?", "[^:]"),
  );
  const rest = parts.slice(5).join(":").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${[...segments, rest].join(":").replace(/[${}]/g, "\\$&")}$`).test(arn);
}

/** Whether these names are around who asks, its account or its role, and not who asks itself. */
function sparesAround({ principal: { names, account } }: PolicyCase, spared: readonly string[]): boolean {
  const [itself, ...around] = names;
  if (itself === undefined || spared.includes(itself) || spared.includes("*")) return false;
  return spared.some((name) => around.includes(name) || name === account || name === `arn:aws:iam::${account}:root`);
}

type Part = "identity" | "boundary" | "session" | "resourcePolicy";
const PARTS: readonly Part[] = ["identity", "boundary", "session", "resourcePolicy"];

function mapStatements(one: PolicyCase, change: (statement: RandomStatement) => readonly RandomStatement[]): PolicyCase {
  const changed = PARTS.flatMap((part) => {
    const statements = one[part];
    return statements ? [[part, orNone(statements.flatMap(change), part)] as const] : [];
  });
  return { ...one, ...Object.fromEntries(changed) };
}

/** A policy has a statement at least: this one is about nothing that is asked for. */
function orNone(statements: readonly RandomStatement[], part: Part): readonly RandomStatement[] {
  if (statements.length > 0) return statements;
  const principal = part === "resourcePolicy" ? { Principal: { AWS: [ACCOUNT] } } : {};
  return [{ Effect: "Allow", Action: ["sqs:SendMessage"], Resource: [NOTHING], ...principal }];
}

function withStatements(one: PolicyCase, keep: (statement: RandomStatement) => boolean): PolicyCase {
  return mapStatements(one, (statement) => (keep(statement) ? [statement] : []));
}

/** Nobody has such a queue: in the place of patterns that were taken out. */
const NOTHING = "arn:aws:sqs:us-east-1:000000000000:none";

function withPatterns(one: PolicyCase, keep: (pattern: string) => boolean): PolicyCase {
  const kept = (patterns: readonly string[]): readonly string[] => {
    const rest = patterns.filter(keep);
    return rest.length > 0 ? rest : [NOTHING];
  };
  return mapStatements(one, (statement) => [
    {
      ...statement,
      ...(statement.Resource ? { Resource: kept(statement.Resource) } : {}),
      ...(statement.NotResource ? { NotResource: kept(statement.NotResource) } : {}),
    },
  ]);
}

function withoutConditions(one: PolicyCase, drop: (operator: string, key: string, values: readonly string[]) => boolean): PolicyCase {
  return mapStatements(one, (statement) => {
    const { Condition, ...rest } = statement;
    if (!Condition) return [statement];
    const kept = Object.entries(Condition).flatMap(([operator, keys]) => {
      const left = Object.entries(keys).filter(([key, values]) => !drop(operator, key, values));
      return left.length === 0 ? [] : [[operator, Object.fromEntries(left)] as const];
    });
    return [kept.length === 0 ? rest : { ...rest, Condition: Object.fromEntries(kept) }];
  });
}
