import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { mustBeOneOf } from "../ecs-operation.ts";
import { refusal } from "./refusal.ts";

const LOG_DRIVERS = ["json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens"];

/** The options that a log driver cannot do without. Source: Amazon ECS API Reference, "LogConfiguration". @throws ClientException */
export function checkLogging(name: string, { logConfiguration, firelensConfiguration }: ContainerDefinition): void {
  mustBeOneOf("firelensConfiguration.type", firelensConfiguration?.type, ["fluentd", "fluentbit"]);
  if (!logConfiguration) return;
  const { logDriver, options = {} } = logConfiguration;
  mustBeOneOf("logConfiguration.logDriver", logDriver, LOG_DRIVERS);
  if (logDriver !== "awslogs") return;
  const missing = REQUIRED.filter((option) => options[option] === undefined);
  if (missing.length > 0) throw refusal(`Log driver awslogs requires options: ${missing.join(", ")}`);
  const empty = REQUIRED.find((option) => options[option] === "");
  if (empty !== undefined) throw refusal(`Log driver awslogs option '${empty}' should not be null or empty.`);
  const unknown = Object.keys(options).filter((option) => !OPTIONS.has(option));
  if (unknown.length > 0) throw refusal(`Log driver awslogs disallows options: ${unknown.join(", ")}`);
  if (options["awslogs-create-group"] !== undefined && options["awslogs-create-group"] !== "true")
    throw refusal("Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.");
  if (options["mode"] !== undefined && !["blocking", "non-blocking"].includes(options["mode"]))
    throw refusal(`Invalid log configuration of container '${name}': mode must be blocking or non-blocking.`);
}

const REQUIRED = ["awslogs-region", "awslogs-group"];

/** Source: Amazon ECS Developer Guide, "Send Amazon ECS logs to CloudWatch". */
const OPTIONS = new Set([
  ...REQUIRED,
  "awslogs-create-group",
  "awslogs-datetime-format",
  "awslogs-multiline-pattern",
  "awslogs-stream-prefix",
  "max-buffer-size",
  "mode",
]);
