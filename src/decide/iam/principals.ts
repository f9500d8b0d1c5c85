import { PARTITIONS } from "../../domain/partition.ts";
import type { PrincipalElement } from "./policy-document.ts";
import type { PrincipalView } from "./principal-view.ts";

/**
 * How a resource's policy names who asks:
 * - "direct": the user, the session or the service itself, or everybody. What it grants, no boundary and no session policy limits.
 * - "limited": the role of a session, or the user of a federated one. Boundary and session policies limit it.
 * - "account": the account, which hands the decision on to identity policies there.
 * Source: IAM User Guide, "Policy evaluation logic", "Resource-based policies and implicit denies in other policy types".
 */
export type Naming = "direct" | "limited" | "account";

/** `bounded` tells whether the principal has a permissions boundary. */
export type PrincipalTest = (who: PrincipalView, bounded: boolean) => Naming | undefined;

export function compilePrincipal(element: PrincipalElement, effect: "Allow" | "Deny"): PrincipalTest {
  const naming = compileNaming(element);
  if (!element.negated) return naming;
  // AWS takes no such policy. One that was kept by an earlier version grants nothing.
  if (effect === "Allow") return () => undefined;
  // An exemption from a deny has to name the user or the session itself, and AWS grants none to who has a permissions boundary.
  // Source: IAM User Guide, "NotPrincipal" and "Permissions boundaries for IAM entities".
  return (who, bounded) => (bounded || naming(who) !== "direct" ? "direct" : undefined);
}

function compileNaming({ everyone, aws, service, federated }: PrincipalElement): (who: PrincipalView) => Naming | undefined {
  const names = new Set(aws);
  const services = new Set(service);
  const providers = new Set(federated);
  return (who) => {
    if (everyone) return "direct";
    switch (who.kind) {
      case "service":
        return who.names.some((name) => services.has(name)) ? "direct" : undefined;
      case "web-identity":
        return who.names.some((name) => providers.has(name)) ? "direct" : undefined;
      default:
        return names.has("*") ? "direct" : amongAws(names, who);
    }
  };
}

function amongAws(names: ReadonlySet<string>, { kind, names: own, account }: PrincipalView): Naming | undefined {
  let found: Naming | undefined;
  for (const [index, name] of own.entries()) {
    if (!names.has(name)) continue;
    if (kind === "user" || kind === "root" || index === 0 || isSession(name)) return "direct";
    found = "limited";
  }
  if (found !== undefined || account === "") return found;
  if (!names.has(account) && !PARTITIONS.some((partition) => names.has(`arn:${partition}:iam::${account}:root`))) return undefined;
  return kind === "root" ? "direct" : "account";
}

/** A session by its ARN, or by its unique id `AROA…:session-name`. */
function isSession(name: string): boolean {
  return name.includes(":assumed-role/") || name.includes(":federated-user/") || /^AROA[A-Z0-9]+:/.test(name);
}
