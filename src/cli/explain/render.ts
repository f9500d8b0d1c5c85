import type {
  ExplainedPart,
  ExplainedStep,
  Obstruction,
  ServiceExplanation,
  TargetExplanation,
  TaskExplanation,
} from "../../domain/task-explanation.ts";
import { colors } from "../colors.ts";

/** The explanation as text for a terminal. */
export function renderExplanation({ task, place, steps, inTheWay }: TaskExplanation): string {
  const lines = [
    `task ${colors.cyan(task.arn)}`,
    `  ${task.lastStatus}${task.desiredStatus === task.lastStatus ? "" : `, wanted ${task.desiredStatus}`}  ${task.launchType}  ${task.networkMode}`,
    ...(task.stoppedReason === undefined ? [] : [`  ${task.stoppedReason}`]),
  ];
  if (place) {
    const publicly = place.publicAddress === undefined ? "no public address" : `public ${place.publicAddress}`;
    lines.push(
      `  ${place.networkInterface}  ${place.address}, ${publicly}`,
      `  ${place.vpc}  ${place.subnet}  ${place.availabilityZone}  ${place.securityGroups.join(" ")}`,
    );
  }
  return [...lines, "", ...steps.flatMap(stepLines), "", ...conclusion(inTheWay)].join("\n");
}

/** The same of a service, a task after the other. */
export function renderService({ service, tasks, inTheWay }: ServiceExplanation): string {
  const counts = `${service.desiredCount} wanted, ${service.runningCount} running, ${service.pendingCount} pending`;
  return [
    `service ${colors.cyan(service.arn)}`,
    `  ${service.status}  ${counts}`,
    ...(service.lastEvent === undefined ? [] : [`  ${service.lastEvent}`]),
    "",
    ...tasks.flatMap((one) => partLines("task", one)),
    ...conclusion(inTheWay),
  ].join("\n");
}

/** The same of a target group, a target after the other. */
export function renderTarget({ targetGroup, targets, inTheWay }: TargetExplanation): string {
  const { arn, protocol, port, targetType } = targetGroup;
  return [
    `target group ${colors.cyan(arn)}`,
    `  ${protocol}${port === undefined ? "" : `:${port}`}  ${targetType}`,
    "",
    ...targets.flatMap((one) => partLines("target", one)),
    ...conclusion(inTheWay),
  ].join("\n");
}

function partLines(kind: string, { what, status, alike, steps }: ExplainedPart): readonly string[] {
  const others = alike === 1 ? "" : `, and ${alike - 1} like it`;
  return [`${kind} ${colors.cyan(what)}  ${status}${others}`, ...steps.flatMap(stepLines), ""];
}

const SIGNS: Readonly<Record<ExplainedStep["outcome"], string>> = {
  passes: colors.green("✓"),
  barred: colors.red("✗"),
  "not yet": colors.yellow("…"),
};

function stepLines({ what, outcome, hops, obstruction }: ExplainedStep): readonly string[] {
  return [
    `${SIGNS[outcome]} ${what}`,
    ...(hops.length === 0 ? [] : [colors.dim(`    ${hops.join(" → ")}`)]),
    ...(obstruction ? obstructionLines(obstruction).map((line) => `    ${line}`) : []),
  ];
}

function conclusion(inTheWay: Obstruction | undefined): readonly string[] {
  return inTheWay ? ["First in the way:", ...obstructionLines(inTheWay).map((line) => `  ${line}`)] : ["Nothing is in the way."];
}

function obstructionLines({ code, component, text, remedy }: Obstruction): readonly string[] {
  return [`${colors.red(code)} at ${component}: ${text}`, ...(remedy === undefined ? [] : [`To mend it: ${remedy}.`])];
}
