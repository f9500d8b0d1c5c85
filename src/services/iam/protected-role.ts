import { UnmodifiableEntityException } from "@aws-sdk/client-iam";
import type { RoleRecord } from "../../state/iam.ts";
import { because, type OperationContext } from "../operation.ts";
import { requireRole } from "./find.ts";
import { SERVICE_ROLE_PATH } from "./service-linked-services.ts";

export function isServiceLinked({ path }: { readonly path: string }): boolean {
  return path.startsWith(SERVICE_ROLE_PATH);
}

/** A role that its owner may change: not one that belongs to a service. */
export function requireModifiableRole(context: OperationContext, name: string): RoleRecord {
  const role = requireRole(context, name);
  if (isServiceLinked(role))
    throw new UnmodifiableEntityException(
      because(`Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`),
    );
  return role;
}
