import {
  InvalidInputException,
  type ContextEntry,
  type SimulateCustomPolicyCommandInput,
  type SimulatePrincipalPolicyCommandInput,
} from "@aws-sdk/client-iam";
import { parseArn } from "../../domain/arn.ts";
import { isAccount } from "../../domain/scope.ts";
import type { KeyValue } from "../../decide/iam/policy-variables.ts";
import type { PrincipalView } from "../../decide/iam/principal-view.ts";
import { lengthWithin } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { evaluate, tried, type Simulation } from "./evaluation.ts";
import { onAccount, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import {
  keysOfSource,
  managedSource,
  policiesOfSource,
  requireCaller,
  requireSource,
  type PolicySource,
  type SourcePolicy,
} from "./principal-source.ts";

type Common = Omit<SimulateCustomPolicyCommandInput, "PolicyInputList"> & Pick<SimulatePrincipalPolicyCommandInput, "PolicyInputList">;

/** The policies of a user, group or role, with more that are handed over, tried on actions and resources. Nothing is done. */
export const simulatePrincipalPolicy = operation("SimulatePrincipalPolicy", {
  authorize: ({ PolicySourceArn = "*" }) => ({ action: "iam:SimulatePrincipalPolicy", resource: PolicySourceArn }),
  run({ PolicySourceArn = "", ...input }, context) {
    const source = requireSource(context, PolicySourceArn);
    const boundary = source.kind === "group" ? undefined : source.record.permissionsBoundary;
    const { CallerArn } = input;
    if (input.ResourcePolicy !== undefined && CallerArn === undefined && source.kind !== "user")
      throw new InvalidInputException(
        because("CallerArn is required when a ResourcePolicy is included and PolicySourceArn is not a user."),
      );
    const caller = CallerArn === undefined ? source : requireCaller(context, CallerArn);
    return simulate(input, context, {
      caller,
      policies: policiesOfSource(context, source),
      boundary: boundary === undefined ? undefined : managedSource(context, boundary),
    });
  },
});

export const simulateCustomPolicy = operation("SimulateCustomPolicy", {
  authorize: onAccount("SimulateCustomPolicy"),
  run(input, context) {
    if (input.ResourcePolicy !== undefined && input.CallerArn === undefined)
      throw new InvalidInputException(because("CallerArn is required when a ResourcePolicy is included."));
    const caller = input.CallerArn === undefined ? undefined : requireCaller(context, input.CallerArn);
    return simulate(input, context, { caller, policies: [], boundary: undefined });
  },
});

interface Subject {
  readonly caller: PolicySource | undefined;
  readonly policies: readonly SourcePolicy[];
  readonly boundary: SourcePolicy | undefined;
}

/** `ResourceHandlingOption` only sorts the resources of EC2's RunInstances; every resource here is tried by itself. */
function simulate(input: Common, context: OperationContext, subject: Subject) {
  const { ActionNames = [], ResourceArns = [] } = input;
  refuse(
    ...ActionNames.map((action, at) => lengthWithin(`actionNames.${at + 1}.member`, action, 3, 128)),
    ...ResourceArns.map((arn, at) => lengthWithin(`resourceArns.${at + 1}.member`, arn, 1, 2048)),
  );
  const odd = ActionNames.find((action) => !/^[A-Za-z0-9-]+:[A-Za-z0-9]+$/.test(action));
  if (odd !== undefined)
    throw new InvalidInputException(because(`Invalid action name: ${odd}. Name a service and one action of it, such as iam:CreateUser.`));
  const simulation = simulationOf(input, context, subject);
  const resources = ResourceArns.length === 0 ? ["*"] : ResourceArns;
  const pairs = ActionNames.flatMap((action) => resources.map((resource) => ({ action, resource }))).map((pair, at) => ({ ...pair, at }));
  const { items, more } = listed(pairs, ({ at }) => String(at).padStart(9, "0"), input, context);
  return { EvaluationResults: items.map(({ action, resource }) => evaluate(simulation, action, resource)), ...more };
}

function simulationOf(input: Common, context: OperationContext, { caller, policies, boundary }: Subject): Simulation {
  const { PolicyInputList = [], PermissionsBoundaryPolicyInputList = [], ResourcePolicy, ResourceOwner, ContextEntries = [] } = input;
  if (PermissionsBoundaryPolicyInputList.length > 1)
    throw new InvalidInputException(because("Only one permissions boundary can be included in a simulation."));
  const handed = PolicyInputList.map((document, at) => ({ id: `PolicyInputList.${at + 1}`, type: "none" as const, document }));
  const [own] = PermissionsBoundaryPolicyInputList.map((document, at) => ({
    id: `PermissionsBoundaryPolicyInputList.${at + 1}`,
    type: "none" as const,
    document,
  }));
  const limit = own ?? boundary;
  const given = ContextEntries.map((entry) => [entry.ContextKeyName ?? "", valueOf(entry)] as const);
  const known = Object.entries(caller ? keysOfSource(caller) : {});
  return {
    principal: principalOf(caller, context),
    identity: [...policies, ...handed].map((policy) => tried(policy, "identity")),
    ...(limit ? { boundary: tried(limit, "identity") } : {}),
    ...(ResourcePolicy === undefined
      ? {}
      : { resource: tried({ id: "ResourcePolicy", type: "resource", document: ResourcePolicy }, "resource") }),
    owner: ownerOf(ResourceOwner) ?? context.account,
    keys: new Map([...known, ...given].map(([key, value]) => [key.toLowerCase(), value])),
  };
}

/** A key of a list's type is multivalued, whatever it holds; one of another type has one value. */
function valueOf({ ContextKeyType = "string", ContextKeyValues = [] }: ContextEntry): KeyValue {
  const [first, ...more] = ContextKeyValues;
  return ContextKeyType.endsWith("List") || first === undefined || more.length > 0 ? ContextKeyValues : first;
}

/** Nobody in particular where no caller is named: a user of the account whom no resource's policy can mean. */
function principalOf(caller: PolicySource | undefined, { account }: OperationContext): PrincipalView {
  if (caller?.kind === "role") return { kind: "role-session", account, names: [caller.record.arn] };
  return { kind: "user", account, names: caller?.kind === "user" ? [caller.record.arn] : [] };
}

/** An account, by its number or by an ARN of it. */
function ownerOf(owner: string | undefined): string | undefined {
  if (owner === undefined) return undefined;
  const account = parseArn(owner)?.account ?? owner;
  if (!isAccount(account)) throw new InvalidInputException(because(`Invalid resource owner: ${owner}`));
  return account;
}
