import { expect, test } from "vitest";
import {
  CHECKING,
  DRAINING,
  INTERNAL_ERROR,
  NOT_IN_USE,
  OUT_OF_ZONE,
  REGISTERING,
  UNUSABLE,
  type TargetHealth,
} from "../../domain/target-health.ts";
import { assessTarget, type TargetAssessment } from "./assess-target.ts";

const HEALTHY: TargetHealth = { state: "healthy" };
const REFUSED: TargetHealth = { state: "unhealthy", reason: "Target.FailedHealthChecks", description: "Health checks failed" };
const registered: TargetAssessment = {
  recorded: REGISTERING,
  draining: false,
  inUse: true,
  turnedAway: undefined,
  applied: false,
  refused: false,
  report: undefined,
};
const checked = { ...registered, applied: true };

test.each<readonly [string, TargetAssessment, TargetHealth]>([
  ["new, and the proxy does not have it yet", registered, REGISTERING],
  ["new in the proxy", checked, CHECKING],
  ["checked for the first time", { ...checked, report: { health: "initial" } }, CHECKING],
  ["passing", { ...checked, report: { health: "healthy" } }, HEALTHY],
  [
    "passing before it drained, registered again, still draining in the proxy",
    { ...registered, report: { health: "healthy" } },
    REGISTERING,
  ],
  ["deregistered", { ...checked, recorded: HEALTHY, draining: true, report: { health: "healthy" } }, DRAINING],
  ["in a group that no listener uses any more", { ...checked, recorded: HEALTHY, inUse: false, report: { health: "healthy" } }, NOT_IN_USE],
  ["in a group that a listener begins to use", { ...registered, recorded: NOT_IN_USE }, REGISTERING],
  ["at an address that is none for its group", { ...registered, recorded: HEALTHY, turnedAway: "address" }, UNUSABLE],
  ["in a zone that its load balancer is not in", { ...registered, recorded: HEALTHY, turnedAway: "zone" }, OUT_OF_ZONE],
  ["in a group that the proxy would not have", { ...checked, refused: true }, INTERNAL_ERROR],
  ["healthy in the former form of such a group", { ...checked, refused: true, report: { health: "healthy" } }, HEALTHY],
  ["in a group that the proxy has again", { ...checked, recorded: INTERNAL_ERROR }, CHECKING],
  ["at a port of this host that nothing of its account has", { ...registered, turnedAway: "port" }, REFUSED],
  ["at an address that becomes one for its group", { ...registered, recorded: UNUSABLE }, REGISTERING],
  ["leaving, whatever its address", { ...registered, draining: true, turnedAway: "address" }, DRAINING],
  ["healthy before a restart", { ...registered, recorded: HEALTHY }, HEALTHY],
  ["healthy before a restart, not checked yet", { ...checked, recorded: HEALTHY, report: { health: "initial" } }, HEALTHY],
  ["unhealthy before a restart", { ...checked, recorded: REFUSED }, REFUSED],
  [
    "answering 503",
    { ...checked, recorded: HEALTHY, report: { health: "unhealthy", cause: { kind: "status", status: 503 } } },
    { state: "unhealthy", reason: "Target.ResponseCodeMismatch", description: "Health checks failed with these codes: [503]" },
  ],
  [
    "not answering",
    { ...checked, report: { health: "unhealthy", cause: { kind: "timeout" } } },
    { state: "unhealthy", reason: "Target.Timeout", description: "Request timed out" },
  ],
  ["refusing connections", { ...checked, report: { health: "unhealthy", cause: { kind: "connection" } } }, REFUSED],
])("a target that is %s", (_what, assessment, health) => {
  expect(assessTarget(assessment)).toEqual(health);
});
