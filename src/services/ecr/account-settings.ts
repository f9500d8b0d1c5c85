import { ACCOUNT_SETTINGS, accountSetting, changeRegistry, type AccountSettingName } from "../../state/ecr-registries.ts";
import type { ConditionContext } from "../operation.ts";
import { mustBeOneOf, mustHaveLength, operation } from "./ecr-operation.ts";

const NAMES = Object.keys(ACCOUNT_SETTINGS);

/** Source: Service Authorization Reference, "Amazon ECR": the name of the setting is a condition key. */
function settingContext(name: string | undefined): ConditionContext {
  return { "ecr:AccountSetting": name };
}

/** @throws InvalidParameterException */
function readName(name: string | undefined): AccountSettingName {
  mustHaveLength("name", name, 1, 64);
  mustBeOneOf("name", name, NAMES);
  return name as AccountSettingName;
}

export const getAccountSetting = operation("GetAccountSetting", {
  authorize: ({ name }) => ({ action: "ecr:GetAccountSetting", resource: "*", context: settingContext(name) }),
  run(input, { state, account, region }) {
    const name = readName(input.name);
    return { name, value: accountSetting(state, { account, region }, name) };
  },
});

export const putAccountSetting = operation("PutAccountSetting", {
  authorize: ({ name }) => ({ action: "ecr:PutAccountSetting", resource: "*", context: settingContext(name) }),
  run(input, { state, account, region }) {
    const name = readName(input.name);
    const { value = "" } = input;
    mustBeOneOf("value", value, ACCOUNT_SETTINGS[name]);
    changeRegistry(state, { account, region }, (registry) => ({ ...registry, settings: { ...registry.settings, [name]: value } }));
    return { name, value };
  },
});
