import { checkStatements, operatorRefusal } from "./syntax/check-statements.ts";
import { checkTrust } from "./syntax/check-trust.ts";
import { checkPrincipals } from "./syntax/principal-syntax.ts";
import { readJson, type Json } from "./json.ts";
import type { PolicyDocument, PolicyUse } from "./policy-document.ts";
import { readStatements, type ReadStatement } from "./syntax/read-statements.ts";
import { SYNTAX_ERROR } from "./syntax/refusals.ts";

/** The longest text that any operation takes as a policy. What services allow is less, and theirs to refuse: `LimitExceeded`. */
const LONGEST = 131_072;

const ELEMENTS = new Set(["Version", "Id", "Statement"]);

export type ParsedPolicy = { readonly policy: PolicyDocument } | { readonly refusal: string };

/**
 * Reads a policy, and refuses one that AWS refuses with MalformedPolicyDocument, in AWS's words and in AWS's order of checks. Takes any
 * text whatever: time and memory grow with its length, and it never throws.
 *
 * The use decides what a statement must have: policies of identities have no principal and need the newer version of the language; those
 * of resources have a principal, and may leave the resource out where it can only be their own; trust policies have a principal and no
 * resource. Source: IAM User Guide, "Grammar of the IAM JSON policy language"; texts as IAM answers them.
 */
export function parsePolicy(text: string, use: PolicyUse): ParsedPolicy {
  const read = readPolicy(text, use);
  if ("refusal" in read) return read;
  const { policy } = read;
  const refusal =
    (use === "identity" && policy.version !== "2012-10-17" ? "Policy document must be version 2012-10-17 or greater." : undefined) ??
    (use === "trust" ? checkTrust(policy.statements) : undefined) ??
    checkPrincipals(policy.statements, use) ??
    checkStatements(read.statements, use);
  return refusal === undefined ? { policy } : { refusal };
}

/**
 * Reads a policy that was taken once: only its form is asked for. What IAM's rules refuse today may have been taken by an earlier version,
 * and stays in force as far as it can be evaluated.
 */
export function readPolicy(text: string, use: PolicyUse): ReadPolicy | { readonly refusal: string } {
  if (text.length > LONGEST) return { refusal: `Policy documents must not be longer than ${LONGEST} characters.` };
  const json = readJson(text);
  if (json === undefined) return { refusal: use === "trust" ? "This policy contains invalid Json" : SYNTAX_ERROR };
  const read = readDocument(json, text);
  if (read === undefined) return { refusal: SYNTAX_ERROR };
  const refusal = operatorRefusal(read.policy.statements, use);
  return refusal === undefined ? read : { refusal };
}

interface ReadPolicy {
  readonly policy: PolicyDocument;
  readonly statements: readonly ReadStatement[];
}

function readDocument(json: Json, text: string): ReadPolicy | undefined {
  if (json.kind !== "object") return undefined;
  const { members } = json;
  if ([...members.keys()].some((key) => !ELEMENTS.has(key))) return undefined;
  const version = members.get("Version");
  const id = members.get("Id");
  const statements = readStatements(members.get("Statement"), text);
  if (statements === undefined || (id !== undefined && id.kind !== "string")) return undefined;
  if (version !== undefined && (version.kind !== "string" || !isVersion(version.text))) return undefined;
  return {
    policy: {
      version: version && isVersion(version.text) ? version.text : "2008-10-17",
      ...(id ? { id: id.text } : {}),
      statements: statements.map(({ statement }) => statement),
    },
    statements,
  };
}

function isVersion(text: string): text is PolicyDocument["version"] {
  return text === "2008-10-17" || text === "2012-10-17";
}
