import { EntityAlreadyExistsException, NoSuchEntityException } from "@aws-sdk/client-iam";
import { globalArn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";
import { instanceProfiles, groups, roleKey, roles, users } from "../../state/iam.ts";
import { serverCertificates } from "../../state/server-certificates.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import { because, operationsOf, type AuthorizeScope, type ConditionContext, type Permission } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-iam")>();

/** An ARN of IAM, in the partition of the region that was asked. */
export function iamArn(scope: Scope, resource: string): string {
  return globalArn("iam", scope, resource);
}

type Name = string | undefined;
/** The condition keys that only the request tells. */
type Told<T> = (input: T) => ConditionContext;

function permission<T>(action: string, resource: string, input: T, told: Told<T> | undefined): Permission {
  return { action: `iam:${action}`, resource, ...(told ? { context: told(input) } : {}) };
}

// What exists is asked for by its real ARN, with its path. Source: "Actions, resources, and condition keys for IAM".

/** Many operations mean the caller where no user is named. */
export function userArn(at: AuthorizeScope, name: Name): string {
  if (name === undefined) return at.principal.kind === "user" ? at.principal.arn : iamArn(at, "user/*");
  return at.state.table(users).get(roleKey(at.account, name))?.arn ?? iamArn(at, `user/${name}`);
}

export function roleArn(at: AuthorizeScope, name = "*"): string {
  return at.state.table(roles).get(roleKey(at.account, name))?.arn ?? iamArn(at, `role/${name}`);
}

export function onUser<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { UserName?: Name } & T, at: AuthorizeScope): Permission => permission(action, userArn(at, input.UserName), input, told);
}

export function onRole<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { RoleName?: Name } & T, at: AuthorizeScope): Permission => permission(action, roleArn(at, input.RoleName), input, told);
}

export function onGroup<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { GroupName?: Name } & T, at: AuthorizeScope): Permission => {
    const name = input.GroupName ?? "*";
    const found = at.state.table(groups).get(roleKey(at.account, name))?.arn;
    return permission(action, found ?? iamArn(at, `group/${name}`), input, told);
  };
}

export function onInstanceProfile<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { InstanceProfileName?: Name } & T, at: AuthorizeScope): Permission => {
    const name = input.InstanceProfileName ?? "*";
    const found = at.state.table(instanceProfiles).get(roleKey(at.account, name))?.arn;
    return permission(action, found ?? iamArn(at, `instance-profile/${name}`), input, told);
  };
}

export function onServerCertificate<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { ServerCertificateName?: Name } & T, at: AuthorizeScope): Permission => {
    const name = input.ServerCertificateName ?? "*";
    const found = at.state.table(serverCertificates).get(roleKey(at.account, name))?.arn;
    return permission(action, found ?? iamArn(at, `server-certificate/${name}`), input, told);
  };
}

export function onPolicy<T extends object = object>(action: string, told?: Told<T>) {
  return (input: { PolicyArn?: Name } & T): Permission => permission(action, input.PolicyArn ?? "*", input, told);
}

/** Of operations that IAM knows no resource for. */
export function onAccount(action: string) {
  return (): Permission => ({ action: `iam:${action}`, resource: "*" });
}

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new AwsError("ValidationError", broken);
}

export function alreadyExists(what: string): EntityAlreadyExistsException {
  return new EntityAlreadyExistsException(because(what));
}

export function missing(what: string): NoSuchEntityException {
  return new NoSuchEntityException(because(what));
}
