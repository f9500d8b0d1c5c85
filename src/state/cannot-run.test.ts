import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { cannotRun } from "./cannot-run.ts";

const app = { name: "app", image: "a" };

test.each<[string | undefined, TaskDefinition]>([
  [undefined, {}],
  [undefined, { containerDefinitions: [app], volumes: [{ name: "v", host: {} }], enableFaultInjection: false }],
  ["proxyConfiguration", { proxyConfiguration: { containerName: "app" } }],
  ["enableFaultInjection", { enableFaultInjection: true }],
  ["efsVolumeConfiguration of volume w", { volumes: [{ name: "v" }, { name: "w", efsVolumeConfiguration: { fileSystemId: "f" } }] }],
  ["efsVolumeConfiguration of volume ", { volumes: [{ efsVolumeConfiguration: { fileSystemId: "f" } }] }],
  ["configuredAtLaunch of volume v", { volumes: [{ name: "v", configuredAtLaunch: true }] }],
  [undefined, { volumes: [{ name: "v", configuredAtLaunch: false }] }],
  ["environmentFiles of container app", { containerDefinitions: [app, { ...app, environmentFiles: [{ value: "v", type: "s3" }] }] }],
  [undefined, { containerDefinitions: [{ ...app, environmentFiles: [] }] }],
  ["firelensConfiguration of container app", { containerDefinitions: [{ ...app, firelensConfiguration: { type: "fluentd" } }] }],
  ["firelensConfiguration of container ", { containerDefinitions: [{ firelensConfiguration: { type: "fluentd" } }] }],
  [
    "containerPortRange of container app",
    { containerDefinitions: [{ ...app, portMappings: [{ containerPort: 1 }, { containerPortRange: "1-2" }] }] },
  ],
  [undefined, { containerDefinitions: [{ ...app, portMappings: [{ containerPort: 1 }] }] }],
  [
    "logConfiguration.secretOptions of container app",
    { containerDefinitions: [{ ...app, logConfiguration: { logDriver: "awslogs", secretOptions: [{ name: "n", valueFrom: "v" }] } }] },
  ],
  [undefined, { containerDefinitions: [{ ...app, logConfiguration: { logDriver: "awslogs", secretOptions: [] } }] }],
  [undefined, { containerDefinitions: [{ ...app, logConfiguration: { logDriver: "json-file" } }] }],
  [
    "the logConfiguration.logDriver syslog of container app",
    { containerDefinitions: [{ ...app, logConfiguration: { logDriver: "syslog" } }] },
  ],
])("%s", (member, definition) => {
  expect(cannotRun(definition)).toBe(member);
});
