import { brokenBy, type ValueCheck, type ValueChecks } from "../gateway/constraints/value-checks.ts";
import type { Shape } from "../gateway/schema.ts";

/** Texts of the forms that patterns of AWS's models ask for, some of which fits each of them. */
const TEXTS = [
  "production",
  "123456",
  "Name",
  "123456789012",
  "us-east-1",
  "1h",
  "/production/",
  "v1",
  "https://issuer.example",
  "200",
  "52.5",
  "HTTPS",
  "www.example.com",
  "0123456789abcdef0123456789abcdef01234567",
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "01234567-89ab-cdef-0123-456789abcdef",
  "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "arn:aws:iam::123456789012:role/production",
  "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
  "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/production",
  "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/01234567-89ab-cdef-0123-456789abcdef",
  "arn:aws:signer:us-east-1:123456789012:/signing-profiles/production",
  "ipam-pool-0123456789abcdef0",
  "ipv4pool-coip-0123456789abcdef0",
  "192.0.2.1",
  "production".repeat(12),
];

/** ARNs of the service that a pattern names, one of which may fit it: services that are not here have forms of their own. */
function arnsFor(pattern: string): readonly string[] {
  const service = /arn:aws[^:]*:([a-z0-9-]+):/.exec(pattern)?.[1];
  if (service === undefined) return [];
  const here = `arn:aws:${service}:us-east-1:123456789012`;
  return ["production", "name/production", "name:production", "/name/production"].map((resource) => `${here}:${resource}`);
}

/** An input in which whatever breaks a constraint of AWS's model has given way to something that does not. */
export function fitted(shape: Shape, value: unknown, checks: ValueChecks): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const given = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        shape.members
          .filter(({ name }) => given[name] !== undefined)
          .map((member) => [member.name, fittedAt(member.shape, given[member.name], checks(shape.name, member.name), checks)]),
      );
    }
    default:
      return fittedAt(shape, value, undefined, checks);
  }
}

function fittedAt(shape: Shape, value: unknown, check: ValueCheck | undefined, checks: ValueChecks): unknown {
  if (shape.kind === "list")
    return repeated(value as readonly unknown[], check).map((item) => fittedAt(shape.item.shape, item, check?.item, checks));
  if (shape.kind === "map")
    return Object.fromEntries(
      enough(Object.entries(value as object), check).map(([key, item]: [string, unknown]) => [
        fittedScalar(key, check?.key),
        fittedAt(shape.value.shape, item, check?.value, checks),
      ]),
    );
  return shape.kind === "structure" || shape.kind === "union" ? fitted(shape, value, checks) : fittedScalar(value, check);
}

/** How many more a list or a map must have. */
function lackingOf(count: number, check: ValueCheck | undefined): number {
  const least = check?.constraints.find((one) => one.kind === "length" && one.bound === "least");
  return least?.kind === "length" ? least.limit - count : 0;
}

/** As many items as a list must have. */
function repeated(items: readonly unknown[], check: ValueCheck | undefined): readonly unknown[] {
  const lacking = lackingOf(items.length, check);
  return items.length === 0 || lacking <= 0 ? items : [...items, ...Array.from({ length: lacking }, () => items[0])];
}

/** As many entries as a map must have. */
function enough(entries: readonly [string, unknown][], check: ValueCheck | undefined): readonly [string, unknown][] {
  const lacking = lackingOf(entries.length, check);
  const [first] = entries;
  if (!first || lacking <= 0) return entries;
  return [...entries, ...Array.from({ length: lacking }, (_, at): [string, unknown] => [`${first[0]}${at}`, first[1]])];
}

function fittedScalar(value: unknown, check: ValueCheck | undefined): unknown {
  if (!check || brokenBy(value, check).length === 0) return value;
  const instead = check.constraints.flatMap((constraint): readonly unknown[] => {
    if (constraint.kind === "one-of") return constraint.values;
    if (constraint.kind === "pattern") return arnsFor(constraint.source);
    return constraint.kind === "length" && typeof value === "number" ? [constraint.limit] : [];
  });
  const bytes = value instanceof Uint8Array ? [new Uint8Array(16)] : [];
  const fitting = [...instead, ...TEXTS, ...bytes].find((one) => typeof one === typeof value && brokenBy(one, check).length === 0);
  return fitting ?? value;
}
