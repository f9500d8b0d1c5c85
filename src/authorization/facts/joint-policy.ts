interface Document {
  readonly Version?: string;
  readonly Statement: object | readonly object[];
}

/**
 * One policy, JSON text, that says what two say together. Statements lose their names, which need to be unique in one policy only, and
 * those of a policy of 2008 keep the meaning that they have there, where `${` is plain text.
 */
export function jointPolicy(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const [one, other] = [JSON.parse(first) as Document, JSON.parse(second) as Document];
  const both = one.Version === other.Version;
  const Statement = both ? [statements(one), statements(other)].flat() : [one, other].flatMap((policy) => statements(inNewVersion(policy)));
  return JSON.stringify({ ...(both ? { ...(one.Version !== undefined && { Version: one.Version }) } : { Version: NEW }), Statement });
}

const NEW = "2012-10-17";

function statements({ Statement }: Document): readonly object[] {
  return [Statement].flat().map((statement) => ({ ...statement, Sid: undefined }));
}

function inNewVersion(policy: Document): Document {
  return policy.Version === NEW ? policy : (JSON.parse(JSON.stringify(policy).replaceAll("${", () => "${$}{")) as Document);
}
