import { InvalidParameterException } from "@aws-sdk/client-ecr";
import type { Scope } from "../../domain/scope.ts";
import { because, operationsOf, type OperationContext, type Permission, type RequestScope } from "../operation.ts";
import { paginate, type Page } from "../pagination.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-ecr")>();

/** A parameter that breaks a constraint, in ECR's words. */
export function invalid(member: string, constraint: string): InvalidParameterException {
  return new InvalidParameterException(because(`Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`));
}

/** @throws InvalidParameterException */
export function mustBeOneOf(member: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) throw invalid(member, `Member must satisfy enum value set: [${allowed.join(", ")}]`);
}

/** @throws InvalidParameterException */
export function mustHaveLength(member: string, value: string | readonly unknown[] | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (value.length < least) throw invalid(member, `Member must have length greater than or equal to ${least}`);
  if (value.length > most) throw invalid(member, `Member must have length less than or equal to ${most}`);
}

/** @param source the pattern as ECR writes it @throws InvalidParameterException */
export function mustMatch(member: string, value: string, pattern: RegExp, source: string): void {
  if (!pattern.test(value)) throw invalid(member, `must satisfy regular expression '${source}'`);
}

/** By what name clients reach the registry of an account in a region. */
type RegistryAddress = Pick<OperationContext, "registryHost" | "registryOverTls" | "ecrHost">;

/** ECR's own name where it leads here, and `localhost:4566` where it does not: every account and region shares that one. */
export function registryHostOf({ registryHost, ecrHost }: RegistryAddress, scope: Scope): string {
  return ecrHost?.(scope) ?? registryHost;
}

/** The same with how it is spoken to: `http://localhost:4566`. */
export function registryUrl(address: RegistryAddress, scope: Scope): string {
  const own = address.ecrHost?.(scope);
  if (own !== undefined) return `https://${own}`;
  return `${address.registryOverTls ? "https" : "http"}://${address.registryHost}`;
}

/** The permission for an action on one repository. */
export function onRepository(action: string) {
  return (
    { repositoryName, registryId }: { repositoryName?: string | undefined; registryId?: string | undefined },
    at: RequestScope,
  ): Permission => ({
    action: `ecr:${action}`,
    resource: at.arn("ecr", `repository/${repositoryName ?? "*"}`).replace(`:${at.account}:`, `:${registryId ?? at.account}:`),
  });
}

/**
 * Whose registry a request is about: the caller's, or the one that it names. The gateway has asked whether the caller may there.
 * @throws InvalidParameterException
 */
export function registryScope(registryId: string | undefined, { account, region }: OperationContext): Scope {
  if (registryId !== undefined) mustMatch("registryId", registryId, /^[0-9]{12}$/, "[0-9]{12}");
  return { account: registryId ?? account, region };
}

/** Source: ECR API Reference: pages have 100 entries where nothing is asked for, 1000 at most. @throws InvalidParameterException */
export function pageOf<T>(
  items: readonly T[],
  key: (item: T) => string,
  request: { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined },
  { secrets }: OperationContext,
): Page<T> {
  const { nextToken: token, maxResults = 100 } = request;
  if (maxResults < 1) throw invalid("maxResults", "Member must have value greater than or equal to 1");
  if (maxResults > 1000) throw invalid("maxResults", "Member must have value less than or equal to 1000");
  const sorted = items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const page = paginate(sorted, key, { token, limit: maxResults }, secrets);
  if (!page) throw invalid("nextToken", "Invalid token");
  return page;
}
