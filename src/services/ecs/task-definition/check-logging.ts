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
  const missing = ["awslogs-region", "awslogs-group"].filter((option) => !options[option]);
  if (missing.length > 0) throw refusal(`Log driver awslogs requires options: ${missing.join(", ")}`);
  if (options["mode"] !== undefined && !["blocking", "non-blocking"].includes(options["mode"]))
    throw refusal(`Invalid log configuration of container '${name}': mode must be blocking or non-blocking.`);
}
