import type { Setting, SettingName } from "@aws-sdk/client-ecs";
import { globalArn, parseArn } from "../../domain/arn.ts";
import { keyInScope, type Scope, scopeKey } from "../../domain/scope.ts";
import { accountSettings } from "../../state/ecs-account-settings.ts";
import type { State } from "../../state/state.ts";
import type { OperationContext } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";

/** The settings that ECS has: what they are until somebody sets them, and what they may be. */
const SETTINGS: Readonly<Record<SettingName, { readonly initial: string; readonly values: readonly string[] }>> = {
  serviceLongArnFormat: { initial: "enabled", values: ["enabled"] },
  taskLongArnFormat: { initial: "enabled", values: ["enabled"] },
  containerInstanceLongArnFormat: { initial: "enabled", values: ["enabled"] },
  awsvpcTrunking: { initial: "disabled", values: ["enabled", "disabled"] },
  containerInsights: { initial: "disabled", values: ["enabled", "enhanced", "disabled"] },
  fargateFIPSMode: { initial: "disabled", values: ["enabled", "disabled"] },
  fargateTaskRetirementWaitPeriod: { initial: "7", values: ["0", "7", "14"] },
  fargateEventWindows: { initial: "disabled", values: ["enabled", "disabled"] },
  tagResourceAuthorization: { initial: "on", values: ["on", "off"] },
  guardDutyActivate: { initial: "off", values: ["on", "off"] },
  defaultLogDriverMode: { initial: "non-blocking", values: ["blocking", "non-blocking"] },
};

/** The value that holds for a principal: its own, else the account's, else AWS's. */
export function effectiveSetting(name: SettingName, principalArn: string, scope: Scope, state: State): string {
  const table = state.table(accountSettings);
  const of = (principal: string): string | undefined => table.get(keyInScope(scope, `${principal}/${name}`))?.value;
  return of(principalArn) ?? of(rootArn(scope)) ?? SETTINGS[name].initial;
}

function rootArn(scope: Scope): string {
  return globalArn("iam", scope, "root");
}

export const listAccountSettings = operation("ListAccountSettings", {
  authorize: () => ({ action: "ecs:ListAccountSettings", resource: "*" }),
  run({ name, value, principalArn, effectiveSettings = false, nextToken, maxResults = 10 }, context) {
    mustBeOneOf("name", name, Object.keys(SETTINGS));
    if (maxResults < 1 || maxResults > 10) throw invalid("maxResults must be between 1 and 10.");
    const principal = principalArn ?? context.principal.arn;
    const settings = (effectiveSettings ? allEffective(principal, context) : explicit(principal, context))
      .filter((setting) => (name === undefined || setting.name === name) && (value === undefined || setting.value === value))
      .sort((a, b) => compareKeys(a.name ?? "", b.name ?? ""));
    const page = paginate(settings, (setting) => setting.name ?? "", { token: nextToken, limit: maxResults }, context.secrets);
    if (!page) throw invalid("Invalid token.");
    return { settings: [...page.items], nextToken: page.nextToken };
  },
});

function allEffective(principalArn: string, context: OperationContext): Setting[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) =>
    setting(name, effectiveSetting(name, principalArn, context, context.state), principalArn),
  );
}

function explicit(principalArn: string, { state, account, region }: OperationContext): Setting[] {
  const own = state
    .table(accountSettings)
    .by("scope", scopeKey({ account, region }))
    .filter((record) => record.principalArn === principalArn);
  return own.map((record) => setting(record.name as SettingName, record.value, principalArn));
}

function setting(name: SettingName, value: string, principalArn: string): Setting {
  return { name, value, principalArn, type: name === "guardDutyActivate" ? "aws_managed" : "user" };
}

function put(
  name: SettingName | undefined,
  value: string | undefined,
  principalArn: string,
  { state, account, region }: OperationContext,
): { setting: Setting } {
  mustBeOneOf("name", name, Object.keys(SETTINGS));
  // Terraform relies on the sentence: its destroy of such a setting asks for this.
  if (name?.endsWith("LongArnFormat") && value === "disabled") throw invalid("You can no longer disable Long Arn settings");
  if (name === undefined || value === undefined) throw invalid("name and value cannot be empty.");
  if (!SETTINGS[name].values.includes(value))
    throw invalid(`Invalid value for account setting ${name}. Valid values: ${SETTINGS[name].values.join(", ")}.`);
  state.commit(() => state.table(accountSettings).put({ account, region, principalArn, name, value }));
  return { setting: setting(name, value, principalArn) };
}

/** Who a setting is for: the caller, or another principal of the account. @throws InvalidParameterException */
function ownPrincipal(principalArn: string | undefined, { account, principal }: OperationContext): string {
  if (principalArn === undefined) return principal.arn;
  const named = parseArn(principalArn);
  if (!named || !["iam", "sts"].includes(named.service) || named.account !== account)
    throw invalid("The principalArn is not valid: it names nobody of this account.");
  return principalArn;
}

export const putAccountSetting = operation("PutAccountSetting", {
  authorize: ({ name }) => ({ action: "ecs:PutAccountSetting", resource: "*", context: { "ecs:account-setting": name } }),
  run: ({ name, value, principalArn }, context) => put(name, value, ownPrincipal(principalArn, context), context),
});

/** Sets what holds for all of the account that have no setting of their own. */
export const putAccountSettingDefault = operation("PutAccountSettingDefault", {
  authorize: ({ name }) => ({ action: "ecs:PutAccountSettingDefault", resource: "*", context: { "ecs:account-setting": name } }),
  run: ({ name, value }, context) => put(name, value, rootArn(context), context),
});

export const deleteAccountSetting = operation("DeleteAccountSetting", {
  authorize: ({ name }) => ({ action: "ecs:DeleteAccountSetting", resource: "*", context: { "ecs:account-setting": name } }),
  run({ name, principalArn }, context) {
    const { state, account, region } = context;
    mustBeOneOf("name", name, Object.keys(SETTINGS));
    if (name === undefined) throw invalid("name cannot be empty.");
    const principal = ownPrincipal(principalArn, context);
    state.commit(() => state.table(accountSettings).delete(keyInScope({ account, region }, `${principal}/${name}`)));
    return { setting: setting(name, effectiveSetting(name, principal, context, state), principal) };
  },
});
