import { globMatches, parseGlob } from "../../../domain/wildcard.ts";
import type { Statement } from "../policy-document.ts";

/** What only the trust policy of a role must be: about who may assume it, and about nothing else. */
export function checkTrust(statements: readonly Statement[]): string | undefined {
  for (const { resource, principal, action } of statements) {
    if (resource) return `Has prohibited field ${resource.negated ? "NotResource" : "Resource"}`;
    if (principal?.negated === true) return "Has prohibited field NotPrincipal";
    if (!principal) return "Missing required field Principal";
    if (action.patterns.length === 0) return "Missing required field Action";
    if (!action.patterns.every((pattern) => /^sts:[^:]+$/i.test(pattern))) {
      return "AssumeRole policy may only specify STS AssumeRole actions.";
    }
    if (!action.patterns.every(isStsAction)) return NO_ACTION;
  }
  return undefined;
}

/** The actions that STS has. Source: Service Authorization Reference, "AWS Security Token Service". */
const STS_ACTIONS = [
  "assumerole",
  "assumerolewithsaml",
  "assumerolewithwebidentity",
  "assumeroot",
  "decodeauthorizationmessage",
  "getaccesskeyinfo",
  "getcalleridentity",
  "getfederationtoken",
  "getservicebearertoken",
  "getsessiontoken",
  "setcontext",
  "setsourceidentity",
  "tagsession",
];
const NO_ACTION = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity";

function isStsAction(pattern: string): boolean {
  const name = parseGlob(pattern.slice("sts:".length).toLowerCase());
  return STS_ACTIONS.some((action) => globMatches(name, action));
}
