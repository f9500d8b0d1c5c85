import type { Operation } from "../operation.ts";
import { createPolicy, deletePolicy, getPolicy, getPolicyVersion, listPolicyVersions } from "./policies.ts";
import {
  attachRolePolicy,
  deleteRolePolicy,
  detachRolePolicy,
  getRolePolicy,
  listAttachedRolePolicies,
  listRolePolicies,
  putRolePolicy,
} from "./role-policies.ts";
import { createRole, deleteRole, getRole, listInstanceProfilesForRole, listRoles, tagRole } from "./roles.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createRole,
  getRole,
  listRoles,
  deleteRole,
  tagRole,
  listInstanceProfilesForRole,
  attachRolePolicy,
  detachRolePolicy,
  listAttachedRolePolicies,
  putRolePolicy,
  getRolePolicy,
  deleteRolePolicy,
  listRolePolicies,
  createPolicy,
  getPolicy,
  getPolicyVersion,
  listPolicyVersions,
  deletePolicy,
];
