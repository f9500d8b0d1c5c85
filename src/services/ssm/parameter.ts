import { ParameterNotFound, ParameterVersionNotFound } from "@aws-sdk/client-ssm";
import {
  latest,
  openParameter,
  parameterArn,
  parameterReference,
  findParameter,
  type ParameterRecord,
  type ParameterVersionRecord,
} from "../../state/parameters.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import { because, defined, operationsOf, type OperationContext, type RequestScope } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-ssm")>();

export const onParameter =
  (action: string) =>
  ({ Name }: { Name?: string | undefined }, at: RequestScope) => ({ action: `ssm:${action}`, resource: resourceOf(Name ?? "*", at) });

export function resourceOf(name: string, at: RequestScope): string {
  const { scope, names } = parameterReference(at, name);
  return parameterArn(scope, names[0] ?? name);
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

/** The parameter and the version that a text names. @throws ParameterNotFound, ParameterVersionNotFound */
export function requireParameter(
  context: OperationContext,
  text: string,
): { readonly parameter: ParameterRecord; readonly version: ParameterVersionRecord; readonly selector?: string } {
  const reference = parameterReference(context, text);
  const { scope, selector, names } = reference;
  const here = scope.account === context.account && scope.region === context.region;
  const { parameter, version } = findParameter(context.state, reference);
  if (!here || !parameter) throw notFound(text);
  if (!version)
    throw new ParameterVersionNotFound(
      because(`Systems Manager could not find version ${selector?.slice(1)} of ${names[0]}. Verify the version and try again.`),
    );
  return { parameter, version, ...defined({ selector }) };
}

/** A value as GetParameter and its kin show it. Without decryption a SecureString stays sealed. */
export function shownValue(
  parameter: ParameterRecord,
  version: ParameterVersionRecord,
  decrypt: boolean | undefined,
  { secrets }: OperationContext,
  selector?: string,
) {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: decrypt ? openParameter(secrets, parameter, version) : version.value,
    Version: version.version,
    ...defined({ Selector: selector }),
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: parameterArn(parameter, parameter.name),
    DataType: version.dataType,
  };
}

export function shownMetadata(parameter: ParameterRecord, version: ParameterVersionRecord = latest(parameter)) {
  return {
    Name: parameter.name,
    ARN: parameterArn(parameter, parameter.name),
    Type: version.type,
    ...defined({ KeyId: version.keyId, Description: version.description, AllowedPattern: version.allowedPattern }),
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  };
}
