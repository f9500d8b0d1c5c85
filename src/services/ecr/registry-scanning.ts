import { type RegistryScanningConfiguration, type RegistryScanningRule } from "@aws-sdk/client-ecr";
import { scanningOf, type ScanningRule, type ScanningRules } from "../../decide/scan/scan-frequency.ts";
import { repositories, repositoryKey } from "../../state/ecr.ts";
import { registryScanning, scanningRulesOf } from "../../state/ecr-scans.ts";
import { invalid, mustBeOneOf, mustHaveLength, mustMatch, onRepository, operation } from "./ecr-operation.ts";
import { checkRepositoryName } from "./find-repository.ts";

export const putRegistryScanningConfiguration = operation("PutRegistryScanningConfiguration", {
  authorize: () => ({ action: "ecr:PutRegistryScanningConfiguration", resource: "*" }),
  run({ scanType, rules }, { state, account, region }) {
    const setting = readRules(scanType ?? scanningRulesOf(state, { account, region }).scanType, rules ?? []);
    state.commit(() => state.table(registryScanning).put({ account, region, ...setting }));
    return { registryScanningConfiguration: configurationView(setting) };
  },
});

export const getRegistryScanningConfiguration = operation("GetRegistryScanningConfiguration", {
  authorize: () => ({ action: "ecr:GetRegistryScanningConfiguration", resource: "*" }),
  run: (_input, { state, account, region }) => ({
    registryId: account,
    scanningConfiguration: configurationView(scanningRulesOf(state, { account, region })),
  }),
});

export const batchGetRepositoryScanningConfiguration = operation("BatchGetRepositoryScanningConfiguration", {
  authorize: ({ repositoryNames = [] }, at) =>
    repositoryNames.map((repositoryName) => onRepository("BatchGetRepositoryScanningConfiguration")({ repositoryName }, at)),
  run({ repositoryNames = [] }, context) {
    const { state, account } = context;
    mustHaveLength("repositoryNames", repositoryNames, 1, 25);
    for (const name of repositoryNames) checkRepositoryName(name);
    const rules = scanningRulesOf(state, context);
    const found = repositoryNames.map((name) => state.table(repositories).get(repositoryKey(context, name)) ?? name);
    return {
      scanningConfigurations: found.flatMap((repository) => {
        if (typeof repository === "string") return [];
        const { scanFrequency, scanOnPush, appliedFilters } = scanningOf(repository, rules);
        return [
          {
            repositoryArn: repository.arn,
            repositoryName: repository.name,
            scanOnPush,
            scanFrequency,
            appliedScanFilters: appliedFilters.map(filterView),
          },
        ];
      }),
      failures: found.flatMap((name) => {
        if (typeof name !== "string") return [];
        const failureReason = `The repository with name '${name}' does not exist in the registry with id '${account}'`;
        return [{ repositoryName: name, failureCode: "REPOSITORY_NOT_FOUND" as const, failureReason }];
      }),
    };
  },
});

/** Source: ECR API Reference, `PutRegistryScanningConfiguration`, `RegistryScanningRule`, `ScanningRepositoryFilter`. @throws InvalidParameterException */
function readRules(scanType: string, rules: readonly RegistryScanningRule[]): ScanningRules {
  mustBeOneOf("scanType", scanType, ["BASIC", "ENHANCED"]);
  mustHaveLength("rules", rules, 0, 2);
  const read = rules.map(({ scanFrequency, repositoryFilters = [] }): ScanningRule => {
    mustBeOneOf("scanFrequency", scanFrequency, ["SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"]);
    mustHaveLength("repositoryFilters", repositoryFilters, 0, 100);
    for (const { filter = "", filterType } of repositoryFilters) {
      mustBeOneOf("filterType", filterType, ["WILDCARD"]);
      mustHaveLength("filter", filter, 1, 256);
      mustMatch("filter", filter, /^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$/, "^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$");
    }
    return { scanFrequency: scanFrequency ?? "MANUAL", filters: repositoryFilters.map(({ filter = "" }) => filter) };
  });
  const foreign = scanType === "BASIC" ? "CONTINUOUS_SCAN" : "MANUAL";
  if (read.some(({ scanFrequency }) => scanFrequency === foreign))
    throw invalid("rules", `the scan frequency ${foreign} is not available with the scan type ${scanType}`);
  if (new Set(read.map(({ scanFrequency }) => scanFrequency)).size < read.length)
    throw invalid("rules", "must not name a scan frequency twice");
  return { scanType: scanType === "ENHANCED" ? "ENHANCED" : "BASIC", rules: read };
}

function configurationView({ scanType, rules }: ScanningRules): RegistryScanningConfiguration {
  return { scanType, rules: rules.map(({ scanFrequency, filters }) => ({ scanFrequency, repositoryFilters: filters.map(filterView) })) };
}

function filterView(filter: string) {
  return { filter, filterType: "WILDCARD" as const };
}
