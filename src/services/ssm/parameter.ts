import { ParameterNotFound, ParameterVersionNotFound } from "@aws-sdk/client-ssm";
import {
  findParameter,
  parameterArn,
  parameterReference,
  type ParameterRecord,
  type ParameterVersionRecord,
} from "../../state/parameters.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import { because, operationsOf, type OperationContext, type RequestScope } from "../operation.ts";
import { defined } from "../../domain/defined.ts";

import { PUBLIC_PATH } from "./public-parameters.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-ssm")>();

export const onParameter =
  (action: string) =>
  ({ Name }: { Name?: string | undefined }, at: RequestScope) => ({ action: `ssm:${action}`, resource: resourceOf(Name ?? "*", at) });

export function resourceOf(name: string, at: RequestScope): string {
  const { scope, names } = parameterReference(at, name);
  // What AWS keeps for everybody is of no account.
  return parameterArn(name.startsWith(PUBLIC_PATH) ? { ...scope, account: "" } : scope, names[0] ?? name);
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw invalid(broken);
}

export function notFound(name: string): ParameterNotFound {
  return new ParameterNotFound(because(`Parameter ${name} not found.`));
}

export function versionNotFound(name: string, version: string): ParameterVersionNotFound {
  return new ParameterVersionNotFound(
    because(`Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`),
  );
}

/**
 * The parameter and the version that a text names, in this region; of another account only by its ARN, and where its policy shares it.
 * @throws ParameterNotFound, ParameterVersionNotFound
 */
export function requireParameter(
  context: OperationContext,
  text: string,
): { readonly parameter: ParameterRecord; readonly version: ParameterVersionRecord; readonly selector?: string } {
  const reference = parameterReference(context, text);
  const { scope, selector, names } = reference;
  const { parameter, version } = findParameter(context.state, reference);
  if (scope.region !== context.region || !parameter) throw notFound(text);
  if (!version) throw versionNotFound(names[0] ?? text, selector?.slice(1) ?? "");
  return { parameter, version, ...defined({ selector }) };
}
