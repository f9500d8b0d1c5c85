/** A policy as JSON. Its statements are one or several. */
export interface JsonPolicy {
  readonly Version?: string;
  readonly Statement: object | readonly object[];
}

/** Reads a policy that is kept; `undefined` where it is none, so that nothing can be added to it: as it is, it denies everything. */
export function jsonPolicy(text: string): JsonPolicy | undefined {
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === "object" && read !== null && "Statement" in read ? (read as JsonPolicy) : undefined;
  } catch {
    // Only policies are kept: this one was changed by other hands.
    return undefined;
  }
}

/**
 * One policy, JSON text, that says what two say together. Statements lose their names, which need to be unique in one policy only, and
 * those of a policy of 2008 keep the meaning that they have there, where `${` is plain text.
 */
export function jointPolicy(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const [one, other] = [jsonPolicy(first), jsonPolicy(second)];
  if (!one || !other) return one ? second : first;
  const both = one.Version === other.Version;
  const Statement = both ? [statements(one), statements(other)].flat() : [one, other].flatMap((policy) => statements(inNewVersion(policy)));
  return JSON.stringify({ ...(both ? { ...(one.Version !== undefined && { Version: one.Version }) } : { Version: NEW }), Statement });
}

const NEW = "2012-10-17";

function statements({ Statement }: JsonPolicy): readonly object[] {
  return [Statement].flat().map((statement) => ({ ...statement, Sid: undefined }));
}

function inNewVersion(policy: JsonPolicy): JsonPolicy {
  return policy.Version === NEW ? policy : (JSON.parse(JSON.stringify(policy).replaceAll("${", () => "${$}{")) as JsonPolicy);
}
