import { ParameterVersionLabelLimitExceeded } from "@aws-sdk/client-ssm";
import { parameterNamed, parameters, type ParameterRecord, type ParameterVersionRecord } from "../../state/parameters.ts";
import { lengthWithin } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { notFound, onParameter, operation, refuse, versionNotFound } from "./parameter.ts";

const MOST_LABELS = 10;

/** Labels have letters, digits and `.-_`, and begin with no digit, `aws` or `ssm`. */
function isLabel(text: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(text) && !/^(\d|aws|ssm)/i.test(text);
}

export const labelParameterVersion = operation("LabelParameterVersion", {
  authorize: onParameter("LabelParameterVersion"),
  run({ Name = "", ParameterVersion, Labels = [] }, context) {
    refuseLabels(Labels);
    const { parameter, version } = requireVersion(Name, ParameterVersion, context);
    const wanted = [...new Set(Labels)];
    const valid = wanted.filter(isLabel);
    const labels = [...new Set([...(version.labels ?? []), ...valid])];
    if (labels.length > MOST_LABELS)
      throw new ParameterVersionLabelLimitExceeded(
        because("A parameter version can have maximum 10 labels.Move one or more labels to another version and try again."),
      );
    // A label moves: it names one version only.
    relabel(context, parameter, (one) =>
      one.version === version.version ? labels : (one.labels ?? []).filter((label) => !valid.includes(label)),
    );
    return { InvalidLabels: wanted.filter((label) => !isLabel(label)), ParameterVersion: version.version };
  },
});

export const unlabelParameterVersion = operation("UnlabelParameterVersion", {
  authorize: onParameter("UnlabelParameterVersion"),
  run({ Name = "", ParameterVersion, Labels = [] }, context) {
    refuseLabels(Labels);
    const { parameter, version } = requireVersion(Name, ParameterVersion, context);
    const wanted = [...new Set(Labels)];
    const has = version.labels ?? [];
    relabel(context, parameter, (one) => (one === version ? has.filter((label) => !wanted.includes(label)) : (one.labels ?? [])));
    return {
      RemovedLabels: wanted.filter((label) => has.includes(label)),
      InvalidLabels: wanted.filter((label) => !has.includes(label)),
    };
  },
});

function refuseLabels(labels: readonly string[]): void {
  refuse(lengthWithin("labels", labels, 1, MOST_LABELS), ...labels.map((label) => lengthWithin("labels", label, 1, 100)));
}

/** A version of one's own parameter by its number; the newest one where none is given. */
function requireVersion(
  name: string,
  number: number | undefined,
  context: OperationContext,
): { readonly parameter: ParameterRecord; readonly version: ParameterVersionRecord } {
  const parameter = parameterNamed(context.state, context, name);
  if (!parameter) throw notFound(name);
  const version = number === undefined ? parameter.versions.at(-1) : parameter.versions.find((one) => one.version === number);
  if (!version) throw versionNotFound(name, String(number));
  return { parameter, version };
}

function relabel(
  { state }: OperationContext,
  parameter: ParameterRecord,
  labelsOf: (version: ParameterVersionRecord) => readonly string[],
): void {
  const versions = parameter.versions.map(({ labels: _before, ...version }, at) => {
    const labels = labelsOf(parameter.versions[at] as ParameterVersionRecord);
    return labels.length > 0 ? { ...version, labels } : version;
  });
  state.commit(() => state.table(parameters).put({ ...parameter, versions }));
}
