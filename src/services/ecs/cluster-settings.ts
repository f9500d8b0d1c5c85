import type { ClusterConfiguration, ClusterSetting } from "@aws-sdk/client-ecs";
import { invalid, mustBeOneOf } from "./ecs-operation.ts";

/** The settings given, and those from before for what is not given. @throws InvalidParameterException */
export function checkSettings(given: readonly ClusterSetting[] | undefined, before: readonly ClusterSetting[]): readonly ClusterSetting[] {
  if (!given) return before;
  for (const { name, value } of given) {
    mustBeOneOf("settings.name", name, ["containerInsights"]);
    if (!["enabled", "enhanced", "disabled"].includes(value ?? ""))
      throw invalid(`Invalid value for setting ${name}: ${value}. Valid values are enabled, enhanced and disabled.`);
  }
  const names = new Set(given.map((setting) => setting.name));
  return [...before.filter((setting) => !names.has(setting.name)), ...given];
}

/** @throws InvalidParameterException */
export function checkConfiguration(configuration: ClusterConfiguration | undefined): void {
  const exec = configuration?.executeCommandConfiguration;
  mustBeOneOf("configuration.executeCommandConfiguration.logging", exec?.logging, ["NONE", "DEFAULT", "OVERRIDE"]);
  if (exec?.logging === "OVERRIDE" && !exec.logConfiguration)
    throw invalid("logConfiguration must be specified when logging is set to OVERRIDE.");
}
